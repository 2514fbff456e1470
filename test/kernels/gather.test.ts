/**
 * Laws of the layout kernels: each equals its index-by-index definition on every small shape.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type AxisPadding,
  broadcastTo,
  concatenate,
  iota,
  padInterior,
  padShape,
  permute,
  reverse,
  sliceShape,
  sliceStrided,
} from "../../kernels/gather.ts";
import { elementCount } from "../../kernels/numeric-array.ts";
import { allShapes, counting, flatIndex, indicesOf, permutations, subsets } from "./arrays.ts";

const shapes = allShapes(3, 3);

test("permute moves element i to the permuted index, for every permutation of every small shape", () => {
  for (const shape of shapes) {
    const source = counting(elementCount(shape));
    for (const permutation of permutations([...shape.keys()])) {
      const outShape = permutation.map((axis) => shape[axis]!);
      const out = new Float64Array(source.length);
      permute(source, shape, permutation, out);
      const expected = new Float64Array(source.length);
      for (const index of indicesOf(shape)) {
        expected[
          flatIndex(
            permutation.map((axis) => index[axis]!),
            outShape,
          )
        ] = source[flatIndex(index, shape)]!;
      }
      expect(out).toEqual(expected);
    }
  }
});

test("permute by the inverse permutation restores arrays larger than a cache tile", () => {
  fc.assert(
    fc.property(
      fc
        .array(fc.integer({ min: 1, max: 37 }), { minLength: 2, maxLength: 4 })
        .filter((shape) => elementCount(shape) < 5e4),
      fc.infiniteStream(fc.nat()),
      (shape, stream) => {
        const permutation = [...shape.keys()]
          .map((axis): [number, number] => [stream.next().value as number, axis])
          .toSorted(([a], [b]) => a - b)
          .map(([, axis]) => axis);
        const source = counting(elementCount(shape));
        const moved = new Float64Array(source.length);
        permute(source, shape, permutation, moved);
        const restored = new Float64Array(source.length);
        permute(
          moved,
          permutation.map((axis) => shape[axis]!),
          [...shape.keys()].map((axis) => permutation.indexOf(axis)),
          restored,
        );
        expect(restored).toEqual(source);
      },
    ),
    { numRuns: 40 },
  );
});

test("broadcastTo repeats axes of length one and inserts missing axes", () => {
  for (const outShape of shapes) {
    for (const axes of subsets(outShape.length)) {
      for (const kept of subsets(axes.length)) {
        const shape = axes.map((axis, k) => (kept.includes(k) ? outShape[axis]! : 1));
        const source = counting(elementCount(shape));
        const out = new Float64Array(elementCount(outShape));
        broadcastTo(source, shape, axes, outShape, out);
        const expected = indicesOf(outShape).map(
          (index) =>
            source[
              flatIndex(
                axes.map((axis, k) => (shape[k] === 1 ? 0 : index[axis]!)),
                shape,
              )
            ]!,
        );
        expect([...out]).toEqual(expected);
      }
    }
  }
});

test("sliceStrided picks start, start + stride, .. below limit", () => {
  for (const shape of allShapes(2, 3)) {
    const source = counting(elementCount(shape));
    const choices = shape.map((length) =>
      indicesOf([length + 1, length + 1, 2]).filter(([start, limit]) => start! <= limit!),
    );
    for (const picks of indicesOf(choices.map((choice) => choice.length))) {
      const chosen = picks.map((pick, axis) => choices[axis]![pick]!);
      const bounds = {
        start: chosen.map(([start]) => start!),
        limit: chosen.map(([, limit]) => limit!),
        stride: chosen.map(([, , step]) => step! + 1),
      };
      const outShape = sliceShape(bounds);
      const out = new Float64Array(elementCount(outShape));
      sliceStrided(source, shape, bounds, out);
      const expected = indicesOf(shape)
        .filter((index) =>
          index.every(
            (k, axis) =>
              k >= bounds.start[axis]! &&
              k < bounds.limit[axis]! &&
              (k - bounds.start[axis]!) % bounds.stride[axis]! === 0,
          ),
        )
        .map((index) => source[flatIndex(index, shape)]!);
      expect([...out]).toEqual(expected);
    }
  }
});

/** One axis padded by the definition: interior first, then the ends by adding or dropping elements. */
function padLine(line: readonly number[], value: number, [low, high, interior]: AxisPadding): number[] {
  const spread = line.flatMap((element, k) =>
    k === 0 ? [element] : [...new Array<number>(interior).fill(value), element],
  );
  const before = low < 0 ? spread.slice(-low) : [...new Array<number>(low).fill(value), ...spread];
  return high < 0 ? before.slice(0, before.length + high) : [...before, ...new Array<number>(high).fill(value)];
}

test("padInterior spreads, then adds or crops, on every short line", () => {
  for (let length = 0; length <= 4; length += 1) {
    const line = [...counting(length)];
    for (const [low, high, interior] of indicesOf([8, 8, 3]).map(([a, b, c]): AxisPadding => [a! - 4, b! - 4, c!])) {
      const [outLength] = padShape([length], [[low, high, interior]]);
      // Cropping more than there is on one side is outside the definition when the ends cross.
      if (outLength! < 0) continue;
      const out = new Float64Array(outLength!);
      padInterior(Float64Array.from(line), [length], -1, [[low, high, interior]], out);
      const spreadLength = outLength! - low - high;
      if (-low <= spreadLength && -high <= spreadLength + Math.max(low, 0)) {
        expect([...out]).toEqual(padLine(line, -1, [low, high, interior]));
      }
    }
  }
});

test("padInterior of a matrix pads each axis in turn", () => {
  const axisPadding = fc.tuple(fc.integer({ min: -2, max: 3 }), fc.integer({ min: -2, max: 3 }), fc.nat(2));
  fc.assert(
    fc.property(fc.nat(4), fc.nat(4), axisPadding, axisPadding, (rows, columns, first, second) => {
      const shape = [rows, columns];
      const outShape = padShape(shape, [first, second]);
      fc.pre(outShape.every((length) => length >= 0));
      const source = counting(rows * columns);
      const both = new Float64Array(elementCount(outShape));
      padInterior(source, shape, 9, [first, second], both);
      const half = new Float64Array(outShape[0]! * columns);
      padInterior(source, shape, 9, [first, [0, 0, 0]], half);
      const whole = new Float64Array(both.length);
      padInterior(half, [outShape[0]!, columns], 9, [[0, 0, 0], second], whole);
      expect(both).toEqual(whole);
    }),
    { numRuns: 200 },
  );
});

test("concatenating the slices of an array restores it, for every axis and cut", () => {
  for (const shape of shapes) {
    const source = counting(elementCount(shape));
    for (const axis of shape.keys()) {
      for (let cut = 0; cut <= shape[axis]!; cut += 1) {
        const zero = shape.map(() => 0);
        const one = shape.map(() => 1);
        const bounds = [
          { start: zero, limit: shape.with(axis, cut), stride: one },
          { start: zero.with(axis, cut), limit: shape, stride: one },
        ];
        const parts = bounds.map((bound) => {
          const part = new Float64Array(elementCount(sliceShape(bound)));
          sliceStrided(source, shape, bound, part);
          return part;
        });
        const out = new Float64Array(source.length);
        concatenate(parts, bounds.map(sliceShape), axis, out);
        expect(out).toEqual(source);
      }
    }
  }
});

test("reverse reads the listed axes backwards", () => {
  for (const shape of shapes) {
    const source = counting(elementCount(shape));
    for (const axes of subsets(shape.length)) {
      const out = new Float64Array(source.length);
      reverse(source, shape, axes, out);
      const expected = indicesOf(shape).map(
        (index) =>
          source[
            flatIndex(
              index.map((k, axis) => (axes.includes(axis) ? shape[axis]! - 1 - k : k)),
              shape,
            )
          ]!,
      );
      expect([...out]).toEqual(expected);
    }
  }
});

test("iota holds the index along its axis", () => {
  for (const shape of shapes) {
    for (const axis of shape.keys()) {
      const out = new Int32Array(elementCount(shape));
      iota(shape, axis, out);
      expect([...out]).toEqual(indicesOf(shape).map((index) => index[axis]!));
    }
  }
});

test("copies keep NaN payloads and the sign of zero in every element type", () => {
  const payload = new Float32Array(new Uint32Array([0x7fc12345, 0x80000000]).buffer);
  const out = new Float32Array(2);
  reverse(payload, [2], [0], out);
  expect([...new Uint32Array(out.buffer)]).toEqual([0x80000000, 0x7fc12345]);
  for (const source of [
    Int32Array.of(-1, 2),
    Uint32Array.of(4294967295, 2),
    Uint8Array.of(1, 0),
    Float64Array.of(-0, 2),
  ]) {
    const same = source.slice();
    permute(source, [1, 2], [1, 0], same);
    expect(same).toEqual(source);
  }
});
