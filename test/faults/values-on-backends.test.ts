/**
 * Faults 26 to 29 and 32 where the back end could matter: overflow, casts, signs of zero, special values, kinks and
 * saturation are the same eager, on WebAssembly, as JavaScript text and interpreted; 27's switch names the first NaN.
 */
import { afterEach, describe, expect, test } from "vitest";
import { array, configure, grad, jit, NDArray, vmap } from "cotangent";
import type { DType } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as special from "cotangent/special";
import { ints } from "../semantics/eager-and-jit.ts";
import { expectError } from "../semantics/support.ts";

const backends = ["wasm", "js", "interpreter"] as const;
const { inf, nan } = np;
type Binary = (x: NDArray, y: NDArray) => NDArray;

/** The result, which is the same to the bit wherever it is computed. */
const everywhere = (f: (...x: NDArray[]) => NDArray, ...x: readonly NDArray[]): NDArray => {
  const eager = f(...x);
  for (const backend of backends) {
    const seen = jit(f, { backend })(...x);
    expect([seen.dtype, seen.shape], backend).toEqual([eager.dtype, eager.shape]);
    expect([...seen.toTypedArray()], backend).toEqual([...eager.toTypedArray()]);
  }
  return eager;
};

const [high, low, top] = [2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1];
const uints = (values: readonly number[]): NDArray => array([...values], { dtype: "uint32" });

test("26: integers wrap, and divide by zero to all ones, on every back end", () => {
  const x = ints([high, low, 0, -1, 65536]);
  const y = ints([1, -1, 0, low, 65537]);
  const wanted: readonly (readonly [Binary, readonly number[]])[] = [
    [(a, b) => np.add(a, b), [low, high, 0, high, 131073]],
    [(a, b) => np.sub(a, b), [high - 1, low + 1, 0, high, -1]],
    [(a, b) => np.mul(a, b), [high, low, 0, low, 65536]],
    [(a, b) => np.floorDivide(a, b), [high, low, -1, 0, 0]],
    [(a, b) => np.remainder(a, b), [0, 0, 0, -1, 65536]],
    [(a) => np.neg(a), [-high, low, 0, 1, -65536]],
    [(a) => np.abs(a), [high, low, 0, 1, 65536]],
    [(a) => np.square(a), [1, 0, 0, 1, 0]],
  ];
  for (const [f, out] of wanted) expect([...everywhere(f as never, x, y).toTypedArray()], String(f)).toEqual(out);
  const [a, b] = [uints([0, top, top, 7]), uints([1, 1, top, 0])];
  expect(everywhere((p, q) => np.sub(p!, q!), a, b).toList()).toEqual([top, top - 1, 0, 7]);
  expect(everywhere((p, q) => np.add(p!, q!), a, b).toList()).toEqual([1, 0, top - 1, 7]);
  expect(everywhere((p, q) => np.mul(p!, q!), a, b).toList()).toEqual([0, top, 1, 0]);
  expect(everywhere((p, q) => np.floorDivide(p!, q!), a, b).toList()).toEqual([0, top, 1, top]);
});

test("26: casts truncate, saturate and take NaN to 0, on every back end", () => {
  const x = array([nan, inf, -inf, 3e9, -3e9, 2.9, -2.9, -0, 5e9, high + 0.5, low - 0.5]);
  const table: Readonly<Record<"int32" | "uint32" | "bool", readonly unknown[]>> = {
    int32: [0, high, low, high, low, 2, -2, 0, high, high, low],
    uint32: [0, top, 0, 3e9, 0, 2, 0, 0, top, high, 0],
    bool: [true, true, true, true, true, true, true, false, true, true, true],
  };
  for (const [dtype, out] of Object.entries(table)) {
    expect(everywhere((v) => v!.astype(dtype as DType), x).toList(), dtype).toEqual(out);
    const single = everywhere((v) => v!.astype(dtype as DType), x.astype("float32").at(np.slice(0, 9)).get());
    expect(single.toList(), `float32 to ${dtype}`).toEqual(out.slice(0, 9));
  }
  expect(everywhere((v) => v!.astype("uint32"), ints([-1, low])).toList()).toEqual([top, 2 ** 31]);
  expect(everywhere((v) => v!.astype("int32"), uints([top, 2 ** 31])).toList()).toEqual([-1, low]);
  expect(everywhere((v) => v!.astype("float32"), ints([high])).toList()).toEqual([2 ** 31]);
  expect(everywhere((v) => v!.astype("float32"), array([1e39, 1e-50])).toList()).toEqual([inf, 0]);
});

/** Special cases of the array API standard: arguments and result. */
const unaryCases: readonly (readonly [string, (x: NDArray) => NDArray, readonly (readonly [number, number])[]])[] = [
  ["sqrt", np.sqrt, [[-1, nan], [0, 0], [-0, -0], [inf, inf]]],
  ["exp", np.exp, [[0, 1], [-0, 1], [inf, inf], [-inf, 0]]],
  ["expm1", np.expm1, [[0, 0], [-0, -0], [inf, inf], [-inf, -1]]],
  ["log", np.log, [[-1, nan], [0, -inf], [-0, -inf], [1, 0], [inf, inf]]],
  ["log1p", np.log1p, [[-2, nan], [-1, -inf], [0, 0], [-0, -0], [inf, inf]]],
  ["sin", np.sin, [[0, 0], [-0, -0], [inf, nan], [-inf, nan]]],
  ["cos", np.cos, [[0, 1], [-0, 1], [inf, nan], [-inf, nan]]],
  ["tan", np.tan, [[0, 0], [-0, -0], [inf, nan], [-inf, nan]]],
  ["tanh", np.tanh, [[0, 0], [-0, -0], [inf, 1], [-inf, -1]]],
  ["sinh", np.sinh, [[0, 0], [-0, -0], [inf, inf], [-inf, -inf]]],
  ["cosh", np.cosh, [[0, 1], [-0, 1], [inf, inf], [-inf, inf]]],
  ["arcsin", np.arcsin, [[2, nan], [-2, nan], [0, 0], [-0, -0]]],
  ["arccos", np.arccos, [[2, nan], [-2, nan], [1, 0]]],
  ["arctan", np.arctan, [[0, 0], [-0, -0], [inf, Math.PI / 2], [-inf, -Math.PI / 2]]],
  ["arcsinh", np.arcsinh, [[0, 0], [-0, -0], [inf, inf], [-inf, -inf]]],
  ["arccosh", np.arccosh, [[0.5, nan], [1, 0], [inf, inf]]],
  ["arctanh", np.arctanh, [[2, nan], [-1, -inf], [1, inf], [0, 0], [-0, -0]]],
  ["floor", np.floor, [[-0, -0], [-0.5, -1], [inf, inf], [-inf, -inf]]],
  ["ceil", np.ceil, [[-0, -0], [-0.5, -0], [inf, inf], [-inf, -inf]]],
  ["trunc", np.trunc, [[-0.5, -0], [-0, -0], [inf, inf]]],
  ["round", np.round, [[0.5, 0], [1.5, 2], [2.5, 2], [-0.5, -0], [inf, inf]]],
  ["abs", np.abs, [[-0, 0], [-inf, inf]]],
  ["sign", np.sign, [[0, 0], [-0, -0], [-inf, -1]]],
]; // prettier-ignore

const binaryCases: readonly (readonly [string, Binary, readonly (readonly [number, number, number])[]])[] = [
  ["add", (x, y) => np.add(x, y), [[inf, -inf, nan], [inf, inf, inf], [-0, -0, -0], [0, -0, 0], [1, -1, 0]]],
  ["sub", (x, y) => np.sub(x, y), [[inf, inf, nan], [-0, 0, -0], [0, 0, 0], [-0, -0, 0]]],
  ["mul", (x, y) => np.mul(x, y), [[inf, 0, nan], [-0, 3, -0], [inf, -2, -inf], [-0, -0, 0]]],
  ["div", (x, y) => np.div(x, y), [[0, 0, nan], [inf, inf, nan], [1, 0, inf], [1, -0, -inf], [-0, 5, -0], [3, -inf, -0]]],
  ["pow", (x, y) => np.pow(x, y), [[nan, 0, 1], [0, -1, inf], [-0, -3, -inf], [-0, -2, inf], [-0, 3, -0], [2, inf, inf], [0.5, inf, 0], [-inf, 3, -inf], [-inf, -3, -0], [-8, 1 / 3, nan]]],
  ["arctan2", (x, y) => np.arctan2(x, y), [[0, 0, 0], [0, -0, Math.PI], [-0, 0, -0], [-0, -0, -Math.PI], [1, 0, Math.PI / 2], [inf, inf, Math.PI / 4], [inf, -inf, (3 * Math.PI) / 4], [-1, inf, -0]]],
  ["maximum", (x, y) => np.maximum(x, y), [[nan, 1, nan], [1, nan, nan], [0, -0, 0], [-0, 0, 0], [inf, 1, inf]]],
  ["minimum", (x, y) => np.minimum(x, y), [[nan, 1, nan], [1, nan, nan], [0, -0, -0], [-0, 0, -0]]],
  ["remainder", (x, y) => np.remainder(x, y), [[1, 0, nan], [inf, 2, nan], [5, inf, 5], [-5, inf, inf], [5, -inf, -inf]]],
  ["floorDivide", (x, y) => np.floorDivide(x, y), [[0, 0, nan], [inf, 2, nan], [1, 0, inf], [-1, 0, -inf], [1, -inf, -1], [-1, inf, -1]]],
  ["logaddexp", (x, y) => np.logaddexp(x, y), [[inf, -inf, inf], [-inf, -inf, -inf], [nan, inf, nan]]],
]; // prettier-ignore

describe("27: the special cases of the array API standard hold on every back end", () => {
  test.each(unaryCases)("%s", (_name, f, cases) => {
    const x = array([nan, ...cases.map(([at]) => at)]);
    expect(everywhere((v) => f(v!), x).toList()).toEqual([nan, ...cases.map(([, value]) => value)]);
  });

  test.each(binaryCases)("%s", (_name, f, cases) => {
    const [x, y] = [array(cases.map(([left]) => left)), array(cases.map(([, right]) => right))];
    expect(everywhere((a, b) => f(a!, b!), x, y).toList()).toEqual(cases.map(([, , value]) => value));
  });
});

describe("27: the switch names the operation that first makes a NaN or an infinity", () => {
  afterEach(() => configure({ debugNans: false, debugInfs: false }));
  const f = (x: NDArray): NDArray => np.exp(np.log(np.sub(x, 2)).mul(0).add(1));

  test("eager, compiled, mapped and differentiated, and says nothing of NaN that came in", () => {
    configure({ debugNans: true });
    for (const call of [
      () => f(array(1)),
      () => jit(f)(array(1)),
      () => vmap(f)(array([3, 1])),
      () => grad(f)(array(1)),
    ])
      expectError(call, "FoundNaN", "log");
    expect(np.exp(array(nan)).item()).toBeNaN();
    configure({ debugNans: false, debugInfs: true });
    expectError(() => jit(f)(array(2)), "FoundInfinity", "log");
    configure({ debugInfs: false });
    expect(jit(f)(array(1)).item()).toBeNaN();
  });
});

test("28: signs of zero on every back end", () => {
  const z = array([-0, 0]);
  const table: readonly (readonly [(x: NDArray) => NDArray, readonly [number, number]])[] = [
    [(x) => np.neg(x), [0, -0]],
    [(x) => np.mul(x, -1), [0, -0]],
    [(x) => np.mul(x, 0), [-0, 0]],
    [(x) => np.add(x, 0), [0, 0]],
    [(x) => np.sub(x, 0), [-0, 0]],
    [(x) => np.div(x, -3), [0, -0]],
    [(x) => np.minimum(x, 0), [-0, 0]],
    [(x) => np.maximum(x, -0), [-0, 0]],
    [(x) => np.where(x.equal(0), x, 1), [-0, 0]],
    [(x) => np.sin(np.sqrt(np.round(x))), [-0, 0]],
    [(x) => np.concatenate([x, x]).at(np.slice(2)).get(), [-0, 0]],
  ];
  for (const [f, out] of table) expect(everywhere((x) => f(x!), z).toList(), String(f)).toEqual(out);
});

test("29: kinks have the same slope on every back end", () => {
  const table: readonly (readonly [(x: NDArray) => NDArray, number, number])[] = [
    [np.abs, 0, 0],
    [(x) => np.maximum(x, 1), 1, 0.5],
    [(x) => np.clip(x, 0, 1), 0, 0.5],
    [nn.relu, 0, 0],
    [nn.relu6, 6, 0],
    [(x) => np.max(np.stack([x, x, np.neg(x)])), 2, 1],
    [np.sqrt, 0, inf],
    [(x) => np.remainder(x, 2), 2, 1],
    [(x) => np.hypot(x, 0), 0, 0],
  ];
  for (const [f, at, slope] of table)
    expect(everywhere(grad(f) as (x: NDArray) => NDArray as never, array(at)).item(), String(f)).toBe(slope);
});

/** value and slope of saturating functions, in formulas that do not saturate early. */
const saturating: Readonly<Record<string, readonly [(x: NDArray) => NDArray, (x: number) => [number, number]]>> = {
  exp: [np.exp, (x) => [Math.exp(x), Math.exp(x)]],
  expm1: [np.expm1, (x) => [Math.expm1(x), Math.exp(x)]],
  tanh: [np.tanh, (x) => [Math.tanh(x), (2 / (Math.exp(x) + Math.exp(-x))) ** 2]],
  sigmoid: [
    nn.sigmoid,
    (x) => {
      const e = Math.exp(-Math.abs(x));
      return [x >= 0 ? 1 / (1 + e) : e / (1 + e), e / (1 + e) ** 2];
    },
  ],
  softplus: [
    nn.softplus,
    (x) => {
      const e = Math.exp(-Math.abs(x));
      return [Math.max(x, 0) + Math.log1p(e), x >= 0 ? 1 / (1 + e) : e / (1 + e)];
    },
  ],
  logSigmoid: [
    nn.logSigmoid,
    (x) => {
      const e = Math.exp(-Math.abs(x));
      return [Math.min(x, 0) - Math.log1p(e), x >= 0 ? e / (1 + e) : 1 / (1 + e)];
    },
  ],
  erf: [special.erf, (x) => [Math.abs(x) > 6 ? Math.sign(x) : nan, (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)]],
};

describe("32: from -750 to 750 values and slopes are those of a formula that does not overflow, everywhere", () => {
  const points = [
    -750, -745.13, -744.5, -710, -709.78, -708.4, -100, -88.8, -37, -20, -1, -1e-300, 5e-324, 1e-9, 0.5, 20, 37, 88.7,
    100, 700, 709.78, 709.8, 745, 750,
  ];
  const close = (seen: number, wanted: number, floor: number, which: string): void => {
    if (Number.isNaN(wanted) || seen === wanted) return;
    expect(Math.abs(seen - wanted), `${which}: ${seen}, ${wanted}`).toBeLessThanOrEqual(
      4e-13 * Math.abs(wanted) + floor,
    );
  };
  test.each(Object.entries(saturating))("%s", (name, [f, wanted]) => {
    const values = everywhere((x) => f(x!), array(points)).toTypedArray();
    const slopes = everywhere((x) => vmap(grad(f))(x!) as NDArray, array(points)).toTypedArray();
    points.forEach((x, k) => {
      const [value, slope] = wanted(x);
      // The last subnormals have few digits: their spacing is the floor.
      close(values[k]!, value, 1e-322, `${name}(${x})`);
      close(slopes[k]!, slope, 1e-322, `slope of ${name} at ${x}`);
    });
  });

  test("means and norms of numbers near the largest and the smallest do not overflow or vanish", () => {
    expect(everywhere((x) => np.hypot(x!, x!), array(1e308)).item() / 1e308).toBeCloseTo(Math.SQRT2, 14);
    expect(everywhere((x) => np.hypot(x!, x!), array(1e-310)).item()).toBeGreaterThan(1.41e-310);
    expect(everywhere((x) => nn.logsumexp(x!), array([1e308, 1e308])).item()).toBe(1e308);
    expect(everywhere((x) => nn.softmax(x!), array([-1e308, 1e308])).toList()).toEqual([0, 1]);
  });
});
