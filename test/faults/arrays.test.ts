/**
 * Faults 14-16, 19-23 and 60: data from outside - mutation, shapes, ragged lists, wrong elements, sizes.
 * Broadcasting, reductions and matrix products are compared with NumPy's rules written down independently.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, configure, evalShape, grad, jit, NDArray, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { errorOf, expectError } from "../semantics/support.ts";

test("14: a function that reads host state keeps what it read when it was traced, and retraces see the new state", () => {
  let state = 2;
  const f = jit((x: NDArray) => np.mul(x, state));
  expect(f(array([1, 2])).toList()).toEqual([2, 4]);
  state = 5;
  expect(f(array([1, 2])).toList()).toEqual([2, 4]);
  expect(f(array([1, 2, 3])).toList()).toEqual([5, 10, 15]);
});

describe("14: debug mode traces twice and refuses what differs", () => {
  let calls = 0;
  const impure: Readonly<Record<string, (x: NDArray) => NDArray>> = {
    "a random number": (x) => x.mul(Math.random()),
    "the clock": (x) => x.add(performance.now()),
    "a counter": (x) => x.add(++calls),
    "an array made of host state": (x) => x.add(array([++calls, 0])),
    "a number of steps": (x) => {
      let y = x;
      const count = 1 + (++calls % 2);
      for (let k = 0; k < count; k++) y = np.sin(y);
      return y;
    },
  };
  const transforms: readonly ((f: (x: NDArray) => NDArray) => unknown)[] = [
    (f) => jit(f)(array([1, 2])),
    (f) => grad(jit((x: NDArray) => np.sum(f(x))))(array([1, 2])),
    (f) => vmap(jit(f))(array([[1, 2]])),
  ];

  test.each(Object.entries(impure))("%s, under every transform", (_name, f) => {
    for (const transform of transforms) {
      configure({ debug: true });
      try {
        expectError(() => transform(f), "ImpureFunction", "argument");
      } finally {
        configure({ debug: false });
      }
      expect(() => transform(f)).not.toThrow();
    }
  });

  test("a pure function passes, with what it closes over and makes itself", () => {
    const weights = array([3, NaN]);
    configure({ debug: true });
    try {
      for (const transform of transforms)
        expect(() => transform((x) => x.mul(weights).add(array([1, 2])))).not.toThrow();
    } finally {
      configure({ debug: false });
    }
  });
});

const typed = fc.oneof(
  fc.float64Array({ maxLength: 8 }),
  fc.float32Array({ maxLength: 8 }),
  fc.int32Array({ maxLength: 8 }),
  fc.uint32Array({ maxLength: 8 }),
);

test("15: writing to a typed array or list after creation does not reach the array", () => {
  fc.assert(
    fc.property(typed, (data) => {
      const x = array(data);
      const nested = array([data, data]);
      const list = [...data];
      const fromList = array(list);
      const before = [String(x), String(nested), String(fromList)];
      data.fill(77);
      list.fill(77);
      expect([String(x), String(nested), String(fromList)]).toEqual(before);
    }),
  );
  const shape = [2, 2];
  const zeros = np.zeros(shape);
  shape[0] = 7;
  expect(zeros.shape).toEqual([2, 2]);
});

test("16: writing into what an array gives out does not reach it, nor what was computed from it", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 6 }), (data) => {
      const x = array(data);
      const views = [
        x,
        np.reshape(x, [1, data.length]),
        jit((y: NDArray) => y)(x),
        np.astype(x, "float64"),
        vmap((y: NDArray) => y)(x),
      ];
      for (const view of views) {
        view.toTypedArray().fill(123);
        (view.toList() as unknown[])[0] = 456;
        expect(Array.from(view.toTypedArray())).toEqual(data.map((value) => value));
      }
      expect(Array.from(x.toTypedArray())).toEqual(data);
    }),
  );
});

// --- NumPy's rules, written down once more ----------------------------------------------------

type Shape = readonly number[];

/** Right-aligned: equal or 1. Null where NumPy raises. */
const broadcastOf = (left: Shape, right: Shape): Shape | null => {
  const rank = Math.max(left.length, right.length);
  const out: number[] = [];
  for (let back = 1; back <= rank; back++) {
    const a = left.at(-back) ?? 1;
    const b = right.at(-back) ?? 1;
    if (back <= left.length && back <= right.length && a !== b && a !== 1 && b !== 1) return null;
    out.unshift(a === 1 ? b : a);
  }
  return out;
};

const allShapes = (maxRank: number, maxSize: number): Shape[] => {
  let level: Shape[] = [[]];
  const all: Shape[] = [[]];
  for (let rank = 1; rank <= maxRank; rank++) {
    level = level.flatMap((shape) => Array.from({ length: maxSize + 1 }, (_, extent) => [...shape, extent]));
    all.push(...level);
  }
  return all;
};

const sizeOf = (shape: Shape): number => shape.reduce((size, extent) => size * extent, 1);

const unravel = (flat: number, shape: Shape): number[] => {
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]!);
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
};

/** Element of counting data that an index of the broadcast shape reads. */
const readBroadcast = (shape: Shape, index: readonly number[]): number =>
  shape.reduce(
    (flat, extent, axis) => flat * extent + (extent === 1 ? 0 : index[index.length - shape.length + axis]!),
    0,
  );

const counting = (shape: Shape, scale = 1): NDArray =>
  array(
    Float64Array.from({ length: sizeOf(shape) }, (_, k) => scale * k),
    { shape },
  );

describe("19 and 20: broadcasting is NumPy's", () => {
  const shapes = allShapes(3, 3);

  test("for all 85 x 85 pairs of shapes of rank up to 3 and sizes 0 to 3: shape, values, and refusal with both shapes", () => {
    expect(shapes.length).toBe(85);
    for (const left of shapes)
      for (const right of shapes) {
        const wanted = broadcastOf(left, right);
        const call = (): NDArray => np.add(counting(left), counting(right, 100));
        const which = `${left.join()} and ${right.join()}`;
        if (wanted === null) {
          const error = errorOf(call);
          expect(
            [error.code, error.message.includes(`[${left.join(",")}]`), error.message.includes(`[${right.join(",")}]`)],
            which,
          ).toEqual(["ShapeMismatch", true, true]);
          continue;
        }
        const seen = call();
        const data = seen.toTypedArray();
        const same =
          seen.shape.length === wanted.length &&
          seen.shape.every((extent, axis) => extent === wanted[axis]) &&
          data.length === sizeOf(wanted);
        expect(same, `${which} give ${seen.shape.join()}`).toBe(true);
        for (let k = 0; k < data.length; k++) {
          const index = unravel(k, wanted);
          if (data[k] !== readBroadcast(left, index) + 100 * readBroadcast(right, index))
            expect.fail(`${which} at ${index.join()}: ${data[k]}`);
        }
      }
  });

  test("for triples in where, and a shape broadcasts to another exactly when the pair gives that other", () => {
    const small = allShapes(2, 3);
    for (const target of small)
      for (const own of small) {
        const wanted = broadcastOf(own, target);
        const fits = wanted !== null && wanted.join() === target.join() && own.length <= target.length;
        if (fits) expect(np.broadcastTo(counting(own), target).shape).toEqual(target);
        else
          expectError(
            () => np.broadcastTo(counting(own), target),
            "ShapeMismatch",
            `[${own.join(",")}]`,
            `[${target.join(",")}]`,
          );
        for (const third of [[], [1], [3], [2, 1]]) {
          const all = wanted === null ? null : broadcastOf(wanted, third);
          const call = (): unknown =>
            evalShape(np.where as never, np.zeros(third, { dtype: "bool" }), counting(own), counting(target));
          if (all === null) expectError(call, "ShapeMismatch");
          else expect((call() as NDArray).shape).toEqual(all);
        }
      }
  });
});

describe("20: axes of size 0 and 1 and rank 0 are NumPy's", () => {
  const subsets = (rank: number): number[][] =>
    Array.from({ length: 2 ** rank }, (_, bits) =>
      Array.from({ length: rank }, (_x, axis) => axis).filter((axis) => ((bits >> axis) & 1) === 1),
    );

  test("in sums over every set of axes of every shape, with and without keepdims", () => {
    for (const shape of allShapes(3, 3))
      for (const axes of subsets(shape.length)) {
        const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
        const out = shape.filter((_, axis) => !axes.includes(axis));
        const wanted = new Array<number>(sizeOf(out)).fill(0);
        for (let k = 0; k < sizeOf(shape); k++) {
          const index = unravel(k, shape).filter((_, axis) => !axes.includes(axis));
          wanted[index.reduce((flat, place, axis) => flat * out[axis]! + place, 0)]! += k;
        }
        const seen = np.sum(counting(shape), { axis: axes });
        expect({ shape: seen.shape, data: [...seen.toTypedArray()] }).toEqual({ shape: out, data: wanted });
        expect(
          np.sum(counting(shape), { axis: axes.map((axis) => axis - shape.length), keepdims: true }).shape,
        ).toEqual(kept);
      }
  });

  test("in matrix products of every pair of shapes of rank up to 3 and sizes 0 to 2", () => {
    const shapes = allShapes(3, 2);
    for (const left of shapes)
      for (const right of shapes) {
        const a = left.length === 1 ? [1, ...left] : left;
        const b = right.length === 1 ? [...right, 1] : right;
        const lead =
          left.length === 0 || right.length === 0 || a.at(-1) !== b.at(-2)
            ? null
            : broadcastOf(a.slice(0, -2), b.slice(0, -2));
        const call = (): NDArray => np.matmul(counting(left), counting(right, 10));
        if (lead === null) {
          expectError(call, "ShapeMismatch", `[${left.join(",")}]`, `[${right.join(",")}]`);
          continue;
        }
        const full = [...lead, a.at(-2)!, b.at(-1)!];
        const seen = call();
        expect(seen.shape).toEqual([
          ...lead,
          ...(left.length === 1 ? [] : [a.at(-2)!]),
          ...(right.length === 1 ? [] : [b.at(-1)!]),
        ]);
        const wanted = Array.from({ length: sizeOf(full) }, (_, flat) => {
          const index = unravel(flat, full);
          const [row, column] = [index.at(-2)!, index.at(-1)!];
          let sum = 0;
          for (let k = 0; k < a.at(-1)!; k++) {
            const x = readBroadcast(a.slice(0, -2), index.slice(0, -2)) * a.at(-2)! * a.at(-1)! + row * a.at(-1)! + k;
            const y =
              readBroadcast(b.slice(0, -2), index.slice(0, -2)) * b.at(-2)! * b.at(-1)! + k * b.at(-1)! + column;
            sum += x * 10 * y;
          }
          return sum;
        });
        expect([...seen.toTypedArray()]).toEqual(wanted);
      }
  });
});

test("21: a dimension that is fractional, negative, NaN or not safe is refused before anything is allocated", () => {
  const ways: readonly ((shape: number[]) => unknown)[] = [
    (shape) => np.zeros(shape),
    (shape) => np.ones(shape, { dtype: "int32" }),
    (shape) => np.full(shape, 3),
    (shape) => array([], { shape }),
    (shape) => np.reshape(np.zeros([6]), shape),
    (shape) => np.broadcastTo(array(1), shape),
    (shape) => jit(() => np.zeros(shape))(),
    (shape) => evalShape(() => np.zeros(shape)),
  ];
  for (const bad of [
    1.5,
    NaN,
    Infinity,
    -2,
    -Infinity,
    2 ** 53,
    2 ** 53 + 2,
    1e300,
    "3" as never,
    null as never,
    undefined as never,
    array(3) as never,
  ])
    for (const way of ways) {
      const { code, message } = errorOf(() => way([2, bad]));
      expect(["InvalidShape", "ShapeMismatch"], `${String(bad)} ${way.toString()}: ${message}`).toContain(code);
      if (!way.toString().includes("reshape")) expect(code).toBe("InvalidShape");
    }
});

const nestedLists = fc
  .integer({ min: 1, max: 3 })
  .chain((rank) => fc.array(fc.integer({ min: 1, max: 3 }), { minLength: rank, maxLength: rank }));

const nest = (shape: readonly number[]): unknown =>
  shape.length === 0 ? 1 : Array.from({ length: shape[0]! }, () => nest(shape.slice(1)));

describe("22: a ragged list", () => {
  test("is refused with the path of the row that is too long, too short, too deep or too flat", () => {
    fc.assert(
      fc.property(nestedLists, fc.nat(), fc.integer({ min: 0, max: 3 }), (shape, at, kind) => {
        // The spoilt place is not the first row, which decides the shape.
        fc.pre(shape[0]! > 1);
        const depth = at % shape.length;
        const data = nest(shape) as unknown[];
        let row: unknown[] = data;
        const path = [shape[0]! - 1];
        for (let level = 0; level < depth; level++) {
          row = row[path.at(-1)!] as unknown[];
          path.push(shape[level + 1]! - 1);
        }
        const last = path.at(-1)!;
        const isLeaf = depth === shape.length - 1;
        if (isLeaf) row[last] = kind % 2 === 0 ? [1] : [];
        else
          row[last] =
            kind === 0
              ? 5
              : kind === 1
                ? [...(row[last] as unknown[]), nest(shape.slice(depth + 2))]
                : (row[last] as unknown[]).slice(1);
        expectError(() => array(data as never), "RaggedInput", path.map((k) => `[${k}]`).join(""));
      }),
    );
  });

  test("is refused for rows that are arrays or typed arrays too", () => {
    expectError(() => array([new Float64Array(2), new Float64Array(3)]), "RaggedInput", "[1]");
    expectError(() => array([array([1, 2]), 3] as never), "RaggedInput", "[1]");
    expectError(() => array([[], [1]]), "RaggedInput", "[1]");
    expect(array([[], []]).shape).toEqual([2, 0]);
  });
});

test("23: an element that is no number is refused with its path", () => {
  const bad: readonly (readonly [unknown, string])[] = [
    ["1", "string"],
    [null, "null"],
    [undefined, "undefined"],
    [1n, "bigint"],
    [new Date(0), "Date"],
    [{}, "Object"],
    [() => 1, "function"],
    [Symbol("s"), "symbol"],
    [new Map(), "Map"],
    [new Number(1), "Number"],
  ];
  for (const [element, kind] of bad) {
    expectError(
      () =>
        array([
          [1, 2],
          [3, element],
        ] as never),
      "InvalidElement",
      "[1][1]",
      kind,
    );
    expectError(() => array([element] as never), "InvalidElement", "[0]", kind);
    expectError(() => array(element as never), "InvalidElement", kind);
    expect(() => np.add(array([1]), element as never)).toThrow(expect.objectContaining({ code: "NotAnArray" }));
  }
  const holed = new Array<number>(3);
  holed[0] = holed[2] = 1;
  expectError(() => array(holed), "InvalidElement", "[1]", "hole");
  expectError(() => array(new BigInt64Array(2) as never), "DTypeMismatch", "BigInt64Array");
  expectError(() => array([1], { dtype: "float16" as never }), "DTypeMismatch", "float16");
  expectError(() => grad((x: NDArray) => np.sum(array([x, x] as never)))(array(1)), "InvalidElement", "stack");
});

describe("60: more elements than the limit", () => {
  const column = np.zeros([1_000_000, 1]);
  const long = np.zeros([1_000_000]);
  const ways: Readonly<Record<string, () => unknown>> = {
    zeros: () => np.zeros([1e6, 1e6]),
    ones: () => np.ones(1e12),
    full: () => np.full([1e4, 1e4, 1e4], 3),
    eye: () => np.eye(1e6),
    arange: () => np.arange(1e12),
    linspace: () => np.linspace(0, 1, 1e12),
    broadcastTo: () => np.broadcastTo(long, [1_000_000, 1_000_000]),
    "broadcasting sum": () => np.add(column, long),
    outer: () => np.outer(long, long),
    tile: () => np.tile(long, 1e7),
    pad: () => np.pad(long, 1e11),
    jit: () => jit((x: NDArray, y: NDArray) => np.add(x, y))(column, long),
    "jit of a constant": () => jit(() => np.zeros([1e6, 1e6]))(),
    vmap: () => vmap((x: NDArray) => np.mul(x, long))(long),
    grad: () => grad((x: NDArray) => np.sum(np.broadcastTo(x, [1e6, 1e6])))(array(1)),
  };

  test.each(Object.entries(ways))("in %s throws TooLarge and allocates nothing", (_name, call) => {
    const before = process.memoryUsage();
    expectError(call, "TooLarge", "limit");
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2 ** 26);
  });
});
