/**
 * Expression nodes: making them, checking them, writing them.
 * WebAssembly is a stack machine, so an expression is written in postorder. That is the reverse of (node, then operands
 * from last to first), which one explicit stack produces: an expression may be a million operations deep.
 * Source: WebAssembly core specification 2.0, section 5.4.
 */
import {
  type ByteWriter,
  writeByte,
  writeFloat32,
  writeFloat64,
  writeSigned32,
  writeSigned64,
  writeUnsigned,
} from "./bytes.ts";
import { AssemblyError } from "./error.ts";
import { core } from "./opcodes.ts";
import type {
  Arguments,
  Expression,
  FunctionReference,
  Immediate,
  Local,
  Operand,
  ResultType,
  ValueType,
} from "./types.ts";

/** The operands of a leaf. */
export const noOperands: readonly Expression<ValueType>[] = [];

/** A node of the expression tree; all nodes are made here, so that they share one hidden class. */
export function node<T extends ValueType>(
  type: T,
  opcode: number,
  operands: readonly Expression<ValueType>[] = noOperands,
  immediate: Immediate = undefined,
): Expression<T> {
  return { type, opcode, operands, immediate };
}

const constantOpcode = { i32: core.i32_const, i64: core.i64_const, f32: core.f32_const, f64: core.f64_const } as const;

/**
 * The constant `value` of type i32, i64, f32 or f64.
 * @throws AssemblyError  an i32 that is not an integer in [-2^31, 2^32), or an i64 that is not a bigint in [-2^63, 2^64)
 */
export function constant<T extends "i32" | "i64" | "f32" | "f64">(type: T, value: number | bigint): Expression<T> {
  const fits =
    type === "i32"
      ? Number.isInteger(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 32
      : type === "i64"
        ? typeof value === "bigint" && value >= -(2n ** 63n) && value < 2n ** 64n
        : typeof value === "number";
  if (!fits)
    throw new AssemblyError(
      `${type}.const was asked for ${typeof value} ${value}, which is no ${type}; round or convert it first.`,
    );
  return node(type, constantOpcode[type], noOperands, value);
}

/** The operand as an expression of type `type`; `place` names the asker in the message. */
export function operandOf<T extends ValueType>(type: T, operand: Operand<T>, place: string): Expression<T> {
  if (typeof operand === "object") {
    if (operand.type !== type) {
      throw new AssemblyError(
        `${place} wants an operand of type ${type} but was given ${operand.type}; convert it first.`,
      );
    }
    return operand;
  }
  if (type === "v128")
    throw new AssemblyError(`${place} wants a v128 but was given the literal ${String(operand)}; splat it first.`);
  return constant(type as T & ("i32" | "i64" | "f32" | "f64"), operand as number | bigint) as Expression<T>;
}

/** The arguments of a call as expressions; their number and types must be those of the parameters. */
export function argumentsOf(
  callee: FunctionReference,
  operands: readonly Operand<ValueType>[],
): Expression<ValueType>[] {
  const { name, params } = callee;
  if (operands.length !== params.length) {
    throw new AssemblyError(`call of ${name}: it takes ${params.length} arguments but was given ${operands.length}.`);
  }
  return params.map((type, i) => operandOf(type, operands[i] as Operand<ValueType>, `argument ${i} of ${name}`));
}

/** The result of calling a function that returns a value. A function without result is called by `f.call`. */
export function call<P extends readonly ValueType[], R extends ValueType>(
  callee: FunctionReference<P, R>,
  ...operands: Arguments<P>
): Expression<R> {
  if ((callee.result as ResultType) === "none") {
    throw new AssemblyError(
      `call of ${callee.name}: it has no result to use; write the statement f.call(${callee.name}, ...).`,
    );
  }
  return node(callee.result, core.call, argumentsOf(callee, operands), callee.index);
}

/** Stores the value in a local variable and has that value: (x = value) as an expression. */
export function tee<T extends ValueType>(variable: Local<T>, value: Operand<NoInfer<T>>): Expression<T> {
  return node(variable.type, core.local_tee, [operandOf(variable.type, value, "local.tee")], variable);
}

/** `whenTrue` if the condition is not zero, else `whenFalse`; both are evaluated. */
export function select<T extends ValueType>(
  condition: Operand<"i32">,
  whenTrue: Expression<T>,
  whenFalse: Operand<NoInfer<T>>,
): Expression<T> {
  const { type } = whenTrue;
  const operands = [whenTrue, operandOf(type, whenFalse, "select"), operandOf("i32", condition, "condition of select")];
  return node(type, core.select, operands);
}

const ifMarker: Readonly<Record<ValueType, Expression<ValueType>>> = {
  i32: node("i32", core.if, noOperands, [0x7f]),
  i64: node("i64", core.if, noOperands, [0x7e]),
  f32: node("f32", core.if, noOperands, [0x7d]),
  f64: node("f64", core.if, noOperands, [0x7c]),
  v128: node("v128", core.if, noOperands, [0x7b]),
};
const elseMarker: Expression<"i32"> = node("i32", core.else);

/** `whenTrue` if the condition is not zero, else `whenFalse`; only the one chosen is evaluated. */
export function conditional<T extends ValueType>(
  condition: Operand<"i32">,
  whenTrue: Expression<T>,
  whenFalse: Operand<NoInfer<T>>,
): Expression<T> {
  const { type } = whenTrue;
  const test = operandOf("i32", condition, "condition");
  return node(type, core.end, [test, ifMarker[type], whenTrue, elseMarker, operandOf(type, whenFalse, "conditional")]);
}

/** An expression of any type that traps when it is evaluated. */
export function unreachable<T extends ValueType>(type: T): Expression<T> {
  return node(type, core.unreachable);
}

/** Appends an opcode: one byte, or prefix and number. */
export function writeOpcode(writer: ByteWriter, opcode: number): void {
  if (opcode <= 0xff) return writeByte(writer, opcode);
  writeByte(writer, opcode >>> 16);
  writeUnsigned(writer, opcode & 0xffff);
}

/** Nodes that may stay referenced after a call. */
const keptNodes = 1024;
/** Stack of nodes still to visit, and the nodes visited; reused between calls, as emptying and refilling an array costs more. */
const pending: Expression<ValueType>[] = [];
const reversePostorder: Expression<ValueType>[] = [];

/**
 * Appends the instructions of an expression.
 * @param locals  the local variables of the function being written, by index
 * @throws AssemblyError  the expression reads a local variable of another function
 */
export function writeExpression(
  writer: ByteWriter,
  root: Expression<ValueType>,
  locals: readonly Local<ValueType>[],
): void {
  if (root.operands.length === 0) return writeNode(writer, root, locals);
  let height = 1;
  let count = 0;
  pending[0] = root;
  while (height > 0) {
    const next = pending[--height] as Expression<ValueType>;
    reversePostorder[count++] = next;
    const { operands } = next;
    for (let i = 0; i < operands.length; i++) pending[height++] = operands[i] as Expression<ValueType>;
  }
  while (count > 0) writeNode(writer, reversePostorder[--count] as Expression<ValueType>, locals);
  if (reversePostorder.length > keptNodes) pending.length = reversePostorder.length = 0;
}

function writeNode(writer: ByteWriter, next: Expression<ValueType>, locals: readonly Local<ValueType>[]): void {
  const { opcode, immediate } = next;
  writeOpcode(writer, opcode);
  if (immediate === undefined) return;
  switch (opcode) {
    case core.local_get:
      requireOwn(next as Local<ValueType>, locals);
      return writeUnsigned(writer, immediate as number);
    case core.local_tee:
      requireOwn(immediate as Local<ValueType>, locals);
      return writeUnsigned(writer, (immediate as Local<ValueType>).immediate);
    case core.i32_const:
      return writeSigned32(writer, immediate as number);
    case core.i64_const:
      return writeSigned64(writer, immediate as bigint);
    case core.f32_const:
      return writeFloat32(writer, immediate as number);
    case core.f64_const:
      return writeFloat64(writer, immediate as number);
    default:
      if (typeof immediate === "number") writeUnsigned(writer, immediate);
      else for (const byte of immediate as readonly number[]) writeByte(writer, byte);
  }
}

/** Throws unless the variable was made by the function whose variables are `locals`. */
export function requireOwn(variable: Local<ValueType>, locals: readonly Local<ValueType>[]): void {
  if (locals[variable.immediate] !== variable) {
    throw new AssemblyError(
      `local ${variable.immediate} of type ${variable.type} belongs to another function; pass its value as an argument.`,
    );
  }
}
