/** Coordinates of cells: order, symmetry, spacing, refinement. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import { expectBits, expectClose, testRefusals } from "./networks-support.ts";

const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });

/** The component that runs along an axis of the array. */
const along = (grid: NDArray, axis: number): NDArray => np.take(grid, grid.ndim - 2 - axis, { axis: -1 });

test("component k of a cell is (2 i + 1) / n - 1 of its index along the k-th axis from the end", () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const grid = nn.coordinates(shape);
      expect(grid.shape).toEqual([...shape, shape.length]);
      shape.forEach((size, axis) => {
        const index = np.take(np.indices(shape), axis, { axis: 0 });
        expectClose(along(grid, axis), np.sub(np.div(np.add(np.mul(index, 2), 1), size), 1), 1e-15);
      });
    }),
  );
});

test("turning an axis around changes the sign of its component, to the bit", () => {
  fc.assert(
    fc.property(shapes, fc.boolean(), fc.integer({ min: 1, max: 3 }), (shape, isIsotropic, refine) => {
      const grid = nn.coordinates(shape, { isIsotropic, refine });
      shape.forEach((_, axis) => {
        const own = along(grid, axis);
        expectBits(np.add(np.flip(own, axis), 0), np.sub(0, own));
      });
    }),
  );
});

test("isotropic cells are squares, and the longest axis spans [-1, 1]", () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const grid = nn.coordinates(shape, { isIsotropic: true });
      const longest = Math.max(...shape);
      shape.forEach((size, axis) => {
        const own = along(grid, axis);
        expect(Math.abs(np.max(own).item() - (size - 1) / longest)).toBeLessThan(1e-15);
        if (size === 1) return;
        const steps = np.diff(own, { axis });
        expectClose(steps, np.full(steps.shape, 2 / longest), 1e-15);
      });
    }),
  );
});

test("the mean of the cells into which a cell is split is its centre", () => {
  fc.assert(
    fc.property(shapes, fc.boolean(), fc.integer({ min: 1, max: 4 }), (shape, isIsotropic, refine) => {
      const fine = nn.coordinates(shape, { isIsotropic, refine });
      expect(fine.shape).toEqual([...shape.map((size) => size * refine), shape.length]);
      const split = fine.reshape([...shape.flatMap((size) => [size, refine]), shape.length]);
      const mean = np.mean(split, { axis: shape.map((_, axis) => 2 * axis + 1) });
      expectClose(mean, nn.coordinates(shape, { isIsotropic }), 1e-15);
    }),
  );
});

test("float32 coordinates are those of float64, rounded once", () => {
  const wide = nn.coordinates([5, 7, 3]);
  const single = nn.coordinates([5, 7, 3], { dtype: "float32" });
  expectBits(single, wide.astype("float32"));
});

testRefusals([
  ["a number as the shape", () => nn.coordinates(4 as never), "InvalidOption", "shape 4"],
  ["no axis", () => nn.coordinates([]), "InvalidOption"],
  ["an empty axis", () => nn.coordinates([0, 3]), "InvalidOption"],
  ["half a refinement", () => nn.coordinates([3], { refine: 0.5 }), "InvalidOption", "refine"],
  ["a misspelt option", () => nn.coordinates([3], { isotropic: true } as never), "UnknownOption", "isIsotropic"],
  ["an aspect that is no claim", () => nn.coordinates([3], { isIsotropic: 1 as never }), "InvalidOption"],
  ["coordinates that are whole numbers", () => nn.coordinates([3], { dtype: "int32" as never }), "DTypeMismatch"],
]);
