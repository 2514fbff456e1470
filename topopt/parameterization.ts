/**
 * What turns parameters into a density: pixels under a filter, or a network. The rest of a run does not know which.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { ElementField } from "../library/fem/index.ts";

/**
 * Scalars of the iteration: { penal, beta, ... }. Those that change are traced, so that no change compiles anew; constants are
 * plain numbers.
 */
export type Continuation = Readonly<Record<string, NDArray | number>>;

/** @typeParam F  what `density` is typed to give; optimize takes any array and looks at its shape */
export interface Parameterization<P = unknown, F extends NDArray = ElementField> {
  /** As reports and pictures call it. */
  readonly name: string;
  /** First parameters, of a key of cotangent/random. */
  readonly init: (key: NDArray) => P;
  /** Physical density in [0, 1]: filtered, projected, masked, and 1 where the problem is solid. Shape of an element field. */
  readonly density: (params: P, at: Continuation) => F;
  /** Bounds of every parameter; none where they are free. */
  readonly bounds?: { readonly lower: number; readonly upper: number };
  /**
   * Residuals of the equalities that hold by construction, as { volume: mean - target }: reported at every iteration. A
   * network's are those of its design, before filter, projection and solid regions; `volume` of an iteration's entry is the
   * mean of the physical density, which those may have moved.
   */
  readonly enforced?: (params: P, at: Continuation) => Readonly<Record<string, NDArray>>;
}
