/**
 * Options come last: they may stand behind whichever of the optional arguments is given last, and mean the same there.
 */
import { describe, expect, test } from "vitest";
import { array, NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { expectError } from "../semantics/support.ts";

type Call = (...args: readonly any[]) => unknown;

/** A function with arguments that it needs, its optional ones at their defaults, and options that change the result. */
type Row = readonly [
  name: string,
  call: Call,
  needed: readonly unknown[],
  defaults: readonly unknown[],
  options: object,
];

const key = random.key(3);
const vector = array([1, 2, 3]);
const matrix = array([[1, 2], [3, 4]]); // prettier-ignore

const initializer = (name: keyof typeof nn.initializers, first: number, options: object): Row => {
  const make = nn.initializers[name] as Call;
  return [
    `nn.initializers.${name}`,
    (...args) => (make(...args) as nn.initializers.Initializer)(key, [3, 4, 4]),
    [],
    [first],
    options,
  ];
};

const rows: readonly Row[] = [
  ["np.arange of a stop", np.arange as Call, [3], [undefined, 1], { dtype: "int32" }],
  ["np.arange of two ends", np.arange as Call, [1, 4], [1], { dtype: "float32" }],
  ["np.linspace", np.linspace as Call, [0, 1], [50], { endpoint: false, dtype: "float32" }],
  ["np.linspace with its step", np.linspace as Call, [0, vector], [50], { retstep: true, axis: 1 }],
  ["np.logspace", np.logspace as Call, [0, 1], [50], { base: 2 }],
  ["np.geomspace", np.geomspace as Call, [1, 8], [50], { endpoint: false }],
  ["np.eye", np.eye as Call, [3], [3], { k: 1, dtype: "bool" }],
  ["np.tri", np.tri as Call, [3], [3], { k: -1, dtype: "float32" }],
  ["np.vander", np.vander as Call, [vector], [3], { increasing: true }],
  ["np.polyint", np.polyint as Call, [vector], [1], { k: 7 }],
  ["np.rot90", np.rot90 as Call, [matrix], [1], { axes: [1, 0] }],
  ["random.uniform", random.uniform as Call, [key], [[]], { minval: 5, maxval: 6 }],
  ...Object.entries({
    normal: random.normal,
    exponential: random.exponential,
    laplace: random.laplace,
    logistic: random.logistic,
    gumbel: random.gumbel,
    cauchy: random.cauchy,
    maxwell: random.maxwell,
    rademacher: random.rademacher,
  }).map(([name, call]): Row => [`random.${name}`, call as Call, [key], [[]], { dtype: "float32" }]),
  ["random.bits", random.bits as Call, [key], [[]], { width: 64 }],
  ["random.choice", random.choice as Call, [key, matrix], [[]], { axis: 1 }],
  ["random.bernoulli", random.bernoulli as Call, [key], [0.5], { shape: [9] }],
  ["random.lognormal", random.lognormal as Call, [key], [1], { shape: [2] }],
  initializer("truncatedNormal", 0.01, { lower: 1, upper: 2 }),
  initializer("orthogonal", 1, { columnAxis: 0 }),
  initializer("deltaOrthogonal", 1, { columnAxis: 0 }),
  initializer("sirenHidden", 30, { outAxis: 0 }),
  ["random.ball", random.ball as Call, [key, 2], [2], { shape: [2] }],
];

/** Shapes, dtypes and numbers of what a call gives. */
const seen = (result: unknown): unknown =>
  (result instanceof NDArray ? [result] : (result as readonly NDArray[])).map((x) => [x.dtype, x.shape, x.toList()]);

describe("options mean the same whichever of the optional arguments before them are left out", () => {
  test.each(rows)("%s", (_name, call, needed, defaults, options) => {
    const whole = seen(call(...needed, ...defaults, options));
    expect(whole).not.toEqual(seen(call(...needed, ...defaults)));
    for (let given = 0; given < defaults.length; given++)
      expect(seen(call(...needed, ...defaults.slice(0, given), options))).toEqual(whole);
  });

  test.each(rows)("%s refuses unknown ones by name there", (_name, call, needed) => {
    expectError(() => call(...needed, { noSuchOption: 1 }), "UnknownOption", '"noSuchOption"');
  });

  test.each(rows)(
    "%s refuses options in front of an argument, and other kinds in their place",
    (_name, call, needed, defaults, options) => {
      const last = defaults.at(-1) ?? 1;
      for (const wrong of [[options, last], [options, options], [[null]], ["3"], [null], [() => 3]])
        expect(() => call(...needed, ...wrong)).toThrow(expect.objectContaining({ code: expect.any(String) }));
    },
  );
});
