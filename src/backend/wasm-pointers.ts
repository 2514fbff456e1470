/**
 * Addresses of a nest: accesses with the same strides share a pointer that moves with the loops; buffers differ by
 * constant offsets. A loop moves copies of the pointers that its counter moves, so the outer ones stay where they are.
 */
import { i32 } from "../../kernels/assembler/index.ts";
import type { Expression, FunctionBuilder, Local } from "../../kernels/assembler/index.ts";
import { InvalidJaxpr } from "../error.ts";
import { itemSize } from "../array/dtype.ts";
import { pointerBytes } from "../compile/buffer-plan.ts";
import type { BufferPlan } from "../compile/buffer-plan.ts";
import { accessesOf, strideAlong } from "../compile/kernel-ir.ts";
import type { Access, Nest, Statement } from "../compile/kernel-ir.ts";

type Builder = FunctionBuilder<"none">;

/** What the places of a buffer count from: the frame, or the pointer to the buffer at the head of the frame. */
const originOf = ({ slots }: BufferPlan, base: Local<"i32">, buffer: number): Expression<"i32"> =>
  slots[buffer]! < 0 ? base : i32.load(base, pointerBytes * slots[buffer]!);

/** Where a buffer begins. */
export const addressIn = (plan: BufferPlan, base: Local<"i32">, buffer: number): Expression<"i32"> => {
  const origin = originOf(plan, base, buffer);
  const offset = Math.max(0, plan.offsets[buffer]!);
  return offset === 0 ? origin : i32.add(origin, i32.const(offset));
};

interface Pointer {
  /** Bytes it moves by, by counter. */
  readonly steps: ReadonlyMap<number, number>;
  /** The frame, or where the buffer lies if that is elsewhere. */
  readonly origin: Expression<"i32">;
  /** Constant bytes in the pointer itself: where strides are negative, the pointer must never fall below zero. */
  readonly start: number;
}

/** A loop as far as pointers are concerned. */
export interface Moving {
  readonly counter: number;
  readonly body: readonly Statement[];
}

/** Rounds by which counters are ahead. */
export type Ahead = readonly (readonly [counter: number, rounds: number])[];

export interface Pointers {
  /** Pointer and constant offset of an access, some rounds ahead of the pointers. */
  readonly addressOf: (access: Access, ahead?: Ahead) => readonly [Expression<"i32">, number];
  /** Runs `inside` with pointers of its own, which `advance(rounds)` moves along the counter. */
  readonly moving: (loop: Moving, inside: (advance: (rounds: number) => void) => void) => void;
}

/** Bytes between neighbours along every counter, as text: accesses that are equal here share a pointer. */
const strideKey = ({ dtype, strides }: Access): string =>
  strides.map(({ counter, stride }) => `${counter}:${stride * itemSize(dtype)}`).join(" ");

const isDescending = ({ strides }: Access): boolean => strides.some(({ stride }) => stride < 0);

export const pointersOf = (f: Builder, base: Local<"i32">, nest: Nest, plan: BufferPlan): Pointers => {
  const { offsets, slots } = plan;
  /** Bytes from the frame, or from what the buffer's pointer says, to the first element of the access. */
  const place = ({ buffer, dtype, offset }: Access): number => {
    if (offsets[buffer]! < 0 && slots[buffer]! < 0)
      throw new InvalidJaxpr(
        "compilation of a nest",
        `buffer ${buffer} has no place`,
        "Report this: the buffer plan missed it",
      );
    return Math.max(0, offsets[buffer]!) + offset * itemSize(dtype);
  };
  const keyOf = (access: Access): string => {
    const key = slots[access.buffer]! < 0 ? strideKey(access) : `pointer ${slots[access.buffer]} ${strideKey(access)}`;
    return isDescending(access) ? `${key} from ${place(access)}` : key;
  };
  const pointers = new Map<string, Pointer>();
  for (const access of accessesOf(nest.body)) {
    const steps = new Map(access.strides.map(({ counter, stride }) => [counter, stride * itemSize(access.dtype)]));
    pointers.set(keyOf(access), {
      steps,
      origin: originOf(plan, base, access.buffer),
      start: isDescending(access) ? place(access) : 0,
    });
  }
  const current = new Map<string, Expression<"i32">>();
  for (const [key, { origin, start }] of pointers) {
    const first = start === 0 ? origin : i32.add(origin, i32.const(start));
    current.set(key, first === base ? base : f.hold(first));
  }
  return {
    addressOf: (access, ahead = []) => {
      const pointer = current.get(keyOf(access))!;
      const elements = ahead.reduce((sum, [counter, rounds]) => sum + rounds * strideAlong(access, counter), 0);
      const bytes = elements * itemSize(access.dtype);
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
