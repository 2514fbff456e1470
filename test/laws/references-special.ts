/** Naive definitions of the special functions that have parameters. */
import { integral } from "../../ops/special-references.ts";
import { read, sums } from "./tables.ts";
import type { Index, Reference, Table } from "./tables.ts";

const elementwise = (f: (params: any, x: number) => number): Reference =>
  sums(([x], params: unknown) => ({
    shape: x!.shape,
    dtype: x!.dtype,
    at: (index: Index) => f(params, read(x as Table, index)),
  }));

/** (-1)^(n + 1) n! times the sum of (x + k)^-(n + 1): 2000 terms, then the integral with its first corrections. */
const polygammaSum = (n: number, x: number): number => {
  const s = n + 1;
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  const w = x + 2000;
  let sum = w ** -s * (w / n + 0.5 + s / (12 * w));
  for (let k = 1999; k >= 0; k--) sum += (x + k) ** -s;
  return (n % 2 === 0 ? -1 : 1) * factorial * sum;
};

/** The sum of (x / 2)^(2k + n) / (k! (k + n)!). */
const besselSum = (n: number, x: number): number => {
  let term = 1;
  for (let k = 1; k <= n; k++) term *= x / 2 / k;
  let sum = 0;
  for (let k = 0; k < 60; k++) {
    sum += term;
    term *= (x * x) / 4 / ((k + 1) * (k + 1 + n));
  }
  return sum;
};

/** The integral of u^(n - 2) e^(-x / u) over u from 0 to 1: that of e^(-x t) / t^n with t = 1 / u. */
const expnIntegral = (n: number, x: number): number => integral((u) => u ** (n - 2) * Math.exp(-x / u), 0, 1);

type Ordered = { readonly order: number };

export const specialReferences: Readonly<Record<string, Reference>> = {
  besselI: elementwise(({ order }: Ordered, x) => besselSum(order, x)),
  besselIScaled: elementwise(({ order }: Ordered, x) => besselSum(order, x) * Math.exp(-Math.abs(x))),
  expn: elementwise(({ order }: Ordered, x) => expnIntegral(order, x)),
  relativeExponential: elementwise(({ order }: Ordered, x) => integral((t) => t ** order * Math.exp(x * t), 0, 1)),
  sineQuotient: elementwise(({ order }: Ordered, x) =>
    integral((t) => t ** order * Math.cos(x * t + (order * Math.PI) / 2), 0, 1),
  ),
  polygamma: elementwise(({ order }: Ordered, x) => polygammaSum(order, x)),
};
