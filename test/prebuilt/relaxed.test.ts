/** Relaxed matrix products: asked for by a setting, close to the others where the engine has them, the others elsewhere. */
import { afterEach, expect, test } from "vitest";
import { configure, explain, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { hasRelaxedSimd } from "../../kernels/assembler/index.ts";

afterEach(() => configure({ relaxed: false }));

const x = np.sin(np.arange(90 * 90)).reshape([90, 90]);
const f = (a: NDArray): NDArray => np.matmul(a, a.T);

test.each(["float64", "float32"] as const)("a %s product is within rounding of the usual one", (dtype) => {
  const own = x.astype(dtype);
  const usual = jit(f)(own);
  configure({ relaxed: true });
  const relaxed = jit((a: NDArray) => f(a))(own);
  const largest = np.max(np.abs(usual.sub(relaxed))).item();
  if (hasRelaxedSimd()) expect(largest).toBeLessThan(90 * (dtype === "float64" ? 2 ** -50 : 2 ** -21));
  else expect(largest).toBe(0);
});

test("it is used where it is asked for and there, and a program is compiled anew for it", () => {
  const program = jit(f);
  const usual = program(x);
  configure({ relaxed: true });
  expect(explain(f, x).includes("kernel relaxed matmul")).toBe(hasRelaxedSimd());
  expect(np.allclose(program(x), usual).item()).toBe(1);
  configure({ relaxed: false });
  expect(explain(f, x)).toContain("kernel matmul");
  expect(String(program(x))).toBe(String(usual));
});
