/**
 * A network in the place of the pixels: an untrained one whose weights are the design variables. Its output, shifted so that the
 * volume is met to the last digits, is the design; filter, projection and mask follow as for pixels.
 *   density = passive(project(filter(sigmoid(network(x) + shift)))), mean(sigmoid) = volume fraction
 * Source: Hoyer, Sohl-Dickstein & Greydanus 2019; Chandrasekhar & Suresh 2021; Sanu, Bessa & Aragon 2026.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape } from "../src/array/shape.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../src/error.ts";
import { requireOptions } from "../src/options.ts";
import type { ElementField, GridSystem } from "../library/fem/index.ts";
import { coordinates } from "../library/nn/index.ts";
import type { Network } from "../library/nn/index.ts";
import { sub } from "../library/numpy/elementwise.ts";
import { sum } from "../library/numpy/reductions.ts";
import { mean } from "../library/numpy/statistics.ts";
import { filterOf, passive, symmetrized } from "./pixels.ts";
import type { FieldMap, Symmetry } from "./pixels.ts";
import type { Parameterization } from "./parameterization.ts";
import type { Problem } from "./problems/index.ts";
import { volumePreservingSigmoid } from "./projections.ts";

export interface NeuralOptions {
  /** Mean of the design where material may be, before the filter, in (0, 1). Default the problem's. */
  readonly volumeFraction?: number;
  /** Radius of the density filter, or another filter. Default 1.5; 0 for none. */
  readonly filter?: number | FieldMap;
  readonly projection?: FieldMap;
  readonly symmetry?: Symmetry;
  /** As reports call it. Default "network". */
  readonly name?: string;
}

/**
 * A network of coordinates (or one with its own input, as nn.fixedInput and nn.latentInput make them) as parameterization.
 * Its output has the shape of an element field, with or without a last axis of length 1. The network is given the centres of
 * the elements in [-1, 1], so the same parameters make a design on any grid: sample a trained one finer with
 * neural(problems.mbb({ nelx: 384, nely: 256 }), network).density(params, {}).
 * @throws InvalidOption without a volume fraction, UnknownOption; ShapeMismatch for another output, when it is first applied
 * Derivatives: those of the network; of the shift by the implicit function theorem.
 * @example
 * const design = neural(problem, nn.siren({ width: 8 }), { volumeFraction: 0.4, filter: 0 });
 * np.allclose(np.mean(design.density(design.init(random.key(0)), {})), 0.4) // true
 */
export const neural = <P, S extends GridSystem>(
  problem: Problem<S>,
  network: Network<P> | Network<P, void>,
  options: NeuralOptions = {},
): Parameterization<P> => {
  requireOptions("neural", options, ["volumeFraction", "filter", "projection", "symmetry", "name"]);
  const { volumeFraction = problem.volumeFraction, filter = 1.5, projection, symmetry, name = "network" } = options;
  if (typeof volumeFraction !== "number" || !(volumeFraction > 0 && volumeFraction < 1))
    throw new InvalidOption(
      "neural",
      `volumeFraction ${showValue(volumeFraction)}`,
      "Give the fraction of material, between 0 and 1: a network's design always has it",
    );
  const { elementShape } = problem.mesh;
  const input = coordinates(elementShape);
  const fold = symmetrized("neural", symmetry);
  const blur = filterOf(problem.mesh, filter);
  const hold = passive("neural", problem);
  const { mask } = problem;

  const logitsOf = (params: P): NDArray => {
    const logits = (network as Network<P>).apply(params, input);
    const isField = sameShape(logits.shape, elementShape);
    if (!isField && !sameShape(logits.shape, [...elementShape, 1]))
      throw new ShapeMismatch(
        "neural",
        `the network's output has shape ${showShape(logits.shape)}`,
        `This mesh needs ${showShape(elementShape)}, or the same with a last axis of length 1`,
      );
    return fold((isField ? logits : logits.reshape(elementShape)).astype("float64"));
  };
  const designOfParams = (params: P): ElementField =>
    volumePreservingSigmoid(
      logitsOf(params),
      mask === undefined ? { volumeFraction } : { volumeFraction, where: mask },
    ) as ElementField;
  return {
    name,
    init: network.init,
    density: (params, at) => {
      const blurred = blur(designOfParams(params), at);
      return hold(projection === undefined ? blurred : projection(blurred, at));
    },
    enforced: (params) => {
      const design = designOfParams(params);
      const reached = mask === undefined ? mean(design) : sum(design).div(sum(mask));
      return { volume: sub(reached, volumeFraction) };
    },
  };
};
