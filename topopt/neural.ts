/**
 * A network in the place of the pixels: an untrained one whose weights are the design variables. Its output, shifted so that its
 * mean is the volume fraction to the last digits, is the design; filter, projection, mask and solid regions follow as for pixels.
 *   density = passive(project(filter(sigmoid(network(x) + shift)))), mean(sigmoid) = volume fraction
 * Source: Hoyer, Sohl-Dickstein & Greydanus 2019; Chandrasekhar & Suresh 2021; Sanu, Bessa & Aragon 2026.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape } from "../src/array/shape.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../src/error.ts";
import { requireOptions } from "../src/options.ts";
import type { ElementField, GridMesh, GridSystem } from "../library/fem/index.ts";
import { coordinates } from "../library/nn/index.ts";
import type { Network } from "../library/nn/index.ts";
import { sub } from "../library/numpy/elementwise.ts";
import { sum } from "../library/numpy/reductions.ts";
import { mean } from "../library/numpy/statistics.ts";
import type { Parameterization } from "./parameterization.ts";
import { physicalDensity, symmetrized } from "./pixels.ts";
import type { FieldMap, Symmetry } from "./pixels.ts";
import { requirePassive } from "./problems/index.ts";
import type { Problem } from "./problems/index.ts";
import { volumePreservingSigmoid } from "./projections.ts";

export interface NeuralOptions {
  /**
   * Mean of the design where material may be, before filter, projection and solid regions, in (0, 1). Default the problem's.
   * What those make of it is the physical volume, which a history has as `volume`.
   */
  readonly volumeFraction?: number;
  /**
   * Radius of the density filter, which averages over elements of the problem's mask alone; or another filter: any function of
   * an element field, whose result the mask is applied to. A radius is a length in the units of the mesh. Default 1.5 element
   * widths, of the shortest edge of an element: 1.5 where elements are of unit size; 0 for none.
   */
  readonly filter?: number | FieldMap;
  /** After the filter, as (field, { beta }) => tanhProjection(field, { beta }). Default none. */
  readonly projection?: FieldMap;
  /** Mask and solid field of the problem have to be their own mirror images, too. Default none. */
  readonly symmetry?: Symmetry;
  /** As reports call it. Default "network". */
  readonly name?: string;
}

/** Refuses what is no pair of functions before a run begins with it. */
const requireNetwork = (network: unknown): void => {
  const { init, apply } = (network ?? {}) as Partial<Network<unknown>>;
  if (typeof init !== "function" || typeof apply !== "function")
    throw new InvalidOption("neural", `${showValue(network)} as network`, "A network is a record { init, apply }");
};

const requireVolumeFraction = (volumeFraction: unknown): number => {
  if (typeof volumeFraction !== "number" || !(volumeFraction > 0 && volumeFraction < 1))
    throw new InvalidOption(
      "neural",
      `volumeFraction ${showValue(volumeFraction)}`,
      "Give the fraction of material, between 0 and 1: a network's design always has it",
    );
  return volumeFraction;
};

/** The network as a function of its parameters alone: logits in float64, in the shape of an element field. */
const logitsOn = <P>({ elementShape }: GridMesh, network: Network<P>): ((params: P) => NDArray) => {
  const input = coordinates(elementShape);
  return (params) => {
    const logits = network.apply(params, input);
    const isField = sameShape(logits.shape, elementShape);
    if (!isField && !sameShape(logits.shape, [...elementShape, 1]))
      throw new ShapeMismatch(
        "neural",
        `the network's output has shape ${showShape(logits.shape)}`,
        `This mesh needs ${showShape(elementShape)}, or the same with a last axis of length 1`,
      );
    return (isField ? logits : logits.reshape(elementShape)).astype("float64");
  };
};

/**
 * Takes a network of coordinates or one that has its own input. One signature for each, so that functions written in place get
 * their types; the last for a network that may be either.
 */
export interface Neural {
  <P, S extends GridSystem>(problem: Problem<S>, network: Network<P>, options?: NeuralOptions): Parameterization<P>;
  <P, S extends GridSystem>(
    problem: Problem<S>,
    network: Network<P, void>,
    options?: NeuralOptions,
  ): Parameterization<P>;
  <P, S extends GridSystem>(
    problem: Problem<S>,
    network: Network<P> | Network<P, void>,
    options?: NeuralOptions,
  ): Parameterization<P>;
}

/**
 * A network of coordinates (or one with its own input, as nn.fixedInput and nn.latentInput make them) as parameterization.
 * Its output has the shape of an element field, with or without a last axis of length 1. The network is given the centres of
 * the elements in [-1, 1], so the same parameters make a design on any grid: sample a trained one finer with
 * neural(problems.mbb({ nelx: 384, nely: 256 }), network).density(params, {}).
 * What is enforced is the volume of the design: `enforced.volume` is its mean, over the mask's elements if there is a mask,
 * minus the volume fraction. Filter, projection and solid regions come after it and may move the volume of the density: that
 * one is objectives.volume(), and the `volume` of a history's entries. They agree where there is none of the three.
 * @throws InvalidOption for what is no network, without a volume fraction, for a filter that is neither a radius nor a function
 *   and a projection that is no function, for a symmetry that the mesh cannot have; InvalidProblem for a mask or solid field
 *   that holds other numbers than 0 and 1 or is less symmetric than the design, and for a mask without a 1; UnknownOption. The
 *   density ShapeMismatch for another output, InvalidOption and ShapeMismatch for filters and projections that do not return a
 *   field of the mesh
 * Derivatives: those of the network; of the shift by the implicit function theorem.
 * @example
 * const design = neural(problem, nn.siren({ width: 8 }), { volumeFraction: 0.4, filter: 0 });
 * np.allclose(np.mean(design.density(design.init(random.key(0)), {})), 0.4) // true
 */
export const neural: Neural = <P, S extends GridSystem>(
  problem: Problem<S>,
  network: Network<P> | Network<P, void>,
  options: NeuralOptions = {},
): Parameterization<P> => {
  requireOptions("neural", options, ["volumeFraction", "filter", "projection", "symmetry", "name"]);
  requireNetwork(network);
  const { volumeFraction: wanted = problem.volumeFraction, symmetry, name = "network" } = options;
  const volumeFraction = requireVolumeFraction(wanted);
  const finish = physicalDensity("neural", problem, options);
  const fold = symmetrized("neural", problem, symmetry);
  const logitsOf = logitsOn(problem.mesh, network as Network<P>);
  const { mask } = requirePassive("neural", problem);
  const designOfParams = (params: P): ElementField =>
    volumePreservingSigmoid(
      fold(logitsOf(params)),
      mask === undefined ? { volumeFraction } : { volumeFraction, where: mask },
    ) as ElementField;
  return {
    name,
    init: network.init,
    density: (params, at) => finish(designOfParams(params), at),
    enforced: (params) => {
      const design = designOfParams(params);
      const reached = mask === undefined ? mean(design) : sum(design).div(sum(mask));
      return { volume: sub(reached, volumeFraction) };
    },
  };
};
