/**
 * Testing a primitive of your own with what the library's are tested with: half of the harmonic mean of two conductivities, as
 * between two cells of a bar that differ, with rules of its own.
 * Source: Patankar 1980, Numerical Heat Transfer and Fluid Flow, section 4.2-3 (interface conductivity).
 * Run: npm run example -- testing-a-primitive
 */
import { authoring } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { checkLaws, checkProgram, generateProgram } from "cotangent/testing/properties";

const { binaryExpression, binaryJvp, definePrimitive, elementwise, elementwiseBatch } = authoring;
const { mapBinary, noParameters, notLinear, reals, requireEqual, requireFloat, sampleElementwise } = authoring;

/** 1 / (1/a + 1/b), half of the harmonic mean. The laws at its end say what it is tried with. */
const inSeries: authoring.Binary = definePrimitive<[NDArray, NDArray]>({
  name: "inSeries",
  evaluate: ([a, b]) => mapBinary((x, y) => (x * y) / (x + y), a, b),
  abstractEval: (operands) => {
    requireEqual("inSeries", operands);
    return requireFloat("inSeries", operands[0]);
  },
  jvp: binaryJvp(
    (a, b) => inSeries(a, b),
    (da, db) => np.add(da, db),
    (da, a, _b, out) => np.mul(da, np.square(np.div(out, a))),
    (db, _a, b, out) => np.mul(db, np.square(np.div(out, b))),
  ),
  transpose: notLinear,
  batch: elementwiseBatch(([a, b]) => inSeries(a!, b!)),
  // In float64 and rounded once, as evaluate does: the laws see the last bit of float32.
  lower: elementwise(([a, b]) => {
    const [x, y] = [a!, b!].map((operand) => ({ op: "convert", x: operand, dtype: "float64" }) as const);
    const ratio = binaryExpression("div", binaryExpression("mul", x!, y!), binaryExpression("add", x!, y!));
    return { op: "convert", x: ratio, dtype: a!.dtype };
  }),
  laws: {
    sample: sampleElementwise(noParameters, reals(0.5, 4), reals(0.5, 4)),
    reference: (a, b) => 1 / (1 / a! + 1 / b!),
    maxUlp: 4,
  },
});

const laws = checkLaws(inSeries);
console.log(
  `${laws.held.length} laws hold for inSeries; worst derivative ${laws.worstDerivativeError!.toExponential(0)}`,
);
for (const [law, reason] of Object.entries(laws.leftOut)) console.log(`  "${law}" does not apply: ${reason}`);

for (let seed = 0; seed < 50; seed++)
  checkProgram(
    generateProgram({
      seed,
      own: { inSeries: { primitive: inSeries, from: "./in-series.ts" } },
      primitives: ["exp", "dot"],
    }),
  );
console.log("50 random programs with it agree with themselves");
