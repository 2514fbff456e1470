/** Coordinates of the cells of an array: what coordinate networks are given. */
import { allocate } from "../../src/array/storage.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { requireDrawDType } from "../random/draw.ts";
import type { FloatType } from "../random/draw.ts";
import { requireSize, requireSizes } from "./network-options.ts";

export interface CoordinatesOptions {
  /**
   * Whether cells keep the shape of squares (cubes): the longest axis spans [-1, 1], the others as much as they have cells of
   * it. Default false: every axis spans [-1, 1], as in the literature.
   */
  readonly isIsotropic?: boolean;
  /** Cells into which every cell is split along every axis, for pictures finer than the mesh. Default 1. */
  readonly refine?: number;
  /** Default "float64"; a network converts what it is given to the dtype of its parameters. */
  readonly dtype?: FloatType;
}

/** Centres of `count` cells that fill [-extent, extent]; symmetric to the bit. */
const centres = (count: number, extent: number): readonly number[] =>
  Array.from({ length: count }, (_, k) => ((2 * k + 1 - count) / count) * extent);

/**
 * Centres of the cells of an array, between -1 and 1: [...shape, rank], in the order x, y (, z). x runs along the last axis of
 * the array, y along the one before and z along the first of three, each growing with its index: y of row 0 is the smallest.
 * @param shape  sizes of the array, [rows, columns] or [layers, rows, columns], or of any rank from 1
 * @returns      shape [...shape, rank], every size times `refine`
 * @throws InvalidOption, UnknownOption, DTypeMismatch
 * Cost: rank numbers per cell, once.
 * @example nn.coordinates([1, 2]) // [[[-0.5, 0], [0.5, 0]]]
 * @example nn.coordinates([1, 2], { isIsotropic: true, refine: 2 }).at(0).get() // [[-0.75, -0.25], [-0.25, -0.25], [0.25, -0.25], [0.75, -0.25]]
 */
export const coordinates = (shape: Shape, options: CoordinatesOptions = {}): NDArray => {
  const asked = "nn.coordinates";
  requireOptions(asked, options, ["isIsotropic", "refine", "dtype"]);
  requireSizes(asked, "shape", shape);
  if (shape.length === 0) throw new InvalidOption(asked, "the shape []", "Give one size per axis, one or more");
  const { isIsotropic = false, refine = 1 } = options;
  requireSize(asked, "refine", refine);
  if (typeof isIsotropic !== "boolean")
    throw new InvalidOption(asked, `isIsotropic ${showValue(isIsotropic)}`, "Give true or false");
  const dtype = requireDrawDType(asked, options.dtype ?? "float64", ["float64", "float32"]);
  const longest = Math.max(...shape);
  const along = shape.map((size) => centres(size * refine, isIsotropic ? size / longest : 1));
  return gridOf(along, dtype);
};

/** All combinations of positions along the axes, the last axis first among the components. */
const gridOf = (along: readonly (readonly number[])[], dtype: FloatType): NDArray => {
  const shape = along.map((positions) => positions.length);
  const rank = shape.length;
  const out = allocate(
    dtype,
    shape.reduce((product, size) => product * size, rank),
  );
  let repeats = 1;
  for (let component = 0; component < rank; component++) {
    const positions = along[rank - 1 - component]!;
    for (let at = component, cell = 0; at < out.length; at += rank, cell++)
      out[at] = positions[Math.floor(cell / repeats) % positions.length]!;
    repeats *= positions.length;
  }
  return fromBuffer(out, [...shape, rank], dtype);
};
