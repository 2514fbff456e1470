/** The door of the assembler: a typed encoder for WebAssembly modules. */
export { at, memoryGrow, memorySize, pointerTo } from "./address.ts";
export { AssemblyError } from "./error.ts";
export { call, conditional, select, tee, unreachable } from "./expression.ts";
export { hasRelaxedSimd, hasSimd, hasThreads, hasWasm } from "./features.ts";
export { type FunctionBody, type Signature, type WasmModule, wasmModule } from "./module.ts";
export {
  type Binary,
  type FloatInstructions,
  type IntegerInstructions,
  type Load,
  type Unary,
  f32,
  f64,
  i32,
  i64,
} from "./scalar.ts";
export type { MemoryLimits } from "./sections.ts";
export type { FunctionBuilder, Statements } from "./statements.ts";
export type {
  Address,
  AddressOperand,
  Arguments,
  Expression,
  FunctionReference,
  Global,
  Label,
  Local,
  Operand,
  ParameterLocals,
  ResultType,
  ValueType,
} from "./types.ts";
export {
  type FloatVectorInstructions,
  type LaneInstructions,
  f32x4,
  f64x2,
  i32x4,
  i64x2,
  i8x16,
  v128,
} from "./vector.ts";
