/**
 * What all back ends do outside of generated code: run a routine by its primitive's own `evaluate`, and hand
 * out results as arrays. Buffers that live outside generated memory are typed arrays in `held`.
 */
import { InvalidJaxpr } from "../error.ts";
import { allocate } from "../array/storage.ts";
import type { TypedArray } from "../array/dtype.ts";
import { bufferOf, ConcreteArray, fromBuffer, isConcrete } from "../array/ndarray.ts";
import type { NDArray } from "../array/ndarray.ts";
import { sameShape, sizeOf } from "../array/shape.ts";
import type { Operand } from "../compile/groups.ts";
import type { Program, RoutineStep } from "../compile/steps.ts";
import { toList } from "../ir/primitive.ts";
import { withEvaluation } from "../ir/trace.ts";

/** Reads a buffer as an array of its own; what it gives is never written to again. */
export type Read = (buffer: number) => TypedArray;

/** The operand as a concrete array. */
const wholeArray = (operand: Operand, read: Read): ConcreteArray => {
  const { shape, dtype, weakType } = operand.aval;
  if (operand.kind === "buffer") return fromBuffer(read(operand.buffer), shape, dtype, weakType);
  if (shape.length === 0 && operand.value.weakType === weakType) return operand.value;
  return fromBuffer(allocate(dtype, sizeOf(shape)).fill(operand.value.item()), shape, dtype, weakType);
};

/** Runs the routine; `write` receives what it computed. */
export const runRoutine = (
  { equation, operands, results }: RoutineStep,
  read: Read,
  write: (buffer: number, values: TypedArray) => void,
): void => {
  const { primitive, params, outputs } = equation;
  const arrays = operands.map((operand) => wholeArray(operand, read));
  const computed = withEvaluation(() => toList(primitive.evaluate(arrays, params) as NDArray | readonly NDArray[]));
  outputs.forEach(({ aval }, k) => {
    const array = computed[k];
    if (!isConcrete(array) || array.dtype !== aval.dtype || !sameShape(array.shape, aval.shape))
      throw new InvalidJaxpr(
        `evaluation of ${primitive.name}`,
        `output ${k} is not what abstractEval says`,
        "Its evaluate and abstractEval must agree",
      );
    write(results[k]!, bufferOf(array));
  });
};

/** Outputs of a program; one that is an input unchanged is that very array. */
export const collectOutputs = (
  program: Program,
  inputs: readonly ConcreteArray[],
  read: Read,
): readonly ConcreteArray[] =>
  program.outputs.map((output) => {
    if (output.kind === "buffer" && output.buffer < program.inputCount) {
      const input = inputs[output.buffer]!;
      if (sameShape(input.shape, output.aval.shape) && input.weakType === output.aval.weakType) return input;
    }
    return wholeArray(output, read);
  });
