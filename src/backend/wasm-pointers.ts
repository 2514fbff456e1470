/**
 * Addresses of a nest: accesses with the same strides share a pointer that moves with the loops; buffers differ by
 * constant offsets. A loop moves copies of the pointers that its counter moves, so the outer ones stay where they are.
 */
import { i32 } from "../../kernels/assembler/index.ts";
import type { Expression, FunctionBuilder, Local } from "../../kernels/assembler/index.ts";
import { InvalidJaxpr } from "../error.ts";
import { itemSize } from "../array/dtype.ts";
import { accessesOf } from "../compile/kernel-ir.ts";
import type { Access, Nest, Statement } from "../compile/kernel-ir.ts";

type Builder = FunctionBuilder<"none">;

interface Pointer {
  /** Bytes it moves by, by counter. */
  readonly steps: ReadonlyMap<number, number>;
  /** Constant bytes in the pointer itself: where strides are negative, the pointer must never fall below zero. */
  readonly start: number;
}

/** A loop as far as pointers are concerned. */
export interface Moving {
  readonly counter: number;
  readonly body: readonly Statement[];
}

export interface Pointers {
  /** Pointer and constant offset of an access, `ahead` elements further along `counter` if that moves it. */
  readonly addressOf: (access: Access, counter?: number, ahead?: number) => readonly [Expression<"i32">, number];
  /** Runs `inside` with pointers of its own, which `advance(rounds)` moves along the counter. */
  readonly moving: (loop: Moving, inside: (advance: (rounds: number) => void) => void) => void;
}

/** Bytes between neighbours along every counter, as text: accesses that are equal here share a pointer. */
const strideKey = ({ dtype, strides }: Access): string =>
  strides.map(({ counter, stride }) => `${counter}:${stride * itemSize(dtype)}`).join(" ");

const isDescending = ({ strides }: Access): boolean => strides.some(({ stride }) => stride < 0);

/** Elements between neighbours along the counter. */
export const strideAlong = (access: Access, counter: number): number =>
  access.strides.find((term) => term.counter === counter)?.stride ?? 0;

/** @param offsets  byte offset of every buffer in the frame */
export const pointersOf = (f: Builder, base: Local<"i32">, nest: Nest, offsets: readonly number[]): Pointers => {
  const place = ({ buffer, dtype, offset }: Access): number => {
    if (offsets[buffer]! < 0)
      throw new InvalidJaxpr(
        "compilation of a nest",
        `buffer ${buffer} has no place`,
        "Report this: the buffer plan missed it",
      );
    return offsets[buffer]! + offset * itemSize(dtype);
  };
  const keyOf = (access: Access): string =>
    isDescending(access) ? `${strideKey(access)} from ${place(access)}` : strideKey(access);
  const pointers = new Map<string, Pointer>();
  for (const access of accessesOf(nest.body)) {
    const steps = new Map(access.strides.map(({ counter, stride }) => [counter, stride * itemSize(access.dtype)]));
    pointers.set(keyOf(access), { steps, start: isDescending(access) ? place(access) : 0 });
  }
  const current = new Map<string, Expression<"i32">>();
  for (const [key, { start }] of pointers)
    current.set(key, start === 0 ? base : f.hold(i32.add(base, i32.const(start))));
  return {
    addressOf: (access, counter = -1, ahead = 0) => {
      const pointer = current.get(keyOf(access))!;
      const bytes = ahead * strideAlong(access, counter) * itemSize(access.dtype);
      if (isDescending(access)) return bytes === 0 ? [pointer, 0] : [i32.add(pointer, i32.const(bytes)), 0];
      return [pointer, place(access) + bytes];
    },
    moving: ({ counter, body }, inside) => {
      const keys = [...new Set(accessesOf(body).map(keyOf))].filter((key) => pointers.get(key)!.steps.has(counter));
      const outer = keys.map((key) => current.get(key)!);
      const own = outer.map((pointer) => f.hold(pointer));
      keys.forEach((key, k) => current.set(key, own[k]!));
      inside((rounds) =>
        keys.forEach((key, k) =>
          f.set(own[k]!, i32.add(own[k]!, i32.const(rounds * pointers.get(key)!.steps.get(counter)!))),
        ),
      );
      keys.forEach((key, k) => current.set(key, outer[k]!));
    },
  };
};
