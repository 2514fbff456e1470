/** Sparse direct solvers of Python, each in a process of its own that lives as long as it is asked; see contestants/scipy_solves.py. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { oneThread, pythonWith } from "./contestants/python.ts";
import type { Grid } from "./solve-designs.ts";

/** Modules that each needs. */
const needs = {
  /** SciPy as published pipelines call it: an ordering and pivots for matrices of any kind. */
  spsolve: "scipy.sparse.linalg",
  /** SciPy told that the matrix is symmetric. */
  symmetric: "scipy.sparse.linalg",
  /** Supernodal Cholesky. */
  cholmod: "scipy.sparse.linalg, cvxopt.cholmod",
} as const;

export type SolvePeerName = keyof typeof needs;
export const solvePeerNames: readonly SolvePeerName[] = Object.keys(needs) as SolvePeerName[];

export interface SolveQuestion {
  readonly grid: Grid;
  /** File of the moduli, as solve-designs.ts writes it. */
  readonly modulus: string;
  readonly samples: number;
  /** Seconds of samples after which the others are left out; there is always one. */
  readonly maySkip: number;
}

/** Times in milliseconds, of every sample from the first on. */
export interface SolveAnswer {
  /** The matrix from triplets, once. */
  readonly assembly: number;
  /** Once; 0 where the library does it within factor or solve. */
  readonly analysis: number;
  /** Empty where the library does it within solve. */
  readonly factor: readonly number[];
  readonly solve: readonly number[];
  readonly compliance: number;
  /** |K u - f| / |f| */
  readonly residual: number;
  /** Resident memory at its highest from the assembled matrix on. */
  readonly bytes: number;
  /** Resident memory when the matrix had been assembled. */
  readonly resident: number;
}

export interface SolvePeer {
  readonly name: SolvePeerName;
  readonly versions: string;
  /** One at a time. @throws with what the peer says when it fails, or the process when it ends early */
  readonly ask: (question: SolveQuestion) => Promise<SolveAnswer>;
  readonly close: () => Promise<void>;
}

const script = fileURLToPath(new URL("./contestants/scipy_solves.py", import.meta.url));

/** Whether a Python of this machine has what the peer needs. */
export const isSolvePeerPresent = (name: SolvePeerName): boolean => pythonWith(needs[name]) !== undefined;

/** The peer, undefined where it is absent. */
export const startSolvePeer = async (name: SolvePeerName): Promise<SolvePeer | undefined> => {
  const python = pythonWith(needs[name]);
  if (python === undefined) return undefined;
  const child = spawn(python, [script], { env: oneThread, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  // A process that was killed, for memory say, is reported by the answer that it does not give.
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${name} ended without an answer`);
    return JSON.parse(value) as T;
  };
  const { versions } = await next<{ versions: string }>();
  return {
    name,
    versions,
    ask: async (question) => {
      child.stdin.write(`${JSON.stringify({ ...question, peer: name })}\n`);
      const answer = await next<SolveAnswer | { readonly error: string }>();
      if ("error" in answer) throw new Error(`${name}: ${answer.error}`);
      return answer;
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
};
