/**
 * What a run would cost, from the numbers of its file alone: nothing is built or allocated. The limits are those at which
 * solver, filter and compiled programs leave 4 GiB or take minutes for one iteration.
 */
import type { FileNetwork, FileParameterization } from "./parameterization-section.ts";
import { factsOf } from "./problem-section.ts";
import type { ProblemFacts } from "./problem-section.ts";
import type { RunFile, RunProblem } from "./types.ts";

export interface RunCost {
  readonly elements: number;
  /** Components of the displacement or temperature, of all load cases. */
  readonly dofs: number;
  /** Multiplications of one application of the density filter. */
  readonly filter: number;
  /** Numbers that a network's layers hold in one evaluation, parameters included; 0 for pixels. */
  readonly network: number;
  /** Of one picture. */
  readonly pixels: number;
  readonly iterations: number;
}

export const costLimits: Omit<RunCost, "elements" | "iterations"> = {
  dofs: 5e7,
  filter: 1e11,
  network: 1e9,
  pixels: 1e8,
};

const product = (factors: readonly number[]): number => factors.reduce((all, own) => all * own, 1);
const sum = (terms: readonly number[]): number => terms.reduce((all, own) => all + own, 0);

/** As topopt's densityFilter reaches: neighbours closer than the radius, cut at the size of the grid. */
const windowOf = ({ counts, size }: ProblemFacts, radius: number): number =>
  product(
    counts.map((count, axis) => {
      const reach = Math.ceil((radius * count) / size[axis]!) - 1;
      return 2 * Math.max(0, Math.min(count - 1, reach)) + 1;
    }),
  );

/** Units of every layer of a network that maps points. */
const layersOf = (own: Exclude<FileNetwork, { readonly kind: "cnn" }>, inputs: number): readonly number[] => {
  switch (own.kind) {
    case "siren":
      return [inputs, ...Array.from({ length: own.depth }, () => own.width), 1];
    case "mlp":
      return [inputs, ...own.hidden, 1];
    case "fourier":
      return [2 * own.features, ...own.hidden, 1];
  }
};

/** Images of a decoder, stage by stage, on a grid of rows and columns. */
const decoderNumbers = (
  own: Extract<FileNetwork, { readonly kind: "cnn" }>,
  [nelx, nely]: readonly number[],
): number => {
  const total = product(own.resizes);
  let area = Math.ceil(nelx! / total) * Math.ceil(nely! / total);
  let numbers = own.latent * own.denseChannels * area;
  let channels = own.denseChannels;
  own.filters.forEach((filters, stage) => {
    area *= (own.resizes[stage] ?? 1) ** 2;
    numbers += (channels + filters) * area + own.kernel ** 2 * channels * filters;
    channels = filters;
  });
  return numbers;
};

/** Components of the displacement or temperature, of all load cases. */
export const dofsOf = (problem: RunProblem): number => {
  const { counts, physics, cases } = factsOf(problem);
  return (physics === "heat" ? 1 : counts.length) * product(counts.map((count) => count + 1)) * cases;
};

/** Multiplications of one application of the density filter. */
export const filterCostOf = (problem: RunProblem, radius: number): number => {
  const facts = factsOf(problem);
  return radius === 0 ? 0 : windowOf(facts, radius) * product(facts.counts);
};

/** Numbers that a network's layers hold in one evaluation, parameters included; 0 for pixels. */
export const networkCostOf = (problem: RunProblem, own: FileParameterization): number => {
  if (own.kind === "pixels") return 0;
  const { counts } = factsOf(problem);
  if (own.kind === "cnn") return decoderNumbers(own, counts);
  const layers = layersOf(own, counts.length);
  const weights = layers.slice(1).map((units, k) => units * layers[k]!);
  return sum(layers) * product(counts) + sum(weights);
};

/** Of one picture. */
export const pixelsOf = (problem: RunProblem, { scale }: RunFile["output"]): number => {
  const { counts } = factsOf(problem);
  return counts[0]! * counts[1]! * scale ** 2;
};

/**
 * What a run would cost.
 * @example estimateCost(runFile).dofs // 12610 for mbb with 96 x 64 elements
 */
export const estimateCost = ({ problem, parameterization, output, stop }: RunFile): RunCost => ({
  elements: product(factsOf(problem).counts),
  dofs: dofsOf(problem),
  filter: filterCostOf(problem, parameterization.filter),
  network: networkCostOf(problem, parameterization),
  pixels: pixelsOf(problem, output),
  iterations: stop.iterations,
});
