/** SciPy's side of the optimization iteration: scipy_iteration.py in a child process that lives through the whole run, on one thread. */
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Setting, Step } from "./setting.ts";

const python = "python3";

export const hasSciPy = (): boolean => spawnSync(python, ["-c", "import scipy.sparse.linalg"]).status === 0;

export type SciPyVariant = "generic" | "tuned";

export interface SciPyRun {
  /** "SciPy 1.17.1, NumPy 2.4.6, Python 3.11.7" */
  readonly versions: string;
  /** The next iterations of one optimization. */
  readonly iterate: (count: number) => Promise<readonly Step[]>;
  readonly close: () => void;
}

const oneThread = Object.fromEntries(
  ["OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB", "NUMEXPR"].map((library) => [`${library}_NUM_THREADS`, "1"]),
);

export const startSciPy = async (
  { nelx, nely, volumeFraction, filterRadius, penal }: Setting,
  variant: SciPyVariant,
): Promise<SciPyRun> => {
  const script = fileURLToPath(new URL("./scipy_iteration.py", import.meta.url));
  const child = spawn(python, [script, ...[nelx, nely, volumeFraction, filterRadius, penal].map(String), variant], {
    env: { ...process.env, ...oneThread },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the SciPy program ended early");
    return JSON.parse(value) as T;
  };
  const { python: interpreter, numpy, scipy } = await next<{ python: string; numpy: string; scipy: string }>();
  return {
    versions: `SciPy ${scipy}, NumPy ${numpy}, Python ${interpreter}`,
    iterate: async (count) => {
      child.stdin.write(`${count}\n`);
      return (await next<{ history: readonly Step[] }>()).history;
    },
    close: () => child.stdin.end(),
  };
};
