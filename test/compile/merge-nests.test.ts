/**
 * Merging of nests: rounds of several loops become rounds of one, where none needs what another writes; what stays in a round
 * becomes small. Results are the law of test/backend; here is what becomes of the loops.
 */
import { expect, test } from "vitest";
import type { NDArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { fuse } from "../../src/compile/fusion.ts";
import type { Buffer } from "../../src/compile/groups.ts";
import { showNest } from "../../src/compile/kernel-ir.ts";
import type { Nest } from "../../src/compile/kernel-ir.ts";
import { mergeNests } from "../../src/compile/merge-nests.ts";
import { buildNest } from "../../src/compile/nest.ts";
import { keepInRounds } from "../../src/compile/round-buffers.ts";
import { add, div, mul, sub } from "../../ops/arithmetic.ts";
import { exp, tanh } from "../../ops/exponential.ts";
import { reduceMax } from "../../ops/extrema.ts";
import { broadcast, reduceSum, transpose } from "../../ops/shape.ts";
import { reverse } from "../../ops/slicing.ts";
import { filled, jaxprOf } from "../backend/programs.ts";

type Program = (...inputs: NDArray[]) => readonly NDArray[];

interface Compiled {
  readonly nests: readonly Nest[];
  readonly from: readonly (readonly number[])[];
  readonly buffers: readonly Buffer[];
}

/** The nests of a program of float64 inputs, merged; all but the outputs is their own. */
const compiled = (f: Program, ...shapes: Shape[]): Compiled => {
  const { groups, buffers, inputCount, outputs } = fuse(
    jaxprOf(
      f,
      shapes.map((shape) => filled(shape, "float64", [1])),
    ),
  );
  const nests = groups.flatMap((group) => (group.kind === "nest" ? (buildNest(group, buffers) ?? []) : []));
  const kept = new Set(outputs.flatMap((output) => (output.kind === "buffer" ? [output.buffer] : [])));
  const merged = mergeNests(nests);
  const touching = (buffer: number): number =>
    merged.filter(({ nest }) => new RegExp(`b${buffer}\\[`).test(showNest(nest))).length;
  let all: readonly Buffer[] = buffers;
  const small = merged.map(({ nest }) => {
    const isOwn = (buffer: number): boolean => buffer >= inputCount && !kept.has(buffer) && touching(buffer) === 1;
    const result = keepInRounds(nest, all, isOwn);
    all = result.buffers;
    return result.nest;
  });
  return { nests: small, from: merged.map(({ from }) => from), buffers: all };
};

const wide = (x: NDArray, like: NDArray, axis: number): NDArray => broadcast(x, { shape: like.shape, axes: [axis] });

const softmax = (x: NDArray, axis: 0 | 1 = 1): NDArray => {
  const powers = exp(sub(x, wide(reduceMax(x, { axes: [axis] }), x, 1 - axis)));
  return div(powers, wide(reduceSum(powers, { axes: [axis] }), x, 1 - axis));
};

test("softmax over rows is one nest, and its powers need one row, rounded up to whole vectors", () => {
  const { nests, buffers } = compiled((x) => [softmax(x!)], [60, 70]);
  expect(nests.map(showNest).join("")).toMatchInlineSnapshot(`
    "nest0+nest1+nest2
      for i0 < 60
        v1 = -Infinity
        run i1 < 70
          v0 = b0[70*i0 + i1]
          v1 = max(v1, v0)
        v10 = v1
        v6 = 0
        v3 = v10
        run i3 < 70
          v2 = b0[70*i0 + i3]
          v4 = sub(v2, v3)
          v5 = exp(v4)
          b3[i3] = v5
          v6 = sum(v6, v5)
        v11 = v6
        v8 = v11
        for i5 < 70
          v7 = b3[i5]
          v9 = div(v7, v8)
          b4[70*i0 + i5] = v9
    "
  `);
  expect(buffers.map(({ shape }) => sizeOf(shape)).filter((size) => size > 60)).toEqual([4200, 80, 4200]);
  expect(nests[0]!.refilled?.size).toBe(1);
});

test("softmax over columns shares the columns of both reductions", () => {
  expect(compiled((x) => [softmax(x!, 0)], [60, 70]).from).toEqual([[0, 1], [2]]);
});

test("layer normalization is one nest", () => {
  const normalized: Program = (x) => {
    const deviation = sub(x!, wide(div(reduceSum(x!, { axes: [1] }), reduceSum(x!, { axes: [1] })), x!, 0));
    const variance = reduceSum(mul(deviation, deviation), { axes: [1] });
    return [div(deviation, wide(variance, x!, 0))];
  };
  expect(compiled(normalized, [60, 70]).nests).toHaveLength(1);
});

test("what an output needs stays whole", () => {
  const { nests, buffers } = compiled(
    (x) => {
      const powers = exp(x!);
      return [powers, div(powers, wide(reduceSum(powers, { axes: [1] }), x!, 0))];
    },
    [60, 70],
  );
  expect(nests).toHaveLength(1);
  expect(nests[0]!.refilled).toBeUndefined();
  expect(buffers.filter(({ shape }) => sizeOf(shape) === 4200)).toHaveLength(3);
});

test("a nest that reads rows in another order than they are written stays apart", () => {
  const reversed: Program = (x) => {
    const sums = reduceSum(x!, { axes: [1] });
    return [div(x!, wide(reverse(sums, { axes: [0] }), x!, 0))];
  };
  expect(compiled(reversed, [60, 70]).nests).toHaveLength(2);
});

test("a nest that reads columns of what is written by rows stays apart", () => {
  const crossed: Program = (x) => {
    const shares = div(x!, wide(reduceSum(x!, { axes: [1] }), x!, 0));
    return [reduceSum(transpose(shares, { permutation: [1, 0] }), { axes: [1] })];
  };
  expect(compiled(crossed, [60, 60]).from).toEqual([[0, 1], [2]]);
});

test("sums of rows and sums of columns of one square stay apart, although their loops are equally long", () => {
  expect(compiled((x) => [reduceSum(x!, { axes: [1] }), reduceSum(x!, { axes: [0] })], [60, 60]).nests).toHaveLength(2);
});

test("nests without a common array stay apart", () => {
  expect(compiled((x, y) => [reduceSum(x!, { axes: [1] }), tanh(y!)], [60, 70], [60]).nests).toHaveLength(2);
});

test("a nest overtakes another that it does not depend on", () => {
  const program: Program = (x, y) => {
    const sums = reduceSum(x!, { axes: [1] });
    return [reduceSum(y!, { axes: [0] }), div(x!, wide(sums, x!, 0))];
  };
  const { from } = compiled(program, [60, 70], [50, 40]);
  expect(from).toContainEqual([0, 2]);
});

test("a nest does not overtake one that it reads from", () => {
  const program: Program = (x, y) => {
    const sums = reduceSum(x!, { axes: [1] });
    const total = reduceSum(add(y!, y!), { axes: [0] });
    return [div(div(x!, wide(sums, x!, 0)), wide(total, x!, 1))];
  };
  const order = compiled(program, [60, 70], [50, 70]).from.flat();
  expect(order.indexOf(1)).toBeLessThan(order.indexOf(2));
});

test("a flat loop is cut into the rows of its partner", () => {
  const attention: Program = (x) => [softmaxOfBlocks(transpose(x!, { permutation: [1, 0, 2] }))];
  const { nests } = compiled(attention, [20, 30, 40]);
  expect(nests).toHaveLength(1);
  expect(showNest(nests[0]!)).not.toContain("< 600");
});

const softmaxOfBlocks = (x: NDArray): NDArray => {
  const over = (y: NDArray): NDArray => broadcast(y, { shape: x.shape, axes: [0, 1] });
  const powers = exp(sub(x, over(reduceMax(x, { axes: [2] }))));
  return div(powers, over(reduceSum(powers, { axes: [2] })));
};

test("rows too short for lanes are not kept apart, so that lanes can take the rows", () => {
  const { nests } = compiled((x) => [softmax(x!)], [600, 7]);
  expect(nests).toHaveLength(1);
  expect(nests[0]!.refilled).toBeUndefined();
});

test.each([
  [16, 2],
  [400, 1],
])(
  "an exponential of every row joins rows of %i elements in %i nests: in short ones it would lose its lanes",
  (columns, count) => {
    const scaled: Program = (x, y) => [mul(x!, wide(exp(y!), x!, 0))];
    expect(compiled(scaled, [60, columns], [60]).nests).toHaveLength(count);
  },
);

/** for i0 < 5 { for i1 < 10 { b[to] = b[from], at 10 i0 + i1 and at an offset } }. */
const copy = (from: number, offset: number, to: number): Nest => {
  const strides = [
    { counter: 0, stride: 10 },
    { counter: 1, stride: 1 },
  ];
  const value = { op: "local", index: 0, dtype: "float64" } as const;
  const body = [
    { kind: "load", local: 0, access: { buffer: from, dtype: "float64", offset, strides } },
    { kind: "store", access: { buffer: to, dtype: "float64", offset: 0, strides }, value },
  ] as const;
  const inner = { kind: "loop", counter: 1, extent: 10, body } as const;
  return {
    name: `copy${to}`,
    locals: ["float64"],
    counters: 2,
    body: [{ kind: "loop", counter: 0, extent: 5, body: [inner] }],
  };
};

test.each([
  [0, 1],
  [1, 2],
  [10, 2],
])("rows that are read %i elements further on than they are written leave %i nests", (offset, count) => {
  expect(mergeNests([copy(0, 0, 1), copy(1, offset, 2)])).toHaveLength(count);
});
