/**
 * Our finite element solves in a process of its own, with the built library and the protocol of scipy_solves.py.
 * Argument: threads. Each line of input is one question, a SolveQuestion of solvers.ts, each line of output one JSON object
 * (the first one: versions). Moduli are taken times four from sample to sample, since a system finds a factor again
 * that it has made before: the matrix is another one, its digits are the same.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { ElementField, SolverOption, VectorField } from "../../library/fem/index.ts";
import type { Problem } from "../../topopt/index.ts";
import type { SolveAnswer, SolveQuestion } from "../solvers.ts";
import { built, ownVersion } from "./built.ts";
import { beginMemory, look, residentKibibytes, timed } from "./clock.ts";

const { array, configure } = await built<typeof import("../../index.ts")>("index.js");
const np = await built<typeof import("../../library/numpy/index.ts")>("library/numpy/index.js");
const fem = await built<typeof import("../../library/fem/index.ts")>("library/fem/index.js");
const { problems } = await built<typeof import("../../topopt/index.ts")>("topopt/index.js");

configure({ threads: Number(process.argv[2]) });

/** A problem with another solver than its own. */
const solvedBy = ({ mesh, system, load }: Problem, solver: SolverOption): Problem => ({
  mesh,
  load,
  system: fem.elasticity(mesh, { supports: system.supports, solver }),
});

const problemOf = ([nelx, nely, nelz]: readonly number[], solver: SolverOption): Problem =>
  solvedBy(
    nelz === undefined
      ? problems.mbb({ nelx: nelx!, nely: nely! })
      : problems.cantilever3d({ nelx: nelx!, nely: nely!, nelz }),
    solver,
  );

/** Scales of successive samples: more than a system keeps factors. */
const scales = [1, 4, 16] as const;

interface Prepared {
  readonly problem: Problem;
  readonly moduli: readonly ElementField[];
  readonly resident: number;
  /** The first factorization, with the analysis and everything else that is done once. */
  readonly first: number;
  samples: number;
}

const floatsOf = (file: string): Float64Array => {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength));
};

const milliseconds = (work: () => void): number => {
  const start = look();
  work();
  const end = look();
  return end.before - start.after - (end.waited - start.waited);
};

let known: { readonly key: string; readonly prepared: Prepared } | undefined;

const prepare = ({ grid, modulus, solver }: SolveQuestion): Prepared => {
  const key = JSON.stringify([grid, modulus, solver]);
  if (known?.key !== key) {
    const values = floatsOf(modulus);
    const shape = [...grid].reverse();
    const moduli = scales.map(
      (scale) => np.reshape(array(values.map((value) => scale * value)), shape) as unknown as ElementField,
    );
    const resident = 1024 * beginMemory();
    const problem = problemOf(grid, solver ?? "direct");
    const first = milliseconds(() => void fem.feFactor(problem.system, moduli.at(-1)!));
    known = { key, prepared: { problem, moduli, resident, first, samples: 0 } };
  }
  return known.prepared;
};

/** The problem as scipy_solves.py reads it. */
const writeProblem = ({ system, load }: Problem, beginning: string): void => {
  writeFileSync(`${beginning}-matrix.f64`, system.elementMatrix.toTypedArray() as Float64Array);
  writeFileSync(`${beginning}-fixed.u8`, Uint8Array.from(system.fixed.toTypedArray() as ArrayLike<number>, Number));
  writeFileSync(`${beginning}-load.f64`, load.toTypedArray() as Float64Array);
};

interface Times {
  readonly factor: number[];
  readonly solve: number[];
  readonly again: number[];
  /** Of all loads at once, by their number. */
  readonly many: Record<number, number[]>;
}

/** One sample; left out where a time is no good. @returns the displacement, of the modulus with scale 1 */
const sample = (prepared: Prepared, cases: readonly VectorField[], times: Times): VectorField => {
  const { problem, moduli } = prepared;
  const { system, load } = problem;
  const turn = prepared.samples++ % scales.length;
  const modulus = moduli[turn]!;
  const factored = timed(() => fem.feFactor(system, modulus));
  const solve = (loads: VectorField) => timed(() => fem.feSolve(system, modulus, loads, { factor: factored.result }));
  const solved = solve(load);
  const own = [factored.milliseconds, solved.milliseconds, solve(load).milliseconds];
  if (own.every((time) => time !== null)) {
    times.factor.push(own[0]!);
    times.solve.push(own[1]!);
    times.again.push(own[2]!);
  }
  for (const loads of cases) {
    const time = solve(loads).milliseconds;
    const same = (times.many[loads.shape[0]!] ??= []);
    if (time !== null) same.push(time);
  }
  return np.mul(solved.result, scales[turn]!) as unknown as VectorField;
};

/** How far compliances of loads solved at once, which are multiples of the problem's, are from that of it alone; relative. */
const gapOfMany = ({ problem, moduli }: Prepared, cases: readonly VectorField[], compliance: number): number => {
  const { system, load } = problem;
  const gaps = cases.flatMap((loads) => {
    const displacements = fem.feSolve(system, moduli[0]!, loads);
    return Array.from({ length: loads.shape[0]! }, (_, k) => {
      const own = Number(np.vdot(load, displacements.at(k).get()).item()) / (k + 1);
      return Math.abs(own / compliance - 1);
    });
  });
  return Math.max(0, ...gaps);
};

/** Strain energies of all elements for modulus 1: the compliance's gradient up to its sign. */
const writeEnergies = ({ system }: Problem, displacement: VectorField, file: string): void =>
  writeFileSync(file, fem.feForm(system, displacement, displacement).toTypedArray() as Float64Array);

const answer = (question: SolveQuestion): SolveAnswer => {
  const prepared = prepare(question);
  const { problem } = prepared;
  if (question.problem !== undefined) writeProblem(problem, question.problem);
  const cases = (question.cases ?? []).map(
    (count) => np.stack(Array.from({ length: count }, (_, k) => np.mul(problem.load, k + 1))) as unknown as VectorField,
  );
  const times: Times = { factor: [], solve: [], again: [], many: {} };
  const end = performance.now() + 1e3 * question.maySkip;
  let displacement!: VectorField;
  while (times.factor.length === 0 || (times.factor.length < question.samples && performance.now() < end))
    displacement = sample(prepared, cases, times);
  const bytes = 1024 * residentKibibytes().highest;
  if (question.energies !== undefined) writeEnergies(problem, displacement, question.energies);
  const report = problem.system.report()!;
  const compliance = Number(np.vdot(problem.load, displacement).item());
  return {
    assembly: 0,
    analysis: prepared.first,
    ...times,
    compliance,
    manyGap: gapOfMany(prepared, cases, compliance),
    residual: report.residual,
    bytes,
    resident: prepared.resident,
    iterations: report.iterations,
    kept: report.factorBytes,
  };
};

const reply = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

reply({ versions: `cotangent ${ownVersion()}` });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    reply(answer(JSON.parse(line) as SolveQuestion));
  } catch (error) {
    reply({ error: error instanceof Error ? error.message : String(error) });
  }
}
