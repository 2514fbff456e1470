/**
 * Testing your own physics and your own primitive with what the library is tested with: heat flows through a bar whose cells
 * differ in conductivity; between two cells acts the harmonic mean of theirs, here a primitive with rules of its own.
 * Source of the scheme: Patankar 1980, Numerical Heat Transfer and Fluid Flow, section 4.2-3 (interface conductivity).
 * Run: npm run example -- testing-your-own
 */
import { array, authoring, customVjp, foriLoop } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { checkGrads, checkJit, checkLaws, checkProgram, checkVmap, generateProgram } from "cotangent/testing";

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

/** Temperatures after eight explicit time steps; the ends of the bar are insulated. */
const heat = (conductivity: NDArray, temperature: NDArray): NDArray => {
  const [left, right] = [conductivity.at(np.slice(0, -1)).get(), conductivity.at(np.slice(1)).get()];
  const between = np.mul(2, inSeries(left, right));
  const step = (_: NDArray, u: NDArray): NDArray => {
    const flux = np.mul(between, np.diff(u));
    return np.add(u, np.mul(0.1, np.diff(np.pad(flux, [[1, 1]]))));
  };
  return foriLoop(0, 8, step, temperature);
};

const conductivity = array([1, 2, 0.5, 0.7, 3]);
const temperature = array([1, 0, 0, 0.5, 0]);

const laws = checkLaws(inSeries);
console.log(
  `${laws.held.length} laws hold for inSeries; worst derivative ${laws.worstDerivativeError!.toExponential(0)}`,
);
for (const [law, reason] of Object.entries(laws.leftOut)) console.log(`  "${law}" does not apply: ${reason}`);

const { comparisons, worst } = checkGrads(heat, [conductivity, temperature]);
console.log(`${comparisons} derivatives of the heat flow agree, worst by nest of modes:`);
for (const [nest, error] of Object.entries(worst)) console.log(`  ${nest.padEnd(22)} ${error.toExponential(0)}`);

const { examples } = checkVmap(heat, [conductivity, temperature], { size: 4, inAxes: [0, null] });
console.log(`vmap equals a loop over ${examples} bars`);
console.log(
  `jit equals eager evaluation on ${Object.keys(checkJit(heat, [conductivity, temperature]).worst).join(", ")}`,
);

for (let seed = 0; seed < 50; seed++)
  checkProgram(
    generateProgram({
      seed,
      own: { inSeries: { primitive: inSeries, from: "./in-series.ts" } },
      primitives: ["exp", "dot"],
    }),
  );
console.log("50 random programs with it agree with themselves");

/** The same with a reverse rule that forgets the square. */
const wrong = customVjp((a: NDArray, b: NDArray) => inSeries(a, b), {
  fwd: (a: NDArray, b: NDArray) => [inSeries(a, b), [a, b, inSeries(a, b)]],
  bwd: ([a, b, out]: NDArray[], g: NDArray) => [np.mul(g, np.div(out!, a!)), np.mul(g, np.square(np.div(out!, b!)))],
});
try {
  checkGrads(wrong, [2, 3], { modes: ["reverse"] });
  process.exit(1);
} catch (error) {
  console.log(`a wrong rule: ${(error as Error).message}`);
}
