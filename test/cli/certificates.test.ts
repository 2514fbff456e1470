/** Which certificates of a run are an alarm. */
import { expect, test } from "vitest";
import { customVjp } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { constraint, objectives, pixels, problems } from "cotangent/topopt";
import type { Design } from "cotangent/topopt";
import { outputFolder } from "../../cli/output/folder.ts";
import { progress } from "../../cli/output/progress.ts";
import { isFailed, outcomeOf, outcomeText } from "../../cli/run/outcome.ts";
import { runInFolder } from "../../cli/run/run-loop.ts";
import type { SavedRun } from "../../cli/run/saved-run.ts";
import { scratch, silent } from "./command-line.ts";
import { certificateOf, soundCheck } from "../topopt/sound-certificate.ts";

const { path } = scratch();

/** A run of three iterations with a constraint on the volume in the form given. */
const runWith = async (name: string, volume: (design: Design) => NDArray): Promise<[run: SavedRun, said: string]> => {
  const problem = problems.mbb({ nelx: 6, nely: 4 });
  let said = "";
  const report = progress((text) => void (said += text), { style: "lines", isQuiet: true, last: 3, columns: () => 80 });
  const plan = {
    options: {
      problem,
      parameterization: pixels(problem, { initial: 0.4 }),
      constraints: { weight: constraint(volume, "<=", 0.4) },
      optimizer: optim.mma,
      stop: { iterations: 3 },
    },
    stop: { iterations: 3, change: 0, milliseconds: Infinity },
    identity: "",
    checkpointEvery: 10,
    frameEvery: 0,
  };
  return [await runInFolder(plan as never, outputFolder(path(name)), report, silent, false), said];
};

test("a run whose constraint has a wrong rule fails, and its outcome names that constraint even where it is quiet", async () => {
  const halved = customVjp((x: NDArray) => np.mean(x), {
    fwd: (x: NDArray) => [np.mean(x), x] as const,
    bwd: (x: NDArray, cotangent: NDArray) => [np.ones(x.shape).mul(cotangent.div(2 * x.size))] as const,
  });
  const [run, said] = await runWith("wrong", ({ density }) => halved(density as never));
  const outcome = outcomeOf(run);
  expect([isFailed(outcome), outcome.verdict, said]).toEqual([true, "failed", ""]);
  expect(outcomeText(outcome, run)).toMatch(/^GRADIENTS ARE WRONG at iteration 1: .*weight failed/mu);
});

test("a run with certificates that are undecided succeeds, and its outcome says where", async () => {
  const [run] = await runWith("sound", (design) => objectives.volume()(design as never, {}));
  expect(isFailed(outcomeOf(run))).toBe(false);
  expect(outcomeText(outcomeOf(run), run)).not.toContain("gradients");
  const undecided = { ...run, certificates: [certificateOf([{ ...soundCheck, verdict: "undecided" }], "undecided")] };
  expect([isFailed(outcomeOf(undecided)), outcomeOf(undecided).verdict]).toEqual([false, "undecided"]);
  expect(outcomeText(outcomeOf(undecided), undecided)).toContain("\ngradients undecided at iteration 10\n");
});
