/**
 * The header of an .npy file: a Python dictionary with the element type, the order and the shape.
 * Written as NumPy writes it, to the byte; read from any writer, whatever its spacing, quotes and order of keys.
 * Source: NumPy Enhancement Proposal 1; numpy/lib/format.py.
 */
import { DTypeMismatch, MalformedFile } from "../../src/error.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { wholeFile } from "./bytes.ts";

/** What a header says. */
export interface NpyHeader {
  readonly dtype: DType;
  readonly isBigEndian: boolean;
  /** Whether the first axis runs fastest. */
  readonly isFortran: boolean;
  readonly shape: Shape;
}

const descriptors: Readonly<Record<DType, string>> = {
  float64: "<f8",
  float32: "<f4",
  int32: "<i4",
  uint32: "<u4",
  bool: "|b1",
};

const dtypesByLetters: Readonly<Record<string, DType>> = {
  f8: "float64",
  f4: "float32",
  i4: "int32",
  u4: "uint32",
  b1: "bool",
};

/** NumPy leaves room for the first dimension to grow to this many digits. */
const growthDigits = 21;
/** As many axes as an array of NumPy may have. */
const mostAxes = 64;

/** The dictionary of an array in C order, without padding. */
export const headerText = (dtype: DType, shape: Shape): string => {
  const axes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const growth = shape.length === 0 ? 0 : Math.max(0, growthDigits - String(shape[0]).length);
  return `{'descr': '${descriptors[dtype]}', 'fortran_order': False, 'shape': ${axes}, }${" ".repeat(growth)}`;
};

type Token = string | number | boolean | readonly number[];

const refuse = (asked: string, seen: string): MalformedFile => new MalformedFile(asked, seen, wholeFile);

/** One value of the dictionary, read at `lastIndex` of the pattern. */
const value = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False)|\(\s*((?:\d+L?\s*,\s*)*(?:\d+L?)?)\s*,?\s*\))\s*/y;
const separator = /\s*([:,{}])\s*/y;

/** Entries of the dictionary, or null where the text is none of texts, truth values and tuples of whole numbers. */
const readDictionary = (text: string): ReadonlyMap<string, Token> | null => {
  const entries = new Map<string, Token>();
  let at = 0;
  const punctuation = (): string | null => {
    separator.lastIndex = at;
    const match = separator.exec(text);
    if (match === null) return null;
    at = separator.lastIndex;
    return match[1]!;
  };
  const token = (): Token | null => {
    value.lastIndex = at;
    const match = value.exec(text);
    if (match === null) return null;
    at = value.lastIndex;
    const [, single, double, truth, tuple] = match;
    if (tuple !== undefined)
      return tuple
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "")
        .map((part) => Number(part.replace("L", "")));
    return truth === undefined ? (single ?? double)! : truth === "True";
  };
  if (punctuation() !== "{") return null;
  for (;;) {
    if (text[at] === "}") break;
    const key = token();
    if (typeof key !== "string" || entries.has(key) || punctuation() !== ":") return null;
    const entry = token();
    if (entry === null) return null;
    entries.set(key, entry);
    if (text[at] === ",") punctuation();
    else if (text[at] !== "}") return null;
  }
  return text.slice(at + 1).trim() === "" ? entries : null;
};

const readType = (asked: string, descriptor: string): { readonly dtype: DType; readonly isBigEndian: boolean } => {
  const [, order, letters] = /^([<>|=]?)(\w+)$/.exec(descriptor) ?? [];
  const dtype =
    letters === undefined || !Object.hasOwn(dtypesByLetters, letters) ? undefined : dtypesByLetters[letters];
  if (dtype === undefined || (dtype !== "bool" && order !== "<" && order !== ">"))
    throw new DTypeMismatch(
      asked,
      `elements of NumPy's type ${showValue(descriptor)}`,
      "Arrays here are float64, float32, int32, uint32 or bool: convert with astype before saving",
    );
  return { dtype, isBigEndian: order === ">" };
};

/**
 * What the text of a header says.
 * @throws MalformedFile where it is not the dictionary of the format, DTypeMismatch for elements that no array here has
 */
export const parseHeaderText = (asked: string, text: string): NpyHeader => {
  // Structured types stand as lists of fields.
  if (/'descr'\s*:\s*\[/.test(text))
    throw new DTypeMismatch(
      asked,
      "elements that are records of several fields",
      "Save each field as an array of its own",
    );
  const entries = readDictionary(text);
  if (entries === null)
    throw refuse(asked, `the header ${showValue(text.trim())}, which is not the dictionary of an array`);
  const [descriptor, isFortran, shape] = ["descr", "fortran_order", "shape"].map((key) => entries.get(key));
  if (entries.size !== 3 || typeof descriptor !== "string" || typeof isFortran !== "boolean" || !Array.isArray(shape))
    throw refuse(asked, `a header without exactly descr, fortran_order and shape: ${showValue(text.trim())}`);
  if (shape.length > mostAxes) throw refuse(asked, `${shape.length} axes, where NumPy knows at most ${mostAxes}`);
  return { ...readType(asked, descriptor), isFortran, shape: shape as readonly number[] };
};
