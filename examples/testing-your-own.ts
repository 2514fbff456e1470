/**
 * Testing physics of your own with what the library is tested with: heat flows through a bar whose cells differ in conductivity;
 * between two cells acts the harmonic mean of theirs. A reverse rule with a mistake is found.
 * Source of the scheme: Patankar 1980, Numerical Heat Transfer and Fluid Flow, section 4.2-3 (interface conductivity).
 * Run: npm run example -- testing-your-own
 */
import { array, customVjp, foriLoop } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { checkGrads, checkJit, checkVmap } from "cotangent/testing";

/** 1 / (1/a + 1/b), half of the harmonic mean. */
const inSeries = (a: NDArray, b: NDArray): NDArray => np.div(np.mul(a, b), np.add(a, b));

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

const { comparisons, worst } = checkGrads(heat, [conductivity, temperature]);
console.log(`${comparisons} derivatives of the heat flow agree, worst by nest of modes:`);
for (const [nest, error] of Object.entries(worst)) console.log(`  ${nest.padEnd(22)} ${error.toExponential(0)}`);

const { examples } = checkVmap(heat, [conductivity, temperature], { size: 4, inAxes: [0, null] });
console.log(`vmap equals a loop over ${examples} bars`);
console.log(
  `jit equals eager evaluation on ${Object.keys(checkJit(heat, [conductivity, temperature]).worst).join(", ")}`,
);

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
