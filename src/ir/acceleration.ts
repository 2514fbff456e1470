/**
 * Acceleration: large operations that are computed at once may run compiled, with the bits of their `evaluate`.
 * The IR knows no back end; the one that can do it registers here (src/backend/index.ts) and decides case by case.
 */
import type { ConcreteArray } from "../array/ndarray.ts";
import { sizeOf } from "../array/shape.ts";
import type { Params, Primitive, TypeOf } from "./primitive.ts";

/** The outputs, of these types, or null where `evaluate` is to compute them. */
export type Accelerator = (
  primitive: Primitive,
  inputs: readonly ConcreteArray[],
  params: Params,
  types: readonly TypeOf[],
) => readonly ConcreteArray[] | null;

let accelerator: Accelerator | null = null;
let fewest = Infinity;

/** From now on operations with an operand or a result of at least so many elements are offered to `accelerate`. */
export const registerAccelerator = (elements: number, accelerate: Accelerator): void => {
  fewest = elements;
  accelerator = accelerate;
};

/** Outputs of an operation on concrete arrays if it is large and has been accelerated, else null. */
export const accelerated: Accelerator = (primitive, inputs, params, types) => {
  if (accelerator === null) return null;
  for (const { size } of inputs) if (size >= fewest) return accelerator(primitive, inputs, params, types);
  for (const { shape } of types) if (sizeOf(shape) >= fewest) return accelerator(primitive, inputs, params, types);
  return null;
};
