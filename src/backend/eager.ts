/**
 * Operations outside of jit on large arrays, compiled: a program of one equation, kept by what it is made for. An
 * elementwise program serves all lengths (run-blocks.ts), others their shapes. An operation is compiled once it
 * has been evaluated on about as many elements as take the time of a compilation, so that shapes that come once cost
 * nothing, unless they are long enough to pay for it alone.
 */
import { findsNumberFaults } from "../configure.ts";
import { counts } from "../counters.ts";
import { OutOfMemory } from "../error.ts";
import { identityOf } from "../identity.ts";
import { plainKey } from "../plain-key.ts";
import { recent } from "../recent.ts";
import { machineGeneration } from "../machine.ts";
import { workerLost } from "./threads.ts";
import type { DType } from "../array/dtype.ts";
import { itemSize } from "../array/dtype.ts";
import { fromBuffer, repeatedValue } from "../array/ndarray.ts";
import { sizeOf } from "../array/shape.ts";
import type { Shape } from "../array/shape.ts";
import type { Accelerator } from "../ir/acceleration.ts";
import type { Aval } from "../ir/aval.ts";
import type { Jaxpr } from "../ir/jaxpr.ts";
import { variable } from "../ir/jaxpr.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import type { Params, Primitive } from "../ir/primitive.ts";
import { toList } from "../ir/primitive.ts";
import { compileJaxpr, compileWith } from "./compile.ts";
import { prepareBlocks } from "./run-blocks.ts";
import type { OperationRunner } from "./run-blocks.ts";
import type { Executable } from "./run-javascript.ts";
import { isElementary } from "./scalar-functions.ts";
import { canRunWasm } from "./select.ts";
import { callsIn } from "./wasm-expression.ts";

/** Operations on and to fewer elements are evaluated: calls and copies take longer than the loop. */
export const fewestAccelerated = 1024;

/** Elements that are evaluated before an operation is compiled. */
const elementsWorthCompiling = { elementwise: 2 ** 17, reduction: 2 ** 19, routine: 2 ** 15 };

/** Lengths of the blocks of elementwise programs: short arrays go in short ones, of which the last overlaps less. */
const shortBlock = fewestAccelerated;
const longBlock = 16 * shortBlock;

/** Bytes of operands up to which reductions are copied into the memory of compiled code, which never shrinks. */
const largestReduction = 2 ** 27;

/** Signatures kept, compiled or not. */
const signaturesKept = 512;

/** One signature: evaluated until it has met enough elements, then compiled; null where compiled code would not be faster. */
interface Entry {
  elements: number;
  run: OperationRunner | Executable | null | undefined;
}

let entries = recent<string, Entry>(signaturesKept);
let isPatient = true;

/** Forgets all programs; from now on operations are compiled at once, or, as by default, evaluated first. For tests. */
export const restartEager = (compilesAtOnce = false): void => {
  entries = recent(signaturesKept);
  isPatient = !compilesAtOnce;
};

/** Signatures that are remembered now. For tests. */
export const eagerSignatures = (): number => entries.size();

/** The program of one equation. */
export const singleEquation = (primitive: Primitive, inputTypes: readonly Aval[], params: Params): Jaxpr => {
  const inputs = inputTypes.map(variable);
  const types = toList(primitive.abstractEval(inputTypes, params));
  const outputs = types.map(({ shape, dtype }) => variable({ shape, dtype, weakType: false }));
  return { constants: [], inputs, equations: [{ primitive, inputs, params, outputs }], outputs };
};

const strong = (shape: Shape, dtype: DType): Aval => ({ shape, dtype, weakType: false });

/** The entry of a key, with the elements of this call counted; compiled at `enough` of them. */
const entryOf = (key: string, elements: number, enough: number, compile: () => Entry["run"]): Entry["run"] => {
  let entry = entries.get(key);
  if (entry === undefined) entries.set(key, (entry = { elements: 0, run: undefined }));
  if (entry.run !== undefined) return entry.run;
  entry.elements += elements;
  if (entry.elements >= enough || !isPatient) entry.run = compile();
  return entry.run;
};

/** Text of a primitive with parameters; null where some have no text. */
const keyOf = (primitive: Primitive, params: Params): string | null => {
  const key = plainKey(params);
  return key === null ? null : `${identityOf(primitive)}${key}`;
};

// --- Elementwise ------------------------------------------------------------------------------

/** Whether vectors compute it: a function of the host costs a call for every element, a mere operand costs nothing. */
const isWorthwhile = (expression: ScalarExpression): boolean =>
  expression.op !== "local" &&
  callsIn([{ kind: "set", local: 0, value: expression }]).every((call) => isElementary(call.function, call.dtype));

const compileBlocks = (
  primitive: Primitive,
  dtypes: readonly DType[],
  params: Params,
  block: number,
): OperationRunner | null => {
  if (primitive.lower.kind !== "elementwise") return null;
  const locals = dtypes.map((dtype, index): ScalarExpression => ({ op: "local", index, dtype }));
  if (!isWorthwhile(primitive.lower.expression(locals, params))) return null;
  counts.eagerCompilations++;
  const types = dtypes.map((dtype) => strong([block], dtype));
  return compileWith(singleEquation(primitive, types, params), "wasm", prepareBlocks);
};

const runElementwise: Accelerator = (primitive, inputs, params, [type]) => {
  const key = keyOf(primitive, params);
  const length = sizeOf(type!.shape);
  if (key === null || inputs.some(({ size }) => size !== length)) return null;
  if (inputs.every((input) => repeatedValue(input) !== undefined)) return null;
  const block = length < longBlock ? shortBlock : longBlock;
  let signature = `${key} ${block}`;
  for (const { dtype } of inputs) signature += dtype;
  const run = entryOf(signature, length, elementsWorthCompiling.elementwise, () =>
    compileBlocks(
      primitive,
      inputs.map(({ dtype }) => dtype),
      params,
      block,
    ),
  ) as OperationRunner | null | undefined;
  if (run === null || run === undefined) return null;
  const { shape, dtype } = type!;
  return [fromBuffer(run(inputs, length), shape, dtype)];
};

// --- Reductions and routines ------------------------------------------------------------------

const runWhole: Accelerator = (primitive, inputs, params, types) => {
  const key = keyOf(primitive, params);
  if (key === null) return null;
  const { lower } = primitive;
  let [signature, elements] = [`${key} ${machineGeneration()}`, 0];
  for (const { dtype, shape, size } of inputs) {
    signature += `;${dtype}${shape.join()}`;
    elements += size;
  }
  elements = Math.max(elements, ...types.map(({ shape }) => sizeOf(shape)));
  const enough = elementsWorthCompiling[lower.kind === "reduction" ? "reduction" : "routine"];
  const run = entryOf(signature, elements, enough, () => {
    if (lower.kind === "routine" && (lower.prebuilt?.(inputs, params) ?? null) === null) return null;
    counts.eagerCompilations++;
    const inputTypes = inputs.map(({ shape, dtype }) => strong(shape, dtype));
    return compileJaxpr(singleEquation(primitive, inputTypes, params), "wasm");
  }) as Executable | null | undefined;
  return run === null || run === undefined ? null : run(inputs);
};

// --- All --------------------------------------------------------------------------------------

const accelerators: Partial<Record<Primitive["lower"]["kind"], Accelerator>> = {
  elementwise: runElementwise,
  reduction: (primitive, inputs, params, types) =>
    inputs[0]!.size * itemSize(inputs[0]!.dtype) > largestReduction ? null : runWhole(primitive, inputs, params, types),
  routine: (primitive, inputs, params, types) =>
    primitive.lower.kind === "routine" && primitive.lower.prebuilt !== undefined && primitive.lower.movesOnly !== true
      ? runWhole(primitive, inputs, params, types)
      : null,
};

/** Runs an operation compiled for WebAssembly where that is faster than its `evaluate`; null elsewhere. */
export const runCompiled: Accelerator = (primitive, inputs, params, types) => {
  const accelerate = accelerators[primitive.lower.kind];
  if (accelerate === undefined || findsNumberFaults() || !canRunWasm()) return null;
  try {
    return accelerate(primitive, inputs, params, types);
  } catch (error) {
    // Arrays of their own may still have the room that the memory of compiled code has not.
    if (error instanceof OutOfMemory || error === workerLost) return null;
    throw error;
  }
};
