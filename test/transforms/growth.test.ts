/**
 * Work that does not grow with what it should not grow with. Rules find their operands in tables, so the elements that
 * searches of long lists walk over stay a small multiple of the leaves; what is made of a branch is made once.
 */
import { describe, expect, test } from "vitest";
import {
  array,
  authoring,
  closureConvert,
  cond,
  customJvp,
  definePrimitive,
  grad,
  jvp,
  linearize,
  makeJaxpr,
  NDArray,
  savedResiduals,
  scan,
  switchCase,
  vjp,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";
import { isConcrete } from "../../src/array/ndarray.ts";

type List = readonly NDArray[];

// --- Leaves -----------------------------------------------------------------------------------

const count = 4_000;
const leaves: List = Array.from({ length: count }, (_, k) => array([k % 7]));
const x = array([0.5]);

/** Lists that have a place for every leaf; short ones may be searched. */
const longFrom = count / 2;
const searches = ["includes", "indexOf", "lastIndexOf", "find", "findIndex", "some", "every"] as const;

/** Elements of long lists that searches may have walked over while `run` ran. */
const searchedBy = (run: () => void): number => {
  let searched = 0;
  const prototype = Array.prototype as unknown as Record<string, (this: unknown[], ...args: unknown[]) => unknown>;
  const originals = searches.map((name) => prototype[name]!);
  searches.forEach((name, k) => {
    prototype[name] = function (...args) {
      if (this.length >= longFrom) searched += this.length;
      return originals[k]!.apply(this, args);
    };
  });
  try {
    run();
  } finally {
    searches.forEach((name, k) => (prototype[name] = originals[k]!));
  }
  return searched;
};

const total = (list: List): NDArray => list.reduce((sum, own) => np.add(sum, own));
const products = (y: NDArray): List => leaves.map((leaf) => np.mul(np.exp(leaf), y));

/** Each with all leaves closed over, carried or returned, in reverse mode where there is one. */
const programs: Readonly<Record<string, () => unknown>> = {
  "branches that close over them": () =>
    grad((y: NDArray) =>
      np.sum(
        cond(
          np.greater(np.sum(y), 0),
          () => total(products(y)),
          () => y,
        ),
      ),
    )(x),
  "branches with a residual of each": () => {
    const sines = (z: NDArray): NDArray => total(leaves.map(() => np.sin(z)));
    return makeJaxpr(grad((y: NDArray) => np.sum(switchCase(np.astype(np.sum(y), "int32"), [sines, np.exp], y))))(x);
  },
  "a scan that computes with them in every step": () =>
    grad((y: NDArray) =>
      np.sum(scan((c: NDArray) => [np.mul(c, total(products(c))), null], y, null, { length: 2 })[0]),
    )(x),
  "a scan over rows of them": () =>
    vjp(
      (list: List) =>
        scan(
          (c: NDArray, rows: List) => [np.mul(c, total(rows.map(np.sin))), null] as const,
          array(1),
          list as NDArray[],
        )[0],
      leaves,
    )[1](array(1)),
  "a scan that carries them": () =>
    vjp(
      (list: List) => total(scan((c: List) => [c.map((own) => np.mul(own, own)), null], list, null, { length: 2 })[0]),
      leaves,
    )[1](x),
  "the residuals of a function": () => savedResiduals((list: List) => total(list.map(np.sin)), leaves),
  "a rule that closes over them": () => {
    const f = customJvp((y: NDArray) => total(products(y)), {
      jvp: ([y]: [NDArray], [dy]: [NDArray]) => [total(products(y)), total(products(dy))],
    });
    makeJaxpr(f)(x);
  },
};

describe(`${count} leaves`, () => {
  test.each(Object.keys(programs))("no list of them is searched for each: %s", (name) => {
    expect(searchedBy(programs[name]!)).toBeLessThan(20 * count);
  });
});

// --- Calls ------------------------------------------------------------------------------------

let staged = 0;

/** x * x, which counts how often it is traced: evaluation sees arrays, tracing only their types. */
const counting: authoring.Unary = definePrimitive<[NDArray]>({
  name: "counting",
  evaluate: ([y]) => np.mul(y, y),
  abstractEval: ([y]) => {
    if (!isConcrete(y as NDArray)) staged++;
    return { shape: y.shape, dtype: y.dtype };
  },
  jvp: ([y], [dy]) => [counting(y), np.mul(np.mul(dy as NDArray, y), 2)],
  transpose: authoring.notLinear,
  batch: ([y], [dim]) => [counting(y), dim],
  lower: { kind: "routine" },
  laws: { testedIn: "test/transforms/growth.test.ts" },
});

type Function = (y: NDArray) => NDArray;

/** Each holds branches that are traced once, here. */
const held: Readonly<Record<string, (...args: any[]) => any>> = {
  cond: closureConvert(
    (y: NDArray) =>
      cond(
        np.greater(np.sum(y), 0),
        (z: NDArray) => np.sin(counting(z)),
        (z: NDArray) => np.exp(z),
        y,
      ),
    x,
  )[0],
  "cond of values and tangents": closureConvert(
    customJvp((y: NDArray) => counting(y), {
      jvp: ([y]: [NDArray], [dy]: [NDArray]) =>
        cond(
          np.greater(np.sum(y), 0),
          (z: NDArray, dz: NDArray) => [counting(z), np.mul(np.mul(dz, np.sin(counting(z))), 2)] as const,
          (z: NDArray, dz: NDArray) => [np.mul(z, z), np.mul(dz, z)] as const,
          y,
          dy,
        ),
    }),
    x,
  )[0],
  switchCase: closureConvert(
    (y: NDArray) =>
      switchCase(np.astype(np.sum(y), "int32"), [counting, np.sin, (z: NDArray) => np.mul(counting(z), z)], y),
    x,
  )[0],
};

const scalar =
  (f: Function): Function =>
  (y) =>
    np.sum(f(y));

const derivatives: Readonly<Record<string, (f: Function, y: NDArray) => unknown>> = {
  jvp: (f, y) => jvp(f, [y], [y]),
  linearize: (f, y) => linearize(f, y)[1](y),
  grad: (f, y) => grad(scalar(f))(y),
  vmap: (f, y) => vmap(f)(np.stack([y, np.neg(y)])),
  "vmap of grad": (f, y) => vmap(grad(scalar(f)))(np.stack([y, np.neg(y)])),
  "grad of vmap": (f, y) => grad((z: NDArray) => np.sum(vmap(f)(np.stack([z, np.neg(z)]))))(y),
  "grad of grad": (f, y) => grad(scalar(grad(scalar(f))))(y),
  "jvp of grad": (f, y) => jvp(grad(scalar(f)), [y], [y]),
};

describe.each(Object.keys(held))("%s", (name) => {
  test.each(Object.keys(derivatives))("its branches are not traced again by a second call: %s", (derivative) => {
    const call = (value: number): unknown => derivatives[derivative]!(held[name]!, array([value]));
    call(0.5);
    const before = staged;
    expect(before).toBeGreaterThan(0);
    call(0.7);
    call(0.9);
    expect(staged - before).toBe(0);
  });
});

test("a loop of which too many results were kept gives the same derivatives when they are made again", () => {
  const [loop] = closureConvert(
    (y: NDArray) =>
      scan((c: NDArray, row: NDArray) => [np.mul(c, np.sin(y)), np.exp(row)] as const, y, np.ones([3]))[0],
    x,
  );
  const gradients = (): number[] =>
    [grad(scalar(loop))(x), grad(scalar(grad(scalar(loop))))(x), vmap(grad(scalar(loop)))(np.stack([x, x]))].flatMap(
      (gradient) => (gradient as NDArray).toList() as number[],
    );
  const before = gradients();
  for (let size = 1; size <= 80; size++) vmap(loop)(np.ones([size, 1]));
  expect(gradients()).toEqual(before);
});
