/**
 * A WebAssembly module: imports, functions, one memory, globals, exports, and its bytes.
 * Functions are numbered as they are declared, imports before all others.
 * Source: WebAssembly core specification 2.0, section 2.5 (modules).
 */
import { type ByteWriter, byteWriter, writeByte, writeBytes, writeUnsigned } from "./bytes.ts";
import { AssemblyError } from "./error.ts";
import { constant, noOperands, node, operandOf, writeExpression } from "./expression.ts";
import { core } from "./opcodes.ts";
import {
  type Draft,
  type MemoryLimits,
  type ModuleState,
  assemble,
  emptyModule,
  exportKind,
  typeIndex,
  writeExport,
  writeImport,
  writeLimits,
} from "./sections.ts";
import { type FunctionBuilder, type FunctionState, functionBuilder } from "./statements.ts";
import {
  type FunctionReference,
  type Global,
  type Local,
  type Operand,
  type ParameterLocals,
  type ResultType,
  type ValueType,
  valueTypeCode,
} from "./types.ts";

/** Parameters and result of a function; `export: true` exports it under its own name. */
export interface Signature<P extends readonly ValueType[], R extends ResultType> {
  readonly params: P;
  readonly result?: R;
  readonly export?: boolean;
}

/** Writes the statements of a function; what it returns is the result of the function. */
export type FunctionBody<P extends readonly ValueType[], R extends ResultType> = (
  f: FunctionBuilder<R>,
  ...parameters: ParameterLocals<P>
) => R extends ValueType ? Operand<R> : void;

/** A module being written. */
export interface WasmModule {
  /** Imports a function; imports come before the first function of the module's own. */
  readonly importFunction: <const P extends readonly ValueType[], R extends ResultType = "none">(
    from: string,
    name: string,
    params: P,
    result?: R,
  ) => FunctionReference<P, R>;
  /** Imports the memory; a module has one, imported or its own. */
  readonly importMemory: (from: string, name: string, limits: MemoryLimits) => void;
  /** Makes the module's own memory and exports it under `name`. */
  readonly exportMemory: (name: string, limits: MemoryLimits) => void;
  /** A mutable variable of the instance, exported if it is given a name. */
  readonly global: <T extends "i32" | "i64" | "f32" | "f64">(
    type: T,
    initial: T extends "i64" ? bigint : number,
    exportedAs?: string,
  ) => Global<T>;
  /** A function to be written later, so that it can be called before. */
  readonly declare: <const P extends readonly ValueType[], R extends ResultType = "none">(
    name: string,
    signature: Signature<P, R>,
  ) => FunctionReference<P, R>;
  /** Writes the body of a declared function, once. */
  readonly define: <P extends readonly ValueType[], R extends ResultType>(
    declared: FunctionReference<P, R>,
    body: FunctionBody<P, R>,
  ) => void;
  /** Declares and defines a function. Other functions may be made while its body is being written. */
  readonly func: <const P extends readonly ValueType[], R extends ResultType = "none">(
    name: string,
    signature: Signature<P, R>,
    body: FunctionBody<P, R>,
  ) => FunctionReference<P, R>;
  /**
   * The module in binary form, for `new WebAssembly.Module`.
   * @param options  names: also write function names, for profilers and stack traces
   * @throws AssemblyError  a declared function was not defined
   */
  readonly assemble: (options?: { readonly names?: boolean }) => Uint8Array<ArrayBuffer>;
}

function claimMemory(state: ModuleState): void {
  if (state.hasMemory)
    throw new AssemblyError("a second memory was asked for; a module here has one, imported or its own.");
  state.hasMemory = true;
}

/** The variables after the parameters, as runs of one type: count, then type. */
function writeLocals(writer: ByteWriter, locals: readonly Local<ValueType>[], parameters: number): void {
  const isRunStart = (i: number): boolean => i === parameters || locals[i]?.type !== locals[i - 1]?.type;
  let runs = 0;
  for (let i = parameters; i < locals.length; i++) if (isRunStart(i)) runs++;
  writeUnsigned(writer, runs);
  for (let start = parameters, i = start + 1; start < locals.length; i++) {
    if (i < locals.length && !isRunStart(i)) continue;
    writeUnsigned(writer, i - start);
    writeByte(writer, valueTypeCode[(locals[start] as Local<ValueType>).type]);
    start = i;
  }
}

/** Somewhere to write a function. */
function newDraft(): Draft {
  const state: FunctionState = { result: "none", writer: byteWriter(1024), locals: [], labels: [{ depth: 0 }] };
  return { state, builder: functionBuilder(state) as FunctionBuilder<ResultType> };
}

function define<P extends readonly ValueType[], R extends ResultType>(
  state: ModuleState,
  declared: FunctionReference<P, R>,
  body: FunctionBody<P, R>,
): void {
  const { index, name, params, result } = declared;
  const own = state.functions[index - state.importedFunctions.length];
  if (own?.reference !== declared) throw new AssemblyError(`${name} is not declared in this module.`);
  if (own.start >= 0) throw new AssemblyError(`${name} is defined already.`);
  const draft = state.spareDrafts.pop() ?? newDraft();
  const { writer, locals, labels } = draft.state;
  draft.state.result = result;
  writer.length = 0;
  labels.length = 1;
  locals.length = 0;
  for (let i = 0; i < params.length; i++)
    locals.push(node(params[i] as ValueType, core.local_get, noOperands, i) as Local<ValueType>);
  const f = draft.builder as FunctionBuilder<R>;
  const value = body(f, ...(locals.slice() as unknown as ParameterLocals<P>)) as Operand<ValueType> | undefined;
  if (result !== "none") {
    if (value === undefined)
      throw new AssemblyError(`the body of ${name} returned nothing; it must return its ${result} result.`);
    writeExpression(writer, operandOf(result as ValueType, value, `result of ${name}`), locals);
  }
  writeByte(writer, core.end);
  own.start = state.bodies.length;
  writeLocals(state.bodies, locals, params.length);
  writeBytes(state.bodies, writer.bytes.subarray(0, writer.length));
  own.end = state.bodies.length;
  state.spareDrafts.push(draft);
}

function declare<P extends readonly ValueType[], R extends ResultType>(
  state: ModuleState,
  name: string,
  signature: Signature<P, R>,
): FunctionReference<P, R> {
  const { params, result = "none" as R } = signature;
  const reference = { name, index: state.importedFunctions.length + state.functions.length, params, result };
  state.functions.push({ reference, typeIndex: typeIndex(state, params, result), start: -1, end: -1 });
  if (signature.export === true) writeExport(state, name, exportKind.function, reference.index);
  return reference;
}

function importFunction<P extends readonly ValueType[], R extends ResultType>(
  state: ModuleState,
  from: string,
  name: string,
  { params, result = "none" as R }: Signature<P, R>,
): FunctionReference<P, R> {
  if (state.functions.length > 0) {
    throw new AssemblyError(`import of ${from}.${name} comes after the first own function; import everything first.`);
  }
  const reference = { name, index: state.importedFunctions.length, params, result };
  writeImport(state, from, name, exportKind.function);
  writeUnsigned(state.imports.writer, typeIndex(state, params, result));
  state.importedFunctions.push(reference);
  return reference;
}

function addGlobal<T extends "i32" | "i64" | "f32" | "f64">(
  state: ModuleState,
  type: T,
  initial: number | bigint,
  exportedAs?: string,
): Global<T> {
  const { count, writer } = state.globals;
  writeByte(writer, valueTypeCode[type]);
  writeByte(writer, 1);
  writeExpression(writer, constant(type, initial), []);
  writeByte(writer, core.end);
  state.globals.count++;
  if (exportedAs !== undefined) writeExport(state, exportedAs, exportKind.global, count);
  return node(type, core.global_get, noOperands, count) as Global<T>;
}

/**
 * An empty module, to be filled and then assembled.
 * Cost: proportional to the number of instructions; about a microsecond for ten of them.
 */
export function wasmModule(): WasmModule {
  const state = emptyModule();
  return {
    importFunction: (from, name, params, result) =>
      importFunction(state, from, name, result === undefined ? { params } : { params, result }),
    importMemory: (from, name, limits) => {
      claimMemory(state);
      writeImport(state, from, name, exportKind.memory);
      writeLimits(state.imports.writer, limits);
    },
    exportMemory: (name, limits) => {
      claimMemory(state);
      writeLimits(state.memories.writer, limits);
      state.memories.count++;
      writeExport(state, name, exportKind.memory, 0);
    },
    global: (type, initial, exportedAs) => addGlobal(state, type, initial, exportedAs),
    declare: (name, signature) => declare(state, name, signature),
    define: (declared, body) => define(state, declared, body),
    func: (name, signature, body) => {
      const reference = declare(state, name, signature);
      define(state, reference, body);
      return reference;
    },
    assemble: (options) => assemble(state, options?.names === true),
  };
}
