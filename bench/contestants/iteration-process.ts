/**
 * Our MBB optimization in a process of its own, with the built library and the protocol of scipy_iteration.py: each line of
 * input asks for that many iterations of a run that continues, each line of output is one JSON object (the first one: versions).
 * Time that the scheduler gave to others is left out; the first iteration counts with everything that is done once.
 * Arguments: nelx nely volumeFraction radius penal backend.
 */
import { createInterface } from "node:readline";
import type { MinimizeResult } from "../../topopt/index.ts";
import type { Step } from "../jobs/setting.ts";
import { built, ownVersion } from "./built.ts";
import { look } from "./clock.ts";

const [nelx, nely, volumeFraction, filterRadius, penal] = process.argv.slice(2, 7).map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const backend = process.argv[7] as "auto" | "js" | "interpreter";

const { minimizeCompliance, problems } = await built<typeof import("../../topopt/index.ts")>("topopt/index.js");
const problem = problems.mbb({ nelx, nely });
let reached: MinimizeResult | undefined;

const answer = (reply: object): void => void process.stdout.write(`${JSON.stringify(reply)}\n`);
answer({ versions: `cotangent ${ownVersion()}` });
for await (const line of createInterface({ input: process.stdin })) {
  const options = { volumeFraction, filterRadius, penal, backend, iterations: Number(line) };
  const history: Step[] = [];
  let start = look();
  reached = minimizeCompliance(problem, {
    ...options,
    ...(reached && { initial: reached.design }),
    onIteration: ({ objective }) => {
      const end = look();
      history.push({ objective, milliseconds: end.before - start.after - (end.waited - start.waited) });
      start = look();
    },
  });
  answer({ history });
}
