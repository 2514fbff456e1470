/**
 * The loop of minimizeCompliance part by part, each timed where it runs: filter, interpolation, factor, solve, sensitivity,
 * the chain back to the design, optimality criteria. Every part is compiled on its own, where minimizeCompliance has one program; the
 * designs of both have to agree. Then what an iteration of minimizeCompliance allocates, between collections.
 * Arguments: nelx nely volumeFraction radius penal iterations. One line of output, a Profile.
 */
import type { NDArray } from "../../index.ts";
import type { ElementField } from "../../library/fem/index.ts";
import { summarize } from "../measure.ts";
import { built } from "./built.ts";

export interface Profile {
  /** Medians over iterations; the last is the rest. */
  readonly parts: readonly { readonly name: string; readonly milliseconds: number }[];
  readonly total: number;
  /** Of an iteration of minimizeCompliance. */
  readonly whole: number;
  /** Bytes that an iteration of minimizeCompliance allocates, medians of the first and of the second half of a run. */
  readonly allocated: readonly [number, number];
  /** Bytes per iteration that are still held after a collection. */
  readonly kept: number;
}

const { grad, jit, vjp } = await built<typeof import("../../index.ts")>("index.js");
const np = await built<typeof import("../../library/numpy/index.ts")>("library/numpy/index.js");
const { elementField, feFactor, feForm, feSolve } =
  await built<typeof import("../../library/fem/index.ts")>("library/fem/index.js");
const { densityFilter, minimizeCompliance, optimalityCriteria, problems, simp } =
  await built<typeof import("../../topopt/index.ts")>("topopt/index.js");

const [nelx, nely, volumeFraction, radius, penal, iterations] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const warmUp = 4;
const problem = problems.mbb({ nelx, nely });
const { mesh, system, load } = problem;
const [move, volumeTolerance] = [0.2, 1e-9];

const filter = densityFilter(mesh, { radius });
const compiledFilter = jit(filter);
/** The filter's transpose and the slope of the interpolation: from moduli back to the design. */
const chainToDesign = {
  transposed: jit((field: ElementField) => vjp(filter, elementField(mesh, 1))[1](field)[0]),
  slope: jit((density: ElementField, energies: ElementField) =>
    np.neg(np.mul(grad((own: ElementField) => np.sum(simp(own, { penal })))(density), energies)),
  ),
};
const interpolate = jit((density: ElementField) => simp(density, { penal }));
const sensitivity = jit((displacement: NDArray) => feForm(system, displacement as never, displacement as never));

const names = [
  "filter and its transpose",
  "interpolation and its slope",
  "assembly and factor",
  "solve",
  "sensitivity",
  "optimality criteria",
] as const;
type Part = (typeof names)[number];

/** Iterations part by part. @returns the last design, and per iteration the times of parts and the whole */
const runParts = (): { design: ElementField; times: Record<Part | "total", number>[] } => {
  const weights = grad((design: ElementField) => np.mean(filter(design)))(elementField(mesh, 1));
  const times: Record<Part | "total", number>[] = [];
  let design = elementField(mesh, volumeFraction);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const own = Object.fromEntries(names.map((name) => [name, 0])) as Record<Part | "total", number>;
    const time = <T>(name: Part, work: () => T): T => {
      const before = performance.now();
      const result = work();
      own[name] += performance.now() - before;
      return result;
    };
    const started = performance.now();
    const density = time("filter and its transpose", () => compiledFilter(design));
    const modulus = time("interpolation and its slope", () => interpolate(density));
    const factor = time("assembly and factor", () => feFactor(system, modulus));
    const displacement = time("solve", () => feSolve(system, modulus, load, { factor }));
    const energies = time("sensitivity", () => sensitivity(displacement));
    const slope = time("interpolation and its slope", () => chainToDesign.slope(density, energies));
    const objectiveGradient = time("filter and its transpose", () => chainToDesign.transposed(slope as ElementField));
    np.vdot(load, displacement).item();
    const options = { design, objectiveGradient, volumeGradient: weights };
    const step = time("optimality criteria", () =>
      optimalityCriteria({ ...options, volumeFraction, move, volumeTolerance }),
    );
    design = step.design;
    own.total = performance.now() - started;
    times.push(own);
  }
  return { design, times };
};

const options = { volumeFraction, filterRadius: radius, penal, iterations, move, volumeTolerance };
const held = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const { design, times } = runParts();
const whole: number[] = [];
const growths: number[] = [];
globalThis.gc!();
let before = 0;
let last = held();
const reached = minimizeCompliance(problem, {
  ...options,
  onIteration: ({ milliseconds, iteration }) => {
    whole.push(milliseconds);
    // What is made once, as the program, is there by now.
    if (iteration === warmUp) {
      globalThis.gc!();
      before = held();
    }
    const now = held();
    growths.push(now - last);
    last = now;
  },
});
const end = reached.design.toTypedArray() as Float64Array;
globalThis.gc!();
const kept = Math.max(0, held() - before) / (iterations - warmUp);
const own = design.toTypedArray() as Float64Array;
const gap = own.reduce((most, value, e) => Math.max(most, Math.abs(value - end[e]!)), 0);
if (!(gap < 1e-6)) throw new Error(`the loop in parts is another optimization: designs differ by ${gap}`);

const medianOf = (name: Part | "total"): number => summarize(times.slice(warmUp).map((all) => all[name])).median;
/** Where a collection came between, the growth is negative. */
const growthOf = (own: readonly number[]): number => summarize(own.filter((growth) => growth > 0)).median;
const parts = names.map((name) => ({ name, milliseconds: medianOf(name) }));
const total = medianOf("total");
const rest = total - parts.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
const later = growths.slice(warmUp);
const half = Math.floor(later.length / 2);
const profile: Profile = {
  parts: [...parts, { name: "rest", milliseconds: rest }],
  total,
  whole: summarize(whole.slice(warmUp)).median,
  allocated: [growthOf(later.slice(0, half)), growthOf(later.slice(half))],
  kept,
};
process.stdout.write(`${JSON.stringify(profile)}\n`);
