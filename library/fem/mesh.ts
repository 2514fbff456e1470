/**
 * Regular grids of rectangles or bricks and their fields. Fields keep their grid shape: element fields are [nely, nelx] or
 * [nelz, nely, nelx], nodal scalars have one more along every axis, nodal vectors their components behind. Row 0 is the top
 * edge, layer 0 is z = 0; u_x points right, u_y up, u_z along the layers. Nobody flattens.
 */
import { InvalidMesh, ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireShape, sameShape, showShape } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import { array, full } from "../numpy/creation.ts";
import type { ArrayData } from "../numpy/creation.ts";
import { asOperand, toDType } from "../numpy/operand.ts";

declare const fieldKind: unique symbol;

/** One number per element: an array of shape [nely, nelx] or [nelz, nely, nelx]. Reshaped or transposed it is a plain array again. */
export type ElementField = NDArray & { readonly [fieldKind]: "element" };

/** A vector per node: shape [nely + 1, nelx + 1, 2] or [nelz + 1, nely + 1, nelx + 1, 3]; load cases put their axis in front. */
export type VectorField = NDArray & { readonly [fieldKind]: "vector" };

/** A number per node: shape [nely + 1, nelx + 1] or [nelz + 1, nely + 1, nelx + 1]; load cases put their axis in front. */
export type ScalarField = NDArray & { readonly [fieldKind]: "scalar" };

/** Two numbers in the plane, three in space. */
export type PerAxis = readonly number[] & { readonly 0: number; readonly 1: number };

export interface GridMesh {
  readonly kind: "grid";
  readonly dimensions: 2 | 3;
  readonly nelx: number;
  readonly nely: number;
  /** Absent in the plane. */
  readonly nelz?: number;
  /** Edge lengths [x, y] or [x, y, z] of the whole box, metre. */
  readonly size: PerAxis;
  /** [nely, nelx] or [nelz, nely, nelx] */
  readonly elementShape: PerAxis;
  /** [nely + 1, nelx + 1] or [nelz + 1, nely + 1, nelx + 1] */
  readonly nodeShape: PerAxis;
}

export interface GridOptions {
  /** Elements along x, 1 or more. */
  readonly nelx: number;
  /** Elements along y, 1 or more. */
  readonly nely: number;
  /** Layers of elements along z, 1 or more: the mesh is one of bricks. Without it, one of rectangles in the plane. */
  readonly nelz?: number | undefined;
  /** Edge lengths [x, y] or [x, y, z] of the whole box; unit elements without it. */
  readonly size?: PerAxis;
}

/** One entry per axis of the mesh, frozen. */
const perAxis = (entries: readonly number[]): PerAxis => Object.freeze([...entries]) as unknown as PerAxis;

/**
 * A regular grid of rectangles, or of bricks where `nelz` is given.
 * @throws InvalidMesh for counts that are not whole numbers from 1, or lengths that are not positive;
 *   TooLarge, before anything is allocated, for a grid whose displacements would be too large an array
 * @example gridMesh({ nelx: 96, nely: 64 }).nodeShape // [65, 97]
 * @example gridMesh({ nelx: 8, nely: 2, nelz: 4, size: [2, 1, 1] }).elementShape // [4, 2, 8]
 */
export const gridMesh = (options: GridOptions): GridMesh => {
  requireOptions("gridMesh", options, ["nelx", "nely", "nelz", "size"], true);
  const { nelx, nely, nelz } = options;
  const counts = nelz === undefined ? [nelx, nely] : [nelx, nely, nelz];
  if (!counts.every((count) => Number.isSafeInteger(count) && count >= 1))
    throw new InvalidMesh(
      "gridMesh",
      ["nelx", "nely", "nelz"]
        .slice(0, counts.length)
        .map((name, axis) => `${name} ${showValue(counts[axis])}`)
        .join(", "),
      "Element counts are whole numbers, 1 or more",
    );
  const elementShape = [...counts].reverse();
  const nodeShape = elementShape.map((count) => count + 1);
  requireShape("gridMesh", [...nodeShape, counts.length]);
  const size = options.size ?? counts;
  const isLength = (length: unknown): boolean => typeof length === "number" && Number.isFinite(length) && length > 0;
  if (!Array.isArray(size) || size.length !== counts.length || !size.every(isLength))
    throw new InvalidMesh(
      "gridMesh",
      `size ${Array.isArray(size) ? `[${size.map((length) => showValue(length)).join(", ")}]` : showValue(size)}`,
      nelz === undefined ? "Give two positive lengths, [x, y]" : "Give three positive lengths, [x, y, z]",
    );
  return Object.freeze({
    kind: "grid",
    dimensions: counts.length as 2 | 3,
    nelx,
    nely,
    ...(nelz === undefined ? {} : { nelz }),
    size: perAxis(size),
    elementShape: perAxis(elementShape),
    nodeShape: perAxis(nodeShape),
  } as const);
};

/** Whether a value has all that a mesh has: a copy of one, as another thread gets it, is a mesh as well. */
export const isMesh = (value: unknown): value is GridMesh => {
  if (typeof value !== "object" || value === null) return false;
  const { kind, dimensions, nelx, nely, nelz, elementShape, nodeShape, size } = value as Partial<GridMesh>;
  const counts = nelz === undefined ? [nely, nelx] : [nelz, nely, nelx];
  const areEntries = (list: unknown, isRight: (entry: unknown, axis: number) => boolean): boolean =>
    Array.isArray(list) && list.length === counts.length && list.every(isRight);
  return (
    kind === "grid" &&
    dimensions === counts.length &&
    areEntries(elementShape, (count, axis) => Number.isSafeInteger(count) && count === counts[axis]) &&
    areEntries(nodeShape, (count, axis) => count === counts[axis]! + 1) &&
    areEntries(size, Number.isFinite)
  );
};

/** Refuses what is no mesh. */
export const requireMesh = (asked: string, mesh: GridMesh): void => {
  if (!isMesh(mesh))
    throw new InvalidMesh(
      asked,
      `${showValue(mesh)} in the place of the mesh`,
      "Give what gridMesh({ nelx, nely }) made",
    );
};

/** A field as float64. @throws NotAnArray for lists, undefined and whatever else is no array */
export const floatsOf = (asked: string, field: NDArray): NDArray => toDType(asOperand(asked, field), "float64");

/** Checks that trailing axes have the shape; leading axes are batches or load cases. */
export const requireTail = (asked: string, x: NDArray, tail: Shape, dimensions: 2 | 3): void => {
  if (!sameShape(x.shape.slice(Math.max(0, x.ndim - tail.length)), tail))
    throw new ShapeMismatch(
      asked,
      `an array of shape ${showShape(x.shape)}`,
      `This mesh needs ${showShape(tail)}: ${dimensions === 3 ? "layers from z = 0, then " : ""}rows from the top, then columns`,
    );
};

/** A field of one kind from a number or an array. */
const fieldOf = (
  asked: string,
  mesh: GridMesh,
  values: number | ArrayData,
  shapeOf: (mesh: GridMesh) => Shape,
): NDArray => {
  requireMesh(asked, mesh);
  const shape = shapeOf(mesh);
  if (typeof values === "number") return full(shape, values);
  const field = array(values);
  requireTail(asked, field, shape, mesh.dimensions);
  return field;
};

/**
 * An element field from a number, nested rows (top row first) or an array of shape [nely, nelx] or [nelz, nely, nelx].
 * @throws ShapeMismatch, also for a transposed or flattened array; InvalidMesh
 * @example elementField(mesh, 0.5).shape // [2, 4]
 */
export const elementField = (mesh: GridMesh, values: number | ArrayData): ElementField =>
  fieldOf("elementField", mesh, values, ({ elementShape }) => elementShape) as ElementField;

/**
 * A nodal vector field from a number or an array of shape [nely + 1, nelx + 1, 2] or [nelz + 1, nely + 1, nelx + 1, 3].
 * @throws ShapeMismatch, also for a transposed or flattened array; InvalidMesh
 * @example vectorField(mesh, 0).shape // [3, 5, 2]
 */
export const vectorField = (mesh: GridMesh, values: number | ArrayData): VectorField =>
  fieldOf("vectorField", mesh, values, ({ nodeShape, dimensions }) => [...nodeShape, dimensions]) as VectorField;

/**
 * A nodal scalar field, as temperatures, from a number or an array of shape [nely + 1, nelx + 1] or
 * [nelz + 1, nely + 1, nelx + 1].
 * @throws ShapeMismatch, also for a transposed or flattened array; InvalidMesh
 * @example scalarField(mesh, 20).shape // [3, 5]
 */
export const scalarField = (mesh: GridMesh, values: number | ArrayData): ScalarField =>
  fieldOf("scalarField", mesh, values, ({ nodeShape }) => nodeShape) as ScalarField;
