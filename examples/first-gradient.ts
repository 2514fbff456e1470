/**
 * First steps: a function, its gradient, the gradients of many points at once, and all of it compiled.
 * Run: npm run example -- first-gradient
 */
import { array, grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";

/** Rosenbrock's valley: 0 at (1, 1) and nowhere else. */
const valley = (p: NDArray): NDArray => {
  const [x, y] = [p.at(0).get(), p.at(1).get()];
  return np.square(np.sub(1, x)).add(np.square(y.sub(np.square(x))).mul(100));
};
const points = array([
  [-1, 1],
  [0, 0.5],
  [1, 1],
]);

console.log(`value     ${valley(array([-1, 1])).toString()}`);
console.log(`gradient  ${grad(valley)(array([-1, 1])).toString()}`);
console.log(`of many   ${vmap(grad(valley))(points).toString()}`);
console.log(`compiled  ${jit(vmap(grad(valley)))(points).toString()}`);
