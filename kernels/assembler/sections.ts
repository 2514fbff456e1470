/**
 * The sections of a module as they fill, and their order in the binary format.
 * Every section is a list: its entries are written as they are made, their number in front of them at the end.
 * Source: WebAssembly core specification 2.0, section 5.5 (modules); appendix A.4 for the name section.
 */
import { type ByteWriter, byteWriter, writeByte, writeBytes, writeName, writeUnsigned, writtenBytes } from "./bytes.ts";
import { AssemblyError } from "./error.ts";
import type { FunctionBuilder, FunctionState } from "./statements.ts";
import { type FunctionReference, type ResultType, type ValueType, valueTypeCode } from "./types.ts";

/** Size of a memory in pages of 65,536 bytes; a shared memory needs a maximum. */
export interface MemoryLimits {
  readonly initial: number;
  readonly maximum?: number;
  readonly shared?: boolean;
}

/** A list section or vector being filled: how many entries, and their bytes. */
interface Entries {
  count: number;
  readonly writer: ByteWriter;
}

interface OwnFunction {
  readonly reference: FunctionReference;
  readonly typeIndex: number;
  /** Where its code lies in the buffer of bodies; -1 until it is defined. */
  start: number;
  end: number;
}

/** Where a function is written, used again once it is done. */
export interface Draft {
  readonly state: FunctionState;
  readonly builder: FunctionBuilder<ResultType>;
}

/** A module being written. */
export interface ModuleState {
  readonly types: Entries;
  readonly typeIndices: Map<string, number>;
  readonly imports: Entries;
  readonly importedFunctions: FunctionReference[];
  readonly functions: OwnFunction[];
  readonly memories: Entries;
  readonly globals: Entries;
  readonly exports: Entries;
  readonly exportedNames: Set<string>;
  readonly bodies: ByteWriter;
  /** Drafts that no function is being written in, kept for the next one. */
  readonly spareDrafts: Draft[];
  hasMemory: boolean;
}

/** Kinds of imports and exports. */
export const exportKind = { function: 0, memory: 2, global: 3 } as const;

function entries(): Entries {
  return { count: 0, writer: byteWriter(64) };
}

/** A module without contents. */
export function emptyModule(): ModuleState {
  return {
    types: entries(),
    typeIndices: new Map(),
    imports: entries(),
    importedFunctions: [],
    functions: [],
    memories: entries(),
    globals: entries(),
    exports: entries(),
    exportedNames: new Set(),
    bodies: byteWriter(4096),
    spareDrafts: [],
    hasMemory: false,
  };
}

/** The index of the type of these functions; equal signatures share one. */
export function typeIndex(state: ModuleState, params: readonly ValueType[], result: ResultType): number {
  const key = `${params.join()}:${result}`;
  const known = state.typeIndices.get(key);
  if (known !== undefined) return known;
  const { types, typeIndices } = state;
  writeByte(types.writer, 0x60);
  writeUnsigned(types.writer, params.length);
  for (const type of params) writeByte(types.writer, valueTypeCode[type]);
  writeUnsigned(types.writer, result === "none" ? 0 : 1);
  if (result !== "none") writeByte(types.writer, valueTypeCode[result]);
  typeIndices.set(key, types.count);
  return types.count++;
}

/** Adds an export; names are unique. */
export function writeExport(state: ModuleState, name: string, kind: number, index: number): void {
  if (state.exportedNames.has(name))
    throw new AssemblyError(`two exports are called ${name}; give one of them another name.`);
  state.exportedNames.add(name);
  state.exports.count++;
  writeName(state.exports.writer, name);
  writeByte(state.exports.writer, kind);
  writeUnsigned(state.exports.writer, index);
}

/** Appends the size of a memory. */
export function writeLimits(writer: ByteWriter, { initial, maximum, shared = false }: MemoryLimits): void {
  if (shared && maximum === undefined) {
    throw new AssemblyError(`a shared memory of ${initial} pages was asked for without a maximum; give one.`);
  }
  writeByte(writer, (maximum === undefined ? 0 : 1) | (shared ? 2 : 0));
  writeUnsigned(writer, initial);
  if (maximum !== undefined) writeUnsigned(writer, maximum);
}

/** Starts an import; what it is follows. */
export function writeImport({ imports }: ModuleState, from: string, name: string, kind: number): void {
  imports.count++;
  writeName(imports.writer, from);
  writeName(imports.writer, name);
  writeByte(imports.writer, kind);
}

function writeSection(target: ByteWriter, id: number, { count, writer }: Entries): void {
  if (count === 0) return;
  const header = byteWriter(8);
  writeUnsigned(header, count);
  writeByte(target, id);
  writeUnsigned(target, header.length + writer.length);
  writeBytes(target, header.bytes.subarray(0, header.length));
  writeBytes(target, writer.bytes.subarray(0, writer.length));
}

function functionSection({ functions }: ModuleState): Entries {
  const section: Entries = { count: functions.length, writer: byteWriter() };
  for (const own of functions) writeUnsigned(section.writer, own.typeIndex);
  return section;
}

function codeSection({ functions, bodies }: ModuleState): Entries {
  const section: Entries = { count: functions.length, writer: byteWriter(bodies.length + 3 * functions.length + 16) };
  for (const { reference, start, end } of functions) {
    if (start < 0)
      throw new AssemblyError(`${reference.name} is declared but not defined; define it before assembling.`);
    writeUnsigned(section.writer, end - start);
    writeBytes(section.writer, bodies.bytes.subarray(start, end));
  }
  return section;
}

/** The custom section "name", subsection 1: function index and name of every function. */
function writeNameSection(target: ByteWriter, { importedFunctions, functions }: ModuleState): void {
  const references = [...importedFunctions, ...functions.map((own) => own.reference)];
  const names = byteWriter();
  writeUnsigned(names, references.length);
  for (const { index, name } of references) {
    writeUnsigned(names, index);
    writeName(names, name);
  }
  const section = byteWriter(names.length + 16);
  writeName(section, "name");
  writeByte(section, 1);
  writeUnsigned(section, names.length);
  writeBytes(section, names.bytes.subarray(0, names.length));
  writeByte(target, 0);
  writeUnsigned(target, section.length);
  writeBytes(target, section.bytes.subarray(0, section.length));
}

/** The module in binary form; throws if a declared function was not defined. */
export function assemble(state: ModuleState, names: boolean): Uint8Array<ArrayBuffer> {
  const target = byteWriter(state.bodies.length + 1024);
  writeBytes(target, [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  writeSection(target, 1, state.types);
  writeSection(target, 2, state.imports);
  writeSection(target, 3, functionSection(state));
  writeSection(target, 5, state.memories);
  writeSection(target, 6, state.globals);
  writeSection(target, 7, state.exports);
  writeSection(target, 10, codeSection(state));
  if (names) writeNameSection(target, state);
  return writtenBytes(target);
}
