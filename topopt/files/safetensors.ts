/**
 * Safetensors files: trees of arrays, such as the parameters of a network, in the format that machine learning libraries share.
 * A leaf is named by its path, "layers.0.weights"; the bytes are those that the reference writer gives for the same names.
 * Source: the safetensors format, github.com/huggingface/safetensors, README and safetensors/src/tensor.rs.
 */
import { InvalidOption, TreeMismatch } from "../../src/error.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { sameShape, showShape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import { flatten, leafPaths, unflatten } from "../../src/tree/index.ts";
import type { Leaf, Treedef } from "../../src/tree/index.ts";
import type { MapLeaves } from "../../src/tree/types.ts";
import { array } from "../../library/numpy/creation.ts";
import { arrayFromBytes, concatenate, isEncodable, littleEndianBytes, requireBytes, viewOf } from "./bytes.ts";
import { formatNames, lengthBytes, longestHeader, metadataKey, readHeader } from "./safetensors-header.ts";

export interface SafetensorsOptions {
  /** Free texts by name, such as how the parameters were trained. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface ParseSafetensorsOptions<T> {
  /** A tree with the leaves that the file should have, their shapes and dtypes: the file's arrays come back in its structure. */
  readonly like?: T | undefined;
}

/** What a safetensors file holds. */
export interface Safetensors<T = unknown> {
  /** Arrays by name. */
  readonly tensors: Readonly<Record<string, NDArray>>;
  /** The arrays in the structure of `like`; without it, names cut at dots: 0, 1, 2, .. make a list, other keys a record. */
  readonly tree: T;
  readonly metadata: Readonly<Record<string, string>>;
}

/** From the widest elements to the narrowest, as the reference writer has them, so that all stand aligned. */
const order: readonly DType[] = ["float64", "float32", "uint32", "int32", "bool"];

const compareNames = (left: string, right: string): number => {
  const [a, b] = [[...left], [...right]];
  const at = a.findIndex((character, k) => character !== b[k]);
  return at < 0 || b[at] === undefined ? a.length - b.length : a[at]!.codePointAt(0)! - b[at].codePointAt(0)!;
};

/** Names of the leaves of a tree: their paths with dots between the keys. */
const leafNames = (asked: string, treedef: Treedef): readonly string[] => {
  const names: string[] = [];
  const visit = (def: Treedef, path: readonly string[]): void => {
    if (def.kind === "leaf") names.push(path.join("."));
    def.children.forEach((child, k) => visit(child, [...path, def.kind === "object" ? def.keys[k]! : String(k)]));
  };
  visit(treedef, []);
  if (treedef.kind === "leaf")
    throw new TreeMismatch(asked, "an array alone, which has no name", "Give it one: { weights: x }");
  names.forEach((name, k) => {
    const first = names.indexOf(name);
    if (first !== k)
      throw new TreeMismatch(
        asked,
        `the leaves ${leafPaths(treedef)[first]} and ${leafPaths(treedef)[k]} are both named ${showValue(name)}`,
        "Leave dots out of the keys",
      );
    if (name === metadataKey || !isEncodable(name))
      throw new TreeMismatch(asked, `a leaf named ${showValue(name)}`, `Names are texts other than ${metadataKey}`);
  });
  return names;
};

const requireMetadata = (metadata: SafetensorsOptions["metadata"]): void => {
  if (metadata === undefined) return;
  const isRecord = typeof metadata === "object" && metadata !== null && !(Symbol.iterator in metadata);
  const isText = (value: unknown): boolean => typeof value === "string" && isEncodable(value);
  if (!isRecord || !Object.entries(metadata).flat().every(isText))
    throw new InvalidOption(
      "safetensors",
      `metadata ${showValue(metadata)}`,
      "Give texts by name: { epoch: String(epoch) }",
    );
};

/** The header as bytes, padded so that the data begins at a multiple of 8. */
const headerBytes = (entries: readonly (readonly [name: string, entry: unknown])[]): Uint8Array<ArrayBuffer> => {
  // Not by way of an object, which would put names like "0" first.
  const written = entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  const text = new TextEncoder().encode(`{${written.join(",")}}`);
  const length = (text.length + 7) & -8;
  if (length > longestHeader)
    throw new InvalidOption(
      "safetensors",
      `a header of ${length} bytes`,
      `Readers take ${longestHeader} at most: shorten the metadata`,
    );
  const bytes = new Uint8Array(lengthBytes + length).fill(0x20);
  viewOf(bytes).setBigUint64(0, BigInt(length), true);
  bytes.set(text, lengthBytes);
  return bytes;
};

/**
 * Bytes of a safetensors file with the leaves of a tree.
 * @param tree     arrays, numbers and booleans in records and lists; null and empty nodes have no leaves and leave no trace
 * @param options  metadata: texts by name
 * @returns        the file; equal trees give equal bytes, whatever the order of keys
 * @throws TreeMismatch for leaves of one name (keys with dots) or without a name, NotAnArray for other leaves, InvalidOption, UnknownOption,
 *   TracerConversion for traced arrays
 * Cost: two copies. Not differentiable.
 * @example parseSafetensors(safetensors({ layers: [{ weights: array([1, 2]) }] })).tensors["layers.0.weights"].toList() // [1, 2]
 */
export const safetensors = (tree: unknown, options: SafetensorsOptions = {}): Uint8Array<ArrayBuffer> => {
  requireOptions("safetensors", options, ["metadata"]);
  const { metadata } = options;
  requireMetadata(metadata);
  const { leaves, treedef } = flatten(tree, "safetensors");
  const names = leafNames("safetensors", treedef);
  const sorted = (leaves as Leaf[])
    .map((leaf, k) => ({ name: names[k]!, x: array(leaf) }))
    .sort(
      (left, right) =>
        order.indexOf(left.x.dtype) - order.indexOf(right.x.dtype) || compareNames(left.name, right.name),
    );
  const parts = sorted.map(({ x }) => littleEndianBytes(x.toTypedArray()));
  let at = 0;
  const places = sorted.map(({ name, x }, k): [string, unknown] => {
    const start = at;
    at += parts[k]!.length;
    return [name, { dtype: formatNames[x.dtype], shape: x.shape, data_offsets: [start, at] }];
  });
  const texts = metadata === undefined ? [] : [[metadataKey, metadata] as [string, unknown]];
  return concatenate([headerBytes([...texts, ...places]), ...parts]);
};

/** Whether the keys are 0, 1, 2, .. */
const areIndices = (keys: ReadonlySet<string>): boolean => [...keys.keys()].every((_, k) => keys.has(String(k)));

type Branch = Map<string, Branch | NDArray>;

/** Records and lists from names cut at dots. A name that is also the beginning of another keeps the rest in one key. */
const treeOf = (tensors: Readonly<Record<string, NDArray>>): unknown => {
  const root: Branch = new Map();
  for (const [name, x] of Object.entries(tensors)) {
    const keys = name.split(".");
    let branch = root;
    while (keys.length > 1) {
      const next = branch.get(keys[0]!) ?? new Map();
      if (!(next instanceof Map)) break;
      branch.set(keys.shift()!, next);
      branch = next;
    }
    branch.set(keys.join("."), x);
  }
  const build = (branch: Branch): unknown => {
    const entries = [...branch].map(([key, node]) => [key, node instanceof Map ? build(node) : node] as const);
    if (branch.size === 0 || !areIndices(new Set(branch.keys()))) return Object.fromEntries(entries);
    return entries.sort(([left], [right]) => Number(left) - Number(right)).map(([, node]) => node);
  };
  return build(root);
};

/** The tensors in the structure of a tree whose leaves have the same names, shapes and dtypes. */
const treeLike = <T>(like: T, tensors: Readonly<Record<string, NDArray>>): MapLeaves<T, NDArray> => {
  const asked = "parseSafetensors(bytes, { like })";
  const { leaves, treedef } = flatten<unknown>(like, asked);
  const names = leafNames(asked, treedef);
  const surplus = Object.keys(tensors).find((name) => !names.includes(name));
  if (surplus !== undefined)
    throw new TreeMismatch(
      asked,
      `the file has ${showValue(surplus)}, the tree has not`,
      "Give the tree that was saved",
    );
  const found = names.map((name, k) => {
    const wanted = array(leaves[k] as Leaf);
    if (!Object.hasOwn(tensors, name))
      throw new TreeMismatch(asked, `the file has no ${showValue(name)}`, "Give the tree that was saved");
    const x = tensors[name]!;
    if (x.dtype !== wanted.dtype || !sameShape(x.shape, wanted.shape))
      throw new TreeMismatch(
        asked,
        `${showValue(name)} is ${x.dtype}${showShape(x.shape)} in the file, ${wanted.dtype}${showShape(wanted.shape)} in the tree`,
        "Give the tree that was saved",
      );
    return x;
  });
  return unflatten(treedef, found) as MapLeaves<T, NDArray>;
};

/**
 * The arrays and texts of a safetensors file.
 * @param bytes    the whole file
 * @param options  like: a tree of the structure, shapes and dtypes to come back, as an initialized network
 * @returns        `tensors` by name, `tree` of them, `metadata`; arrays to the bit
 * @throws MalformedFile where the bytes are no such file, are cut short or go on behind it, or where tensors overlap or leave gaps;
 *   DTypeMismatch for elements that are not F64, F32, I32, U32 or BOOL; TreeMismatch where the file does not fit `like`; TooLarge
 * Cost: one copy. Nothing is allocated for sizes that the file does not have.
 * @example parseSafetensors(safetensors({ w: array([1, 2]), b: null }), { like: { w: array([0, 0]), b: null } }).tree // { b: null, w: [1, 2] }
 */
export const parseSafetensors = <T = unknown>(
  bytes: Uint8Array,
  options: ParseSafetensorsOptions<T> = {},
): Safetensors<MapLeaves<T, NDArray>> => {
  requireBytes("parseSafetensors", bytes);
  requireOptions("parseSafetensors", options, ["like"]);
  const { tensors: places, metadata, dataStart } = readHeader("parseSafetensors", bytes);
  const tensors = Object.fromEntries(
    [...places]
      .sort((left, right) => compareNames(left.name, right.name))
      .map((place) => [
        place.name,
        arrayFromBytes("parseSafetensors", bytes.subarray(dataStart + place.start, dataStart + place.end), place),
      ]),
  );
  const tree = options.like === undefined ? treeOf(tensors) : treeLike(options.like, tensors);
  return { tensors, tree: tree as MapLeaves<T, NDArray>, metadata };
};
