import { backends as allBackends } from "../../src/backend/index.ts";
import type { Backend } from "../../src/backend/index.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";

/** Refuses names of back ends that do not exist. */
export const requireBackends = (asked: string, backends: readonly Backend[]): void => {
  for (const backend of backends)
    if (!allBackends.includes(backend))
      throw new InvalidOption(asked, `backend ${showValue(backend)}`, `Use some of ${allBackends.join(", ")}`);
};
