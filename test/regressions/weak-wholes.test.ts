/** A whole number promotes by its value, whether it is known or traced: eager and staged programs agree in value and dtype. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, checkpoint, cond, foriLoop, jit, scan } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";

const edges = [0, 1, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32 - 1, 2 ** 32, 3e9, -3e9, 0.5];
const numbers = fc.oneof(fc.constantFrom(...edges), fc.integer());
const operations = { add: np.add, multiply: np.multiply, maximum: np.maximum, floorDivide: np.floorDivide };
type Binary = (x: NDArray, s: NDArray) => NDArray;

test("a number given to jit, cond, checkpoint and scan does what it does in eager code", () => {
  fc.assert(
    fc.property(
      numbers,
      fc.constantFrom("int32" as const, "uint32" as const, "bool" as const, "float32" as const),
      fc.constantFrom("add", "multiply", "maximum", "floorDivide"),
      (number, dtype, name) => {
        const x = array([1, 0, 1], { dtype });
        const f = operations[name as "add"] as Binary;
        const wanted = f(x, number as unknown as NDArray);
        const inScan = scan(
          (carry: NDArray, row: NDArray) => [carry, f(row, carry)],
          number as unknown as NDArray,
          x,
        )[1];
        const seen = [
          jit((y: NDArray, s: NDArray) => f(y, s))(x, number),
          cond(
            true,
            (s: NDArray) => f(x, s),
            (s: NDArray) => f(x, s),
            number,
          ),
          checkpoint((s: NDArray) => f(x, s))(number),
          inScan,
        ];
        for (const result of seen)
          expect([result.dtype, ...(result as NDArray).toTypedArray()]).toEqual([
            wanted.dtype,
            ...wanted.toTypedArray(),
          ]);
      },
    ),
  );
});

test("numbers of two kinds that meet in a branch or a loop promote as a fraction does", () => {
  const u = array([5], { dtype: "uint32" });
  const chosen = cond(
    false,
    () => 1,
    () => -1,
  );
  expect(u.add(chosen as unknown as NDArray).toList()).toEqual([4]);
  const counted = foriLoop(0, 3, (_k: NDArray, s: NDArray) => s, -1);
  expect(u.add(counted as unknown as NDArray).toList()).toEqual([4]);
});
