/**
 * Elementary and special functions against 2000 exact values each: on every back end the same bits, within the bound
 * that stands beside the name. Where a function passes through zero in between, errors count in ulp of `floor`.
 */
import { expect, test } from "vitest";
import { array, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as special from "cotangent/special";
import { power } from "../../ops/exponential.ts";
import { readTable, tableNames, ulpError } from "./tables.ts";

type ArrayFunction = (...x: NDArray[]) => NDArray;

interface Case {
  readonly f: ArrayFunction;
  /** Largest error in ulp, one number or by the exact value. */
  readonly maxUlp: number | ((value: number) => number);
  /** Magnitude below which errors count absolutely. */
  readonly floor?: (...x: readonly number[]) => number;
}

const within = (maxUlp: Case["maxUlp"], f: ArrayFunction, floor?: Case["floor"]): Case =>
  floor === undefined ? { f, maxUlp } : { f, maxUlp, floor };

/** Errors that grow with the logarithm of the result: those of an exponential with a rounded argument. */
const byLogarithm =
  (base: number, slope: number) =>
  (value: number): number =>
    base + slope * Math.abs(Math.log(Math.max(Math.abs(value), 5e-324)));

/** The terms that cancel at zeros of gammaln below 0. */
const gammalnFloor = (x: number): number => (x < 0 ? 1 + Math.abs(x * Math.log(Math.abs(x) + 1)) : 0);
const digammaFloor = (x: number): number => (x < 0 ? Math.PI + Math.log(1 - x) : 0);

const cases: Readonly<Record<string, Case>> = {
  exp: within(1, (x) => np.exp(x!)),
  expm1: within(1, (x) => np.expm1(x!)),
  exp2: within(1, (x) => np.exp2(x!)),
  log: within(1, (x) => np.log(x!)),
  log2: within(1, (x) => np.log2(x!)),
  log10: within(2, (x) => np.log10(x!)),
  log1p: within(1, (x) => np.log1p(x!)),
  cbrt: within(1, (x) => np.cbrt(x!)),
  sin: within(1, (x) => np.sin(x!)),
  cos: within(1, (x) => np.cos(x!)),
  tan: within(1, (x) => np.tan(x!)),
  asin: within(1, (x) => np.arcsin(x!)),
  acos: within(1, (x) => np.arccos(x!)),
  atan: within(1, (x) => np.arctan(x!)),
  sinh: within(2, (x) => np.sinh(x!)),
  cosh: within(2, (x) => np.cosh(x!)),
  tanh: within(2, (x) => np.tanh(x!)),
  asinh: within(2, (x) => np.arcsinh(x!)),
  acosh: within(2, (x) => np.arccosh(x!)),
  atanh: within(2, (x) => np.arctanh(x!)),
  sigmoid: within(2, (x) => nn.sigmoid(x!)),
  pow: within(1, (x, y) => power(x!, y!)),
  atan2: within(2, (y, x) => np.arctan2(y!, x!)),
  erf: within(4, (x) => special.erf(x!)),
  erfc: within(4, (x) => special.erfc(x!)),
  erfcx: within(4, (x) => special.erfcx(x!)),
  erfinv: within(4, (x) => special.erfinv(x!)),
  erfcinv: within(4, (x) => special.erfcinv(x!)),
  ndtr: within(4, (x) => special.ndtr(x!)),
  ndtri: within(4, (x) => special.ndtri(x!)),
  logNdtr: within(4, (x) => special.logNdtr(x!)),
  gamma: within(4, (x) => special.gamma(x!)),
  gammaln: within(4, (x) => special.gammaln(x!), gammalnFloor),
  digamma: within(4, (x) => special.digamma(x!), digammaFloor),
  trigamma: within(4, (x) => special.polygamma(1, x!)),
  polygamma4: within(6, (x) => special.polygamma(4, x!)),
  zeta: within(4, (s, q) => special.zeta(s!, q!)),
  betaln: within(
    4,
    (a, b) => special.betaln(a!, b!),
    () => 1,
  ),
  gammainc: within(byLogarithm(40, 4), (a, x) => special.gammainc(a!, x!)),
  gammaincc: within(byLogarithm(40, 4), (a, x) => special.gammaincc(a!, x!)),
  betainc: within(byLogarithm(128, 4), (a, b, x) => special.betainc(a!, b!, x!)),
  i0: within(4, (x) => special.i0(x!)),
  i0e: within(4, (x) => special.i0e(x!)),
  i1: within(4, (x) => special.i1(x!)),
  i1e: within(4, (x) => special.i1e(x!)),
  expi: within(4, (x) => special.expi(x!)),
  exp1: within(4, (x) => special.exp1(x!)),
  expn3: within(6, (x) => special.expn(3, x!)),
  sinIntegral: within(4, (x) => special.sici(x!)[0]),
  cosIntegral: within(
    4,
    (x) => special.sici(x!)[1],
    (x) => (x! < 4 ? 1 : 1 / x!),
  ),
  fresnelS: within(4, (x) => special.fresnel(x!)[0]),
  fresnelC: within(4, (x) => special.fresnel(x!)[1]),
  dawsn: within(4, (x) => special.dawsn(x!)),
  spence: within(4, (x) => special.spence(x!)),
  klDiv: within(16, (p, q) => special.klDiv(p!, q!)),
  logit: within(4, (x) => special.logit(x!)),
  xlog1py: within(2, (x, y) => special.xlog1py(x!, y!)),
};

test("every table belongs to a function and every function has a table", () => {
  expect(Object.keys(cases).sort()).toEqual([...tableNames]);
});

const backends = ["js", "wasm", "interpreter"] as const;

test.each(Object.entries(cases))(
  "%s keeps its bound and has the same bits on every back end",
  (name, { f, maxUlp, floor }) => {
    const table = readTable(name);
    const columns = table.arguments.map((column) => array(column));
    const seen = f(...columns).toTypedArray();
    for (const backend of backends) {
      const compiled = jit(f, { backend })(...columns).toTypedArray();
      const differing = compiled.findIndex((value, k) => !Object.is(value, seen[k]));
      expect(differing, `${name} on ${backend} at ${table.arguments.map((column) => column[differing]).join()}`).toBe(
        -1,
      );
    }
    let worst = { excess: -Infinity, text: "" };
    for (let k = 0; k < seen.length; k++) {
      const point = table.arguments.map((column) => column[k]!);
      const value = table.values[k]!;
      const error = ulpError(seen[k]!, value, table.remainders[k]!, floor?.(...point));
      const excess = error - (typeof maxUlp === "number" ? maxUlp : maxUlp(value));
      if (excess > worst.excess) worst = { excess, text: `${error} ulp at ${point.join()}: ${seen[k]} for ${value}` };
    }
    if (process.env["SHOW"]) console.log(name, worst.text);
    expect(worst.excess, worst.text).toBeLessThanOrEqual(0);
  },
);
