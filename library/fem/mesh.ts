/**
 * Regular grids and their fields. Fields keep their grid shape: element fields are [nely, nelx], nodal
 * vectors [nely + 1, nelx + 1, 2]; row 0 is the top edge, u_x points right, u_y up. Nobody flattens.
 */
import { gridFactorLength } from "../../kernels/sparse/grid.ts";
import { InvalidMesh, ShapeMismatch, TooLarge } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireShape, sameShape, showShape } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { array, full } from "../numpy/creation.ts";
import type { ArrayData } from "../numpy/creation.ts";

declare const fieldKind: unique symbol;

/** One number per element: an array of shape [nely, nelx]. Reshaped or transposed it is a plain array again. */
export type ElementField = NDArray & { readonly [fieldKind]: "element" };

/** A vector per node: shape [nely + 1, nelx + 1, 2]; load cases put their axis in front. */
export type VectorField = NDArray & { readonly [fieldKind]: "vector" };

export interface GridMesh {
  readonly kind: "grid";
  readonly nelx: number;
  readonly nely: number;
  /** Edge lengths of the whole box, metre. */
  readonly size: readonly [number, number];
  /** [nely, nelx] */
  readonly elementShape: readonly [number, number];
  /** [nely + 1, nelx + 1] */
  readonly nodeShape: readonly [number, number];
}

export interface GridOptions {
  /** Elements along x, 1 or more. */
  readonly nelx: number;
  /** Elements along y, 1 or more. */
  readonly nely: number;
  /** Edge lengths [x, y] of the whole box; unit elements without it. */
  readonly size?: readonly [number, number];
}

/** Positions in a factor are 32-bit integers. */
const largestFactor = 2 ** 31;

/**
 * A regular grid of rectangles.
 * @throws InvalidMesh for counts that are not whole numbers from 1, or lengths that are not positive;
 *   TooLarge, before anything is allocated, for a grid whose factor would have 2^31 numbers (about 2400 x 2400)
 * @example gridMesh({ nelx: 96, nely: 64 }).nodeShape // [65, 97]
 */
export const gridMesh = (options: GridOptions): GridMesh => {
  requireOptions("gridMesh", options, ["nelx", "nely", "size"], true);
  const { nelx, nely, size = [nelx, nely] } = options;
  if (![nelx, nely].every((count) => Number.isSafeInteger(count) && count >= 1))
    throw new InvalidMesh("gridMesh", `nelx ${nelx}, nely ${nely}`, "Element counts are whole numbers, 1 or more");
  requireShape("gridMesh", [nely + 1, nelx + 1, 2]);
  const factorLength = gridFactorLength(nelx, nely, 2);
  if (factorLength > largestFactor)
    throw new TooLarge(
      "gridMesh",
      `a direct solve on ${nelx} x ${nely} elements needs about ${(factorLength / 2 ** 27).toPrecision(3)} GiB`,
      `The limit is ${largestFactor / 2 ** 27} GiB: use a coarser grid`,
    );
  if (size.length !== 2 || !size.every((length) => Number.isFinite(length) && length > 0))
    throw new InvalidMesh("gridMesh", `size [${size.join(", ")}]`, "Give two positive lengths, [x, y]");
  return Object.freeze({
    kind: "grid",
    nelx,
    nely,
    size: Object.freeze([size[0], size[1]] as const),
    elementShape: Object.freeze([nely, nelx] as const),
    nodeShape: Object.freeze([nely + 1, nelx + 1] as const),
  } as const);
};

/** Checks that trailing axes have the shape; leading axes are batches or load cases. */
const requireTail = (asked: string, x: NDArray, tail: Shape): void => {
  if (!sameShape(x.shape.slice(Math.max(0, x.ndim - tail.length)), tail))
    throw new ShapeMismatch(
      asked,
      `an array of shape ${showShape(x.shape)}`,
      `This mesh needs ${showShape(tail)}: rows from the top, then columns`,
    );
};

/**
 * An element field from a number, nested rows (top row first) or an array of shape [nely, nelx].
 * @throws ShapeMismatch, also for a transposed or flattened array
 * @example elementField(mesh, 0.5).shape // [2, 4]
 */
export const elementField = (mesh: GridMesh, values: number | ArrayData): ElementField => {
  if (typeof values === "number") return full(mesh.elementShape, values) as ElementField;
  const field = array(values);
  requireTail("elementField", field, mesh.elementShape);
  return field as ElementField;
};

/**
 * A nodal vector field from a number or an array of shape [nely + 1, nelx + 1, 2].
 * @example vectorField(mesh, 0).shape // [3, 5, 2]
 */
export const vectorField = (mesh: GridMesh, values: number | ArrayData): VectorField => {
  const shape = [...mesh.nodeShape, 2];
  if (typeof values === "number") return full(shape, values) as VectorField;
  const field = array(values);
  requireTail("vectorField", field, shape);
  return field as VectorField;
};
