/**
 * Arrays from JavaScript data: numbers, booleans, nested lists, typed arrays.
 * Input is copied, so later writes to it never reach the array.
 */
import { showValue } from "../describe.ts";
import { DTypeMismatch, InvalidElement, RaggedInput, ShapeMismatch } from "../error.ts";
import type { DType, TypedArray } from "./dtype.ts";
import { dtypeOf, isDType, isFloat, isInteger, weakTypeOf } from "./dtype.ts";
import { allocate } from "./storage.ts";
import { ConcreteArray, fromBuffer, NDArray, bufferOf, scalar } from "./ndarray.ts";
import type { Shape } from "./shape.ts";
import { requireShape, showShape } from "./shape.ts";

/** Data that `array` accepts. */
export type NestedData = number | boolean | ConcreteArray | readonly NestedData[];

export interface ArrayOptions {
  /** Element type; by default float64 for numbers, bool for booleans, the view's own for typed arrays. */
  readonly dtype?: DType;
  /** Shape of the elements in row-major order; by default that of the data. */
  readonly shape?: Shape;
}

/** Values of one dtype in another: NaN becomes 0 and integers saturate when floats turn into integers. */
export const castBuffer = (data: ArrayLike<number>, from: DType, to: DType): TypedArray => {
  const out = allocate(to, data.length);
  if (to === "bool" || (isFloat(from) && isInteger(to))) {
    // One type of array: engines are slow where a loop meets five.
    const values = data instanceof Float64Array ? data : new Float64Array(data);
    if (to === "bool") for (let i = 0; i < values.length; i++) out[i] = values[i] !== 0 ? 1 : 0;
    else saturate(values, to === "int32" ? -2147483648 : 0, to === "int32" ? 2147483647 : 4294967295, out);
  } else out.set(data);
  return out;
};

const saturate = (values: Float64Array, least: number, greatest: number, out: TypedArray): void => {
  for (let i = 0; i < values.length; i++) out[i] = Math.max(least, Math.min(greatest, Math.trunc(values[i]!) || 0));
};

/** A raw number or boolean as a weak scalar; the element type follows its partners. */
export const weakScalar = (value: number | boolean): ConcreteArray =>
  typeof value === "boolean" ? scalar(value ? 1 : 0, "bool") : scalar(value, "float64", weakTypeOf(value));

/**
 * An immutable array from numbers, booleans, nested lists or a typed array (copied).
 * @throws RaggedInput, InvalidElement (with the path), InvalidShape, ShapeMismatch, DTypeMismatch
 * @example array([[1, 2], [3, 4]]).shape // [2, 2]
 */
export const createArray = (data: unknown, options: ArrayOptions = {}): ConcreteArray => {
  const { dtype, shape } = options;
  if (dtype !== undefined && !isDType(dtype))
    throw new DTypeMismatch(
      "array(data, { dtype })",
      `dtype ${showValue(dtype)}`,
      "Use float64, float32, int32, uint32 or bool",
    );
  if (data instanceof Uint8Array && dtype === undefined)
    throw new DTypeMismatch(
      "array(data)",
      "a Uint8Array without a dtype: bytes are read as numbers or as booleans",
      'Give { dtype: "bool" } for truth values, or a dtype of numbers for bytes',
    );
  const source = read(data, dtype !== undefined);
  const finalShape = shape ?? source.shape;
  const size = requireShape("array(data, { shape })", finalShape);
  if (size !== source.data.length)
    throw new ShapeMismatch(
      "array(data, { shape })",
      `${source.data.length} elements do not fill shape ${showShape(finalShape)}`,
      `Give ${size} elements, or another shape`,
    );
  return fromBuffer(
    castBuffer(source.data, source.dtype, dtype ?? source.dtype),
    [...finalShape],
    dtype ?? source.dtype,
  );
};

interface Source {
  readonly data: ArrayLike<number>;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Any view of numbers; with an explicit dtype its values are taken as they are. */
const isNumericView = (data: ArrayBufferView): boolean =>
  !(data instanceof DataView || data instanceof BigInt64Array || data instanceof BigUint64Array);

const read = (data: unknown, isTyped: boolean): Source => {
  if (data instanceof ConcreteArray) return { data: bufferOf(data), dtype: data.dtype, shape: data.shape };
  if (ArrayBuffer.isView(data)) {
    const dtype = isTyped && isNumericView(data) ? "float64" : dtypeOf(data);
    return {
      data: data as unknown as ArrayLike<number>,
      dtype,
      shape: [(data as unknown as ArrayLike<number>).length],
    };
  }
  return readNested(data);
};

/** Walks nested lists with an explicit cursor: the first leaf decides the depth, every row must follow. */
const readNested = (data: unknown): Source => {
  const shape: number[] = [];
  for (let probe = data; isListLike(probe); probe = listItem(probe, 0)) {
    const length = listLength(probe);
    shape.push(length);
    if (length > 0) continue;
    if (probe instanceof ConcreteArray) shape.push(...probe.shape.slice(1));
    break;
  }
  const flat: number[] = [];
  let booleans = 0;
  const path: number[] = [];
  const visit = (node: unknown, axis: number): void => {
    if (isListLike(node)) {
      const length = listLength(node);
      if (axis >= shape.length || length !== shape[axis])
        throw new RaggedInput(
          "array(data)",
          axis >= shape.length
            ? `a list stands at ${showPath(path)} where the first row has a number`
            : `${length} entries at ${showPath(path)} where the first row has ${shape[axis]}`,
          "All rows of one axis need the same length",
        );
      for (let k = 0; k < length; k++) {
        path.push(k);
        visit(listItem(node, k), axis + 1);
        path.pop();
      }
      return;
    }
    if (typeof node === "boolean" || (node instanceof ConcreteArray && node.dtype === "bool")) booleans++;
    else if (typeof node !== "number" && !(node instanceof ConcreteArray)) throw invalidElement(node, path);
    if (axis !== shape.length)
      throw new RaggedInput(
        "array(data)",
        `a number stands at ${showPath(path)} where the first row has a list`,
        "All rows of one axis need the same depth",
      );
    flat.push(Number(node));
  };
  visit(data, 0);
  return { data: flat, dtype: booleans > 0 && booleans === flat.length ? "bool" : "float64", shape };
};

type ListLike = readonly unknown[] | TypedArray | ConcreteArray;

const isListLike = (node: unknown): node is ListLike =>
  Array.isArray(node) ||
  (ArrayBuffer.isView(node) && !(node instanceof DataView)) ||
  (node instanceof ConcreteArray && node.ndim > 0);

const listLength = (node: ListLike): number => (node instanceof ConcreteArray ? node.shape[0]! : node.length);

const listItem = (node: ListLike, k: number): unknown => {
  if (!(node instanceof ConcreteArray)) return k in node || k >= node.length ? node[k] : HOLE;
  const row = node.size / node.shape[0]!;
  return fromBuffer(bufferOf(node).slice(k * row, (k + 1) * row), node.shape.slice(1), node.dtype);
};

const HOLE: unique symbol = Symbol("hole");

const showPath = (path: readonly number[]): string =>
  path.length === 0 ? "the top" : path.map((k) => `[${k}]`).join("");

const invalidElement = (node: unknown, path: readonly number[]): InvalidElement => {
  const kind =
    node === HOLE
      ? "a hole"
      : node === null
        ? "null"
        : typeof node === "object"
          ? `a ${node.constructor?.name ?? "object"}`
          : `a ${typeof node}`;
  const remedy =
    node instanceof NDArray
      ? "Arrays inside lists are joined with stack or concatenate"
      : "Elements are numbers and booleans; convert the others first";
  return new InvalidElement("array(data)", `${node === undefined ? "undefined" : kind} at ${showPath(path)}`, remedy);
};
