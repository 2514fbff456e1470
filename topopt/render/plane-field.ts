/**
 * Element fields of the plane as every picture takes them: an array with its shape, or values row by row with the numbers of
 * elements. What is given becomes values and numbers here, and nowhere else.
 */
import { InvalidElement, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { showShape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { array } from "../../library/numpy/creation.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { colormaps } from "./colormaps.ts";
import type { ColormapName } from "./colormaps.ts";
import type { SampledField } from "./marching-squares.ts";

/** Numbers of elements, for fields that do not say them by their shape. */
export interface FieldSize {
  /** Elements in a row; that of the field's shape if it has two axes. */
  readonly nelx?: number | undefined;
  /** Elements in a column; that of the field's shape if it has two axes. */
  readonly nely?: number | undefined;
}

const requireFinite = (asked: string, { values, nelx }: SampledField): void => {
  for (let element = 0; element < values.length; element++)
    if (!Number.isFinite(values[element]))
      throw new InvalidElement(
        asked,
        `${values[element]} at row ${Math.floor(element / nelx)}, column ${element % nelx}`,
        "Fields in pictures are finite numbers",
      );
};

/** What is wrong with a field that is none of the plane. */
const remedyFor = (axes: number): string =>
  axes === 3
    ? "A picture shows a plane: give a layer of the field, as field.at(0).get(), or the mean over layers, as np.mean(field, { axis: 0 })"
    : "Give an array of shape [nely, nelx], or its values row by row together with nelx and nely";

/**
 * The values of a field with its numbers of elements.
 * @param field  array or nested rows of shape [nely, nelx], which has its numbers; or values row by row, whose numbers `size` has
 * @throws ShapeMismatch where the shape is not that of a field in the plane or contradicts the size, InvalidElement for a value
 *   that is not finite, TracerConversion
 */
export const planeField = (asked: string, field: ArrayData, size: FieldSize = {}): SampledField => {
  const x = array(field, { dtype: "float64" });
  const [nely, nelx] = x.ndim === 2 ? x.shape : [size.nely, size.nelx];
  const agrees = (size.nelx ?? nelx) === nelx && (size.nely ?? nely) === nely;
  if (
    !agrees ||
    x.ndim < 1 ||
    x.ndim > 2 ||
    x.size === 0 ||
    nelx === undefined ||
    nely === undefined ||
    nelx * nely !== x.size
  )
    throw new ShapeMismatch(
      asked,
      `a field of shape ${showShape(x.shape)} with nelx ${showValue(size.nelx)}, nely ${showValue(size.nely)}`,
      remedyFor(x.ndim),
    );
  requirePositiveInteger(asked, "nelx", nelx);
  const sampled: SampledField = { nelx, nely, values: new Float64Array(x.toTypedArray()) };
  requireFinite(asked, sampled);
  return sampled;
};

/** Refuses what is no list of records. */
export const requireList = (asked: string, name: string, value: unknown): void => {
  if (!Array.isArray(value))
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Give a list, which may be empty");
  const wrong = value.findIndex((entry) => typeof entry !== "object" || entry === null);
  if (wrong >= 0)
    throw new InvalidOption(asked, `${name}[${wrong}] ${showValue(value[wrong])}`, "Its entries are records");
};

/** Refuses what cannot count something. */
export const requirePositiveInteger = (asked: string, name: string, value: unknown): void => {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Give a whole number, 1 or more");
};

/** Refuses what cannot be a length in a picture. */
export const requireLength = (asked: string, name: string, value: unknown): void => {
  if (typeof value !== "number" || !(value > 0 && value <= 1e5))
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Give a positive number up to 1e5");
};

/** Refuses names of colour maps that do not exist. */
export const requireColormap = (asked: string, name: ColormapName): void => {
  if (!Object.hasOwn(colormaps, name))
    throw new InvalidOption(asked, `colormap ${showValue(name)}`, `Use ${Object.keys(colormaps).join(" or ")}`);
};

/** Refuses what is no text, where there is something. */
export const requireText = (asked: string, name: string, value: unknown): void => {
  if (value !== undefined && typeof value !== "string")
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Give a text");
};
