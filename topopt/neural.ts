/**
 * A network in the place of the pixels: an untrained one whose weights are the design variables. Its output, shifted so that the
 * volume is the fraction asked for to the last digits, is the design; filter, projection, mask and solid regions follow as for
 * pixels.
 *   density = passive(project(filter(sigmoid(network(x) + shift)))), mean(density) = volume fraction
 * Source: Hoyer, Sohl-Dickstein & Greydanus 2019; Chandrasekhar & Suresh 2021; Sanu, Bessa & Aragon 2026.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape } from "../src/array/shape.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption, InvalidProblem, ShapeMismatch } from "../src/error.ts";
import { requireOptions } from "../src/options.ts";
import { elementField } from "../library/fem/index.ts";
import type { ElementField, GridMesh, GridSystem } from "../library/fem/index.ts";
import { coordinates } from "../library/nn/index.ts";
import type { Network } from "../library/nn/index.ts";
import { add, mul, sub } from "../library/numpy/elementwise.ts";
import { sum } from "../library/numpy/reductions.ts";
import { mean } from "../library/numpy/statistics.ts";
import { valueAndGrad } from "../transforms/vjp.ts";
import type { Continuation, Parameterization } from "./parameterization.ts";
import { physicalDensity, symmetrized } from "./pixels.ts";
import type { FieldMap, Symmetry } from "./pixels.ts";
import { requireProblem } from "./problems/problem.ts";
import { requirePassive } from "./problems/index.ts";
import type { Problem } from "./problems/index.ts";
import { volumePreservingSigmoid } from "./projections.ts";

export interface NeuralOptions {
  /** Volume where material may be, in (0, 1). Default the problem's. */
  readonly volumeFraction?: number;
  /**
   * Whose mean that is: the physical density's, or that of the design before filter, projection and solid regions, which then
   * move the volume, as in the published pipelines. Default "density".
   */
  readonly volumeOf?: "density" | "design";
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

/** Refuses a volume that solid elements alone have already. */
const requireRoom = (volumeFraction: number, mask: ElementField | undefined, solid: ElementField | undefined): void => {
  if (solid === undefined) return;
  const share = sum(solid).item() / (mask === undefined ? solid.size : sum(mask).item());
  if (share >= volumeFraction)
    throw new InvalidProblem(
      "neural",
      `solid elements that are ${Number(share.toPrecision(6))} of where material may be, with volumeFraction ${volumeFraction}`,
      'Ask for more volume, or fewer solid elements; volumeOf: "design" counts what the network makes alone',
    );
};

/** An affine function of a field by its value at 0 and its slopes: a product in the place of whatever computes it. */
const affine = (mesh: GridMesh, f: (field: ElementField) => NDArray): ((field: ElementField) => NDArray) => {
  const [start, slopes] = valueAndGrad(f)(elementField(mesh, 0));
  return (field) => add(start, sum(mul(field, slopes)));
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
 * What is enforced is the volume, over the mask's elements if there is a mask: `enforced.volume` is by how much it is missed.
 * It is that of objectives.volume(), and the `volume` of a history's entries, unless it was to be that of the design. Filters
 * and projections of your own have to be monotone: more material in the design makes nowhere less of the density.
 * @throws InvalidOption for what is no network, without a volume fraction, for a filter that is neither a radius nor a function
 *   and a projection that is no function, for a symmetry that the mesh cannot have; InvalidProblem for a mask or solid field
 *   that holds other numbers than 0 and 1 or is less symmetric than the design, for a mask without a 1, and for solid elements
 *   that are the volume or more; UnknownOption. The
 *   density ShapeMismatch for another output, InvalidOption and ShapeMismatch for filters and projections that do not return a
 *   field of the mesh; RootNotBracketed as volumePreservingSigmoid
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
  requireOptions("neural", options, ["volumeFraction", "volumeOf", "filter", "projection", "symmetry", "name"]);
  requireProblem("neural", problem);
  requireNetwork(network);
  const { volumeFraction: wanted = problem.volumeFraction, volumeOf = "density", symmetry, name = "network" } = options;
  if (volumeOf !== "density" && volumeOf !== "design")
    throw new InvalidOption("neural", `volumeOf ${showValue(volumeOf)}`, 'Use "density" or "design"');
  const volumeFraction = requireVolumeFraction(wanted);
  const finish = physicalDensity("neural", problem, options);
  const fold = symmetrized("neural", problem, symmetry);
  const logitsOf = logitsOn(problem.mesh, network as Network<P>);
  const { mask, solid } = requirePassive("neural", problem);
  if (volumeOf === "density") requireRoom(volumeFraction, mask, solid);
  const flags = mask === undefined ? {} : { where: mask };
  const meanOf = (field: NDArray): NDArray => (mask === undefined ? mean(field) : sum(mul(field, mask)).div(sum(mask)));
  const physicalVolume = (design: ElementField, at: Continuation): NDArray => meanOf(finish(design, at));
  const isLinear = typeof options.filter !== "function" && options.projection === undefined;
  const quickVolume = isLinear ? affine(problem.mesh, (design) => physicalVolume(design, {})) : physicalVolume;
  const volumeAt = volumeOf === "design" ? meanOf : physicalVolume;
  const designOfParams = (params: P, at: Continuation): ElementField => {
    const volume = (design: NDArray): NDArray => quickVolume(design as ElementField, at);
    const kept = volumeOf === "design" ? flags : { ...flags, volume };
    return volumePreservingSigmoid(fold(logitsOf(params)), { volumeFraction, ...kept }) as ElementField;
  };
  return {
    name,
    init: network.init,
    density: (params, at) => finish(designOfParams(params, at), at),
    enforced: (params, at) => ({ volume: sub(volumeAt(designOfParams(params, at), at), volumeFraction) }),
  };
};
