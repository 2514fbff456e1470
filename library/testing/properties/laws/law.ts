/**
 * What the laws of a primitive share: their settings, and how far rounding may take a result.
 */
import type { DType } from "../../../../src/array/dtype.ts";
import { isFloat } from "../../../../src/array/dtype.ts";
import type { Backend } from "../../../../src/backend/index.ts";
import type { Primitive } from "../../../../src/ir/primitive.ts";
import type { RunSettings } from "../cases.ts";
import type { Reference } from "../definition.ts";

export interface LawSettings extends RunSettings {
  /** Independent definition, for a primitive without a scalar one among its laws. */
  readonly reference?: Reference | undefined;
  /** Back ends that must agree with eager evaluation. */
  readonly backends?: readonly Backend[] | undefined;
  /** Told the error of every derivative that was compared with differences. */
  readonly onError?: ((error: number) => void) | undefined;
}

/** A claim about every application of a primitive; it throws where the claim does not hold. */
export type Law = (primitive: Primitive, settings: LawSettings) => void;

export const compiledBackends: readonly Backend[] = ["js", "wasm", "interpreter"];

/** Reordered sums round differently; what has no rounding of its own must be the same to the bit. */
export const roundingOf = ({ reference }: LawSettings, dtype: DType, double: number): number =>
  (reference?.tolerance ?? 0) === 0 || !isFloat(dtype) ? 0 : dtype === "float32" ? 1e-5 : double;
