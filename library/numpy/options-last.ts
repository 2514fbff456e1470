/**
 * Options in the last place, whichever of the optional arguments before them are left out: np.eye(3, { k: 1 }) for
 * np.eye(3, 3, { k: 1 }), np.arange(3, { dtype: "int32" }) for np.arange(3, undefined, 1, { dtype: "int32" }).
 */
import { NDArray } from "../../src/array/ndarray.ts";

/** One optional argument and options behind it; either may be left out. */
export type OptionsLast<Argument, Options> =
  | readonly [argument?: Argument | undefined, options?: Options | undefined]
  | readonly [options: Options];

/** No argument is a record: only options are. */
const isRecord = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof NDArray);

/**
 * Optional arguments with the options behind them all.
 * @param given  as the caller wrote them
 * @param count  how many optional arguments there are before the options
 */
export const optionsLast = <Arguments extends readonly unknown[]>(
  given: readonly unknown[],
  count: number,
): Arguments => {
  const last = given.length - 1;
  if (last < 0 || last >= count || !isRecord(given[last])) return given as Arguments;
  const left = new Array<undefined>(count - last).fill(undefined);
  return [...given.slice(0, last), ...left, given[last]] as readonly unknown[] as Arguments;
};
