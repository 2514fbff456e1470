/**
 * Householder reflections t := t - tau v (v' t), one after the other, on one or two strips of columns. What a reflection takes
 * off and what the next one needs of the result are one pass over the strips, so that each entry is read and written once a
 * reflection. Vectors v are columns of strips too; the 1 they begin with is not stored.
 * Order: t_k, then v_i t_i with growing i, are added up, and the sum is multiplied by tau.
 */
import { at, f64, f64x2, i32, v128 } from "../assembler/index.ts";
import type { Address, Expression, FunctionBuilder, FunctionReference, Local, WasmModule } from "../assembler/index.ts";
import { integers, zeros } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { entryBytes } from "./strips.ts";

const { add, sub, mul } = i32;

/** Bytes of the sums of two strips, times tau. */
export const weightBytes = 64;

/** What a pass does: take off the reflection before, sum for the next one, or both, its vector beginning a row below or above. */
type Kind = "sum" | "subtract" | "forwards" | "backwards";

/** (count, previous, next, strip, distance, weights, scale): `count` rows from the first that is touched; addresses of these rows. */
type Pass = FunctionReference<Integers<7>, "none">;

type Builder = FunctionBuilder<"none">;
type Factor = Local<"v128"> | null | undefined;

const passFunction = (module: WasmModule, kind: Kind, width: 1 | 2): Pass =>
  module.func(
    `${kind}${width}`,
    { params: integers(7) },
    (f, count, previous, next, strip, distance, weights, scale) => {
      const isSubtracting = kind !== "sum";
      const isSumming = kind !== "subtract";
      const starts = width === 1 ? [strip] : [strip, f.hold(add(strip, distance))];
      const parts = Array.from({ length: 2 * width }, (_, part) => ({
        taken: isSubtracting ? f.hold(v128.load(at(weights, part, 16))) : zeros,
        sum: f.hold(zeros),
        place: (rows: readonly Local<"i32">[], index: number): Address =>
          at(rows[part >> 1]!, 2 * index + (part % 2), 16),
      }));
      /** Both steps on one row, part by part, since there are few registers; a factor of null is one, and of undefined none. */
      const visitRow = (rows: readonly Local<"i32">[], index: number, before: Factor, after: Factor): void => {
        for (const { taken, sum, place } of parts) {
          const value = f.hold(v128.load(place(rows, index)));
          if (before !== undefined) {
            f.set(value, f64x2.sub(value, before === null ? taken : f64x2.mul(before, taken)));
            f.store(place(rows, index), value);
          }
          if (after !== undefined) f.set(sum, after === null ? value : f64x2.add(sum, f64x2.mul(after, value)));
        }
      };
      const factorAt = (vector: Local<"i32">, index: number): Local<"v128"> =>
        f.hold(v128.load64_splat(at(vector, index, entryBytes)));
      const head = kind === "forwards" || kind === "backwards" ? 2 : 1;
      visitRow(
        starts,
        0,
        kind === "subtract" || kind === "forwards" ? null : undefined,
        kind === "sum" || kind === "backwards" ? null : undefined,
      );
      if (kind === "forwards") visitRow(starts, 1, factorAt(previous, 1), null);
      if (kind === "backwards") visitRow(starts, 1, null, factorAt(next, 1));
      const shift = f.hold(i32.const(head * entryBytes));
      f.for(f.local("i32"), head, count, 1, () => {
        const before = isSubtracting ? factorAt(f.hold(add(previous, shift)), 0) : undefined;
        const after = isSumming ? factorAt(f.hold(add(next, shift)), 0) : undefined;
        const rows = starts.map((start) => f.hold(add(start, shift)));
        visitRow(rows, 0, before, after);
        f.set(shift, add(shift, entryBytes));
      });
      if (!isSumming) return;
      const tau = f.hold(v128.load64_splat(scale));
      parts.forEach(({ sum }, part) => f.store(at(weights, part, 16), f64x2.mul(sum, tau)));
    },
  );

/** (from, to, rows, vectors, scales, strip, distance, weights): reflections from..to-1 on the strips at `strip`. */
export type Reflect = FunctionReference<Integers<8>, "none">;

/**
 * Reflections with growing numbers, or with falling ones. Those with tau = 0 are left out. The strips of the vectors, and the
 * strips that they are applied to, lie `distance` bytes apart.
 */
export const reflections = (module: WasmModule, order: "forwards" | "backwards", width: 1 | 2): Reflect => {
  const [begin, both, end] = [
    passFunction(module, "sum", width),
    passFunction(module, order, width),
    passFunction(module, "subtract", width),
  ];
  const before = order === "forwards" ? -1 : 1;
  return module.func(
    `reflect${order}${width}`,
    { params: integers(8) },
    (f: Builder, from, to, rows, vectors, scales, strip, distance, weights) => {
      const columnOf = (k: Expression<"i32">): Expression<"i32"> =>
        add(add(vectors, mul(i32.shr_u(k, 2), distance)), mul(i32.and(k, 3), 8));
      const call = (
        pass: Pass,
        first: Expression<"i32">,
        previous: Expression<"i32">,
        next: Expression<"i32">,
      ): void => {
        const shift = f.hold(mul(first, entryBytes));
        const [own, other] = [previous, next].map((k) => add(columnOf(k), shift));
        f.call(pass, sub(rows, first), own!, other!, add(strip, shift), distance, weights, add(scales, mul(next, 8)));
      };
      const isOpen = f.local("i32");
      const visit = (k: Local<"i32">): void => {
        const last = add(k, before);
        f.if(
          f64.eq(f64.load(add(scales, mul(k, 8))), 0),
          () => {
            f.if(isOpen, () => call(end, last, last, last));
            f.set(isOpen, 0);
          },
          () => {
            f.if(
              isOpen,
              () => call(both, order === "forwards" ? last : k, last, k),
              () => call(begin, k, k, k),
            );
            f.set(isOpen, 1);
          },
        );
      };
      const k = f.local("i32");
      if (order === "forwards") f.for(k, from, to, 1, () => visit(k));
      else f.for(k, sub(to, 1), sub(from, 1), -1, () => visit(k));
      const last = order === "forwards" ? sub(to, 1) : from;
      f.if(isOpen, () => call(end, last, last, last));
    },
  );
};
