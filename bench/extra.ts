/** A row, or several that come of one measurement, that are no contest of repeated calls. */
import type { Row } from "./table.ts";

export interface Outcome {
  readonly rows: readonly Row[];
  readonly failures: readonly string[];
  readonly notes: readonly string[];
}

export interface Extra {
  readonly name: string;
  readonly measure: (isQuick: boolean) => Promise<Outcome>;
}
