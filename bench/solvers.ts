/**
 * Solvers, ours and sparse direct ones of Python, each in a process of its own that lives as long as it is asked; see
 * contestants/solve-process.ts and contestants/scipy_solves.py.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { SolverOption } from "../library/fem/index.ts";
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

export interface SolveQuestion {
  readonly grid: Grid;
  /** File of the moduli, as solve-designs.ts writes it. */
  readonly modulus: string;
  readonly samples: number;
  /** Seconds of samples after which the others are left out; there is always one. */
  readonly maySkip: number;
  /** Beginning of the names of files with element, supports and load: ours writes them, peers read them. */
  readonly problem?: string;
  /** Ours only; the default is direct. */
  readonly solver?: SolverOption;
  /** Ours only: numbers of loads that are solved at once as well. */
  readonly cases?: readonly number[];
  /** Ours only: file for the strain energy of every element. */
  readonly energies?: string;
}

/** Times in milliseconds, of every sample from the first on; of ours, of those that nothing disturbed. */
export interface SolveAnswer {
  /** The matrix from triplets, once; 0 of ours, which has it within factor. */
  readonly assembly: number;
  /** Once; 0 where the library does it within factor or solve. Of ours: with the first factorization. */
  readonly analysis: number;
  /** Empty where the library does it within solve. */
  readonly factor: readonly number[];
  readonly solve: readonly number[];
  readonly compliance: number;
  /** |K u - f| / |f| */
  readonly residual: number;
  /** Resident memory at its highest from the assembled matrix on. */
  readonly bytes: number;
  /** Resident memory when the matrix had been assembled; of ours, when the moduli had been read. */
  readonly resident: number;
  /** Ours only: a second solve with the same factor. */
  readonly again?: readonly number[];
  /** Ours only: solves of several loads at once, by their number. */
  readonly many?: Readonly<Record<number, readonly number[]>>;
  /** Ours only: largest relative difference between compliances of loads solved at once and alone. */
  readonly manyGap?: number;
  /** Ours only: of the last solve; 0 of the direct solver. */
  readonly iterations?: number;
  /** Ours only: what the solver keeps of a design. */
  readonly kept?: number;
}

export interface Solver {
  readonly versions: string;
  /** One at a time. @throws with what the solver says when it fails, or the process when it ends early */
  readonly ask: (question: SolveQuestion) => Promise<SolveAnswer>;
  readonly close: () => Promise<void>;
}

const scriptOf = (name: string): string => fileURLToPath(new URL(`./contestants/${name}`, import.meta.url));

/** Whether a Python of this machine has what the peer needs. */
export const isSolvePeerPresent = (name: SolvePeerName): boolean => pythonWith(needs[name]) !== undefined;

const start = async (name: string, [program, ...parameters]: readonly string[], told: object): Promise<Solver> => {
  const child = spawn(program!, parameters, { env: oneThread, stdio: ["pipe", "pipe", "inherit"] });
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
    versions,
    ask: async (question) => {
      child.stdin.write(`${JSON.stringify({ ...question, ...told })}\n`);
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

/** The peer, undefined where it is absent. */
export const startSolvePeer = async (name: SolvePeerName): Promise<Solver | undefined> => {
  const python = pythonWith(needs[name]);
  return python === undefined ? undefined : start(name, [python, scriptOf("scipy_solves.py")], { peer: name });
};

export const startOwnSolver = (threads: 1 | 2 = 1): Promise<Solver> =>
  start("cotangent", [process.execPath, ...process.execArgv, scriptOf("solve-process.ts"), String(threads)], {});
