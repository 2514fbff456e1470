/**
 * Where a NaN or an infinity comes from: the first operation that makes one where its operands have none.
 * Under `configure({ debugNans, debugInfs })` every operation that is computed is looked at.
 * Equations that hold functions or jaxprs are not blamed: what they hold is looked at itself.
 */
import { isFindingInfinities, isFindingNans } from "../configure.ts";
import { FoundInfinity, FoundNaN } from "../error.ts";
import { isFloat } from "../array/dtype.ts";
import { bufferOf, isConcrete } from "../array/ndarray.ts";
import type { NDArray } from "../array/ndarray.ts";
import type { Shape } from "../array/shape.ts";
import { showAval } from "./aval.ts";
import { heldNames } from "./jaxpr.ts";
import { currentScope, currentSource, withOrigin } from "./origin.ts";
import type { Params, Primitive } from "./primitive.ts";
import { sourceLine } from "./source-line.ts";

interface Fault {
  readonly name: string;
  readonly holds: (value: number) => boolean;
  readonly error: typeof FoundNaN | typeof FoundInfinity;
  readonly remedy: string;
}

const nan: Fault = {
  name: "NaN",
  holds: (value) => Number.isNaN(value),
  error: FoundNaN,
  remedy: "Keep its operands where it is defined (np.where inside, not outside), or switch debugNans off",
};

const infinity: Fault = {
  name: "infinite",
  holds: (value) => value === Infinity || value === -Infinity,
  error: FoundInfinity,
  remedy: "Keep its operands away from where it grows without bound, or switch debugInfs off",
};

const floatsOf = (x: NDArray): ArrayLike<number> => (isConcrete(x) && isFloat(x.dtype) ? bufferOf(x) : []);

const hasBad = (x: NDArray, { holds }: Fault): boolean => {
  const values = floatsOf(x);
  for (let k = 0; k < values.length; k++) if (holds(values[k]!)) return true;
  return false;
};

/** Flat place of the first bad element that no bad operand explains, and how many there are; null without one. */
const badElements = (
  x: NDArray,
  fault: Fault,
  explains: (k: number) => boolean,
): { readonly first: number; readonly count: number } | null => {
  const values = floatsOf(x);
  let [first, count] = [-1, 0];
  for (let k = 0; k < values.length; k++) {
    if (!fault.holds(values[k]!) || explains(k)) continue;
    if (count === 0) first = k;
    count++;
  }
  return count === 0 ? null : { first, count };
};

/** Whether a bad operand explains a bad element: at the same place where elements go with elements, else anywhere. */
const explanation = ({ lower }: Primitive, inputs: readonly NDArray[], fault: Fault): ((k: number) => boolean) => {
  const bad = inputs.filter((input) => hasBad(input, fault)).map(floatsOf);
  return lower.kind === "elementwise" ? (k) => bad.some((values) => fault.holds(values[k]!)) : () => bad.length > 0;
};

const indexOf = (flat: number, shape: Shape): string => {
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]!);
    rest = Math.floor(rest / shape[axis]!);
  }
  return `[${index.join(",")}]`;
};

/** " in scope model/layer1, at file:line:column", as far as known. */
const showOrigin = (): string => {
  const scope = currentScope();
  const source = sourceLine(withOrigin.name) ?? currentSource();
  return `${scope === "" ? "" : `, in scope ${scope}`}${source === undefined ? "" : `, at ${source}`}`;
};

const holdsFunctions = (primitive: Primitive): boolean =>
  primitive.guard !== undefined || primitive.stage !== undefined || heldNames(primitive).length > 0;

/** Refuses an operation whose output has a bad number that no bad operand explains. */
export const requireNumbers = (
  primitive: Primitive,
  inputs: readonly NDArray[],
  params: Params,
  outputs: readonly NDArray[],
): void => {
  for (const fault of [...(isFindingNans() ? [nan] : []), ...(isFindingInfinities() ? [infinity] : [])]) {
    const at = outputs.findIndex((output) => hasBad(output, fault));
    if (at < 0 || holdsFunctions(primitive)) continue;
    const output = outputs[at]!;
    const found = badElements(output, fault, explanation(primitive, inputs, fault));
    if (found === null) continue;
    const operands = inputs.length === 0 ? "no operands" : inputs.map(showAval).join(" and ");
    throw new fault.error(
      `${primitive.name} of ${operands}`,
      `output${outputs.length > 1 ? ` ${at}` : ""} ${showAval(output)} has ${found.count} ${fault.name} of ${output.size} elements that its operands do not explain${output.shape.length === 0 ? "" : `, the first at ${indexOf(found.first, output.shape)}`}${showOrigin()}`,
      fault.remedy,
    );
  }
};
