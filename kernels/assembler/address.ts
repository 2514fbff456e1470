/**
 * Address arithmetic: base + index * stride + offset, constants folded into the offset immediate of loads and stores;
 * and the size of memory.
 * An effective address is the unsigned 32-bit pointer plus the offset, without wrapping: a pointer part below zero traps
 * even if the offset would make up for it. Hence only constants given as such are folded, never sums found in expressions.
 * Source: WebAssembly core specification 2.0, section 4.4.7.
 */
import { AssemblyError } from "./error.ts";
import { node, operandOf } from "./expression.ts";
import { core, scalarBase, integerBinary } from "./opcodes.ts";
import type { Address, AddressOperand, Expression, Operand, ValueType } from "./types.ts";

const add: number = scalarBase.i32.binary + integerBinary.add;
const mul: number = scalarBase.i32.binary + integerBinary.mul;
const shl: number = scalarBase.i32.binary + integerBinary.shl;

function constantValue(operand: Operand<"i32">): number | undefined {
  if (typeof operand === "number") return operand;
  return operand.opcode === core.i32_const ? (operand.immediate as number) : undefined;
}

const zero: Expression<"i32"> = operandOf("i32", 0, "address");

function addressOf(operand: AddressOperand): Address {
  if (typeof operand === "object" && "pointer" in operand) return operand;
  const value = constantValue(operand);
  return value === undefined
    ? { pointer: operandOf("i32", operand, "address"), offset: 0 }
    : { pointer: zero, offset: value };
}

function scaled(index: Expression<"i32">, stride: number): Expression<"i32"> {
  if (stride === 1) return index;
  const exponent = 31 - Math.clz32(stride);
  return 2 ** exponent === stride
    ? node("i32", shl, [index, operandOf("i32", exponent, "stride")])
    : node("i32", mul, [index, operandOf("i32", stride, "stride")]);
}

function sum(left: Expression<"i32">, right: Expression<"i32">): Expression<"i32"> {
  return left === zero ? right : node("i32", add, [left, right]);
}

/**
 * The address base + index * stride + offset.
 * @param base    bytes: an expression, a literal, or another address
 * @param index   elements: an expression or a literal
 * @param stride  bytes per element, an integer
 * @param offset  bytes, an integer of either sign
 * @returns       an address whose constant part costs no instruction; the part that is not constant must not be negative
 */
export function at(base: AddressOperand, index: Operand<"i32"> = 0, stride = 1, offset = 0): Address {
  if (!Number.isInteger(stride) || !Number.isInteger(offset)) {
    throw new AssemblyError(
      `an address was asked for stride ${stride} and offset ${offset}; both must be whole bytes.`,
    );
  }
  const start = addressOf(base);
  const value = constantValue(index);
  if (value !== undefined) return { pointer: start.pointer, offset: start.offset + value * stride + offset };
  const step = scaled(operandOf("i32", index, "index of address"), stride);
  return { pointer: sum(start.pointer, step), offset: start.offset + offset };
}

/** The address as a number of bytes, for arithmetic or as an argument. */
export function pointerTo(address: AddressOperand): Expression<"i32"> {
  const { pointer, offset } = addressOf(address);
  if (pointer === zero) return operandOf("i32", offset, "address");
  return offset === 0 ? pointer : sum(pointer, operandOf("i32", offset, "address"));
}

/** An access to memory: the pointer to push, and the encoded alignment and offset. */
export interface MemoryAccess {
  readonly pointer: Expression<ValueType>;
  readonly immediate: readonly number[];
}

/**
 * The access to `address + offset`, aligned to 2^alignment bytes (a hint: wrong guesses cost time, not correctness).
 * @param lane  lane index, for loads and stores of one lane
 * @throws AssemblyError  the constant part of the address lies outside the 32-bit address space
 */
export function memoryAccess(address: AddressOperand, offset: number, alignment: number, lane?: number): MemoryAccess {
  const start = addressOf(address);
  let rest = start.offset + offset;
  if (!Number.isInteger(rest) || rest >= 2 ** 32) {
    throw new AssemblyError(
      `a memory access was asked for offset ${rest}; it must be a whole number of bytes below 2^32.`,
    );
  }
  let { pointer } = start;
  if (rest < 0) {
    pointer = pointerTo({ pointer, offset: rest });
    rest = 0;
  }
  const immediate = [alignment];
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) immediate.push((rest & 0x7f) | 0x80);
  immediate.push(rest);
  if (lane !== undefined) immediate.push(lane);
  return { pointer, immediate };
}

/** Size of the memory in pages of 65,536 bytes. */
export function memorySize(): Expression<"i32"> {
  return node("i32", core.memory_size, [], [0]);
}

/** Grows the memory by `pages`; its value is the size before, or -1 if that failed. */
export function memoryGrow(pages: Operand<"i32">): Expression<"i32"> {
  return node("i32", core.memory_grow, [operandOf("i32", pages, "memory.grow")], [0]);
}
