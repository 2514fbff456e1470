/**
 * NumPy's .npz files: a ZIP archive with one .npy file for each named array.
 * Source: numpy.savez and numpy.savez_compressed; PKWARE APPNOTE 6.3.3.
 */
import { InvalidOption, MalformedFile } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { isEncodable, requireBytes, wholeFile } from "./bytes.ts";
import { npy, readNpy } from "./npy.ts";
import { unzip } from "./unzip.ts";
import { zip } from "./zip.ts";

export interface NpzOptions {
  /** Whether to deflate, as `np.savez_compressed` does; false by default. */
  readonly compress?: boolean | undefined;
}

const extension = ".npy";

const requireName = (name: string): string => {
  if (!isEncodable(name))
    throw new InvalidOption(
      "npz",
      `the name ${showValue(name)} with half a surrogate pair`,
      "Give names that UTF-8 can hold",
    );
  return name;
};

/**
 * Bytes of an .npz file that `np.load` opens.
 * @param arrays   arrays by name; any shapes and dtypes
 * @param options  compress: whether to deflate
 * @returns        the archive; equal arrays give equal bytes
 * @throws InvalidOption for a name that is no text, UnknownOption, TooLarge beyond 4 GiB, TracerConversion for traced arrays
 * Cost: two copies; deflating is linear in the bytes. Not differentiable.
 * @example Object.keys(parseNpz(npz({ x: array([1, 2]), y: array(3) }))) // ["x", "y"]
 */
export const npz = (arrays: Readonly<Record<string, ArrayData>>, options: NpzOptions = {}): Uint8Array<ArrayBuffer> => {
  requireOptions("npz", options, ["compress"]);
  const { compress = false } = options;
  if (typeof compress !== "boolean")
    throw new InvalidOption("npz", `compress ${showValue(compress)}`, "Give true or false");
  if (typeof arrays !== "object" || arrays === null || Symbol.iterator in arrays)
    throw new InvalidOption(
      "npz",
      `${showValue(arrays)} in the place of the arrays`,
      "Give an object: npz({ x: array([1, 2]) })",
    );
  const entries = Object.entries(arrays).map(([name, values]) => ({
    name: `${requireName(name)}${extension}`,
    content: npy(values),
  }));
  return zip("npz", entries, compress);
};

/**
 * The arrays in an .npz file, compressed or not.
 * @param bytes  the whole file
 * @returns      arrays by name, in the order of the file
 * @throws MalformedFile where the bytes are no such archive, are damaged, or hold other files; DTypeMismatch for elements that are not
 *   float64, float32, int32, uint32 or bool; TooLarge
 * Cost: linear in the bytes that come out, which are at most 1032 times as many as go in.
 * @example parseNpz(npz({ x: array([1, 2]) }, { compress: true })).x.toList() // [1, 2]
 */
export const parseNpz = (bytes: Uint8Array): Readonly<Record<string, NDArray>> => {
  requireBytes("parseNpz", bytes);
  return Object.fromEntries(
    unzip("parseNpz", bytes).map(({ name, content }) => {
      if (!name.endsWith(extension))
        throw new MalformedFile("parseNpz", `the entry ${showValue(name)}, which is no .npy file`, wholeFile);
      return [name.slice(0, -extension.length), readNpy(`parseNpz: ${showValue(name)}`, content)];
    }),
  );
};
