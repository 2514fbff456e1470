/** Element matrices and random numbers for the tests of the hierarchy. */
import { cornersOf } from "../../../kernels/multigrid/geometry.ts";
import { withCorners } from "../../../kernels/multigrid/modes.ts";
import { h8Elasticity, h8Heat } from "../../../kernels/sparse/hexahedron.ts";
import { q4Heat, q4PlaneStress } from "../../../kernels/sparse/quadrilateral.ts";

/** Corners of the library's elements as steps along the axes, slowest first; row 0 is the top. */
const quadrilateral = [
  [1, 0],
  [1, 1],
  [0, 1],
  [0, 0],
];
const brick = [0, 1].flatMap((layer) => quadrilateral.map((corner) => [layer, ...corner]));

/** Dimension and dofs per node of the library's elements. */
export const elementKinds = [
  [2, 2],
  [2, 1],
  [3, 3],
  [3, 1],
] as const;

/** An element of the library. */
export const libraryElement = (dimension: number, components: number): Float64Array => {
  if (dimension === 2) return components === 1 ? q4Heat() : q4PlaneStress(0.3);
  return components === 1 ? h8Heat() : h8Elasticity(0.3);
};

/** An element of the library with its corners in the order of the hierarchy; `isSkew`: without its symmetries. */
export const elementOf = (dimension: number, components: number, isSkew: boolean): Float64Array => {
  const matrix = libraryElement(dimension, components);
  const own = withCorners(matrix, dimension === 2 ? quadrilateral : brick, components);
  if (!isSkew) return own;
  const size = components * cornersOf(dimension).length;
  return own.map((value, k) => (k === 0 || k === size + 1 || k === (size + 1) * 3 ? value + 0.5 : value));
};

/** Numbers in (-1, 1), the same for the same seed. */
export const randomNumbers = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 31 - 1;
  };
};
