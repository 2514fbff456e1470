/**
 * Functions applied to parts of arrays: applyAlongAxis, applyOverAxes, vectorize. All by vmap, so a function is looked
 * at once, whatever the number of parts, and every transform goes through.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { broadcastShapes, normalizeAxis, sizeOf, showShape } from "../../src/array/shape.ts";
import { moveAxis, reshape, transpose } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { vmap } from "../../transforms/vmap.ts";
import { expandDims } from "./manipulation.ts";
import { asOperand, broadcastArray, requireCallable } from "./operand.ts";
import type { Operand } from "./operand.ts";

/**
 * A function of vectors applied to every vector along an axis; what it returns stands in the place of that axis.
 * @param f     maps [n] to an array of any shape
 * @param rest  passed on to f as they are
 * @example np.applyAlongAxis((v) => v.sum(), 0, array([[1, 2], [3, 4]])) // [4, 6]
 */
export const applyAlongAxis = (
  f: (line: NDArray, ...rest: readonly unknown[]) => NDArray,
  axis: number,
  x: Operand,
  ...rest: readonly unknown[]
): NDArray => {
  requireCallable("np.applyAlongAxis", "f", f);
  const own = asOperand("np.applyAlongAxis", x);
  const at = normalizeAxis("np.applyAlongAxis", axis, own.ndim);
  const lines = moveAxis(own, at, own.ndim - 1);
  const lead = lines.shape.slice(0, -1);
  const flat = reshape(lines, { shape: [sizeOf(lead), own.shape[at]!] });
  if (sizeOf(lead) === 0)
    throw new ShapeMismatch("np.applyAlongAxis", `shape ${showShape(own.shape)}`, "There is no vector to apply it to");
  const out = vmap((line: NDArray) => asOperand("np.applyAlongAxis", f(line, ...rest)))(flat);
  const shaped = reshape(out, { shape: [...lead, ...out.shape.slice(1)] });
  const order = Array.from({ length: shaped.ndim }, (_, k) => k);
  const results = order.slice(lead.length);
  const others = order.slice(0, lead.length);
  return transpose(shaped, { permutation: [...others.slice(0, at), ...results, ...others.slice(at)] });
};

/**
 * A reduction applied over several axes in turn; the axes it takes away stay with size 1.
 * @param f  called with the array and one axis
 * @example np.applyOverAxes((x, axis) => np.sum(x, { axis }), array([[1, 2], [3, 4]]), [0, 1]) // [[10]]
 */
export const applyOverAxes = (
  f: (x: NDArray, axis: number) => NDArray,
  x: Operand,
  axes: number | readonly number[],
): NDArray => {
  requireCallable("np.applyOverAxes", "f", f);
  const own = asOperand("np.applyOverAxes", x);
  return (Array.isArray(axes) ? (axes as readonly number[]) : [axes as number]).reduce<NDArray>((reduced, axis) => {
    const at = normalizeAxis("np.applyOverAxes", axis, own.ndim);
    const out = f(reduced, at);
    if (out.ndim === own.ndim) return out;
    if (out.ndim !== own.ndim - 1)
      throw new ShapeMismatch(
        "np.applyOverAxes",
        `the function made ${showShape(out.shape)} of ${showShape(reduced.shape)}`,
        "It keeps the axis with size 1, or takes it away",
      );
    return expandDims(out, at);
  }, own);
};

// --- vectorize --------------------------------------------------------------------------------

export interface VectorizeOptions {
  /** Core axes, as "(n),(n)->()": what one call takes and gives. By default scalars. */
  readonly signature?: string;
  /** Positions of arguments that are passed on as they are. */
  readonly excluded?: readonly number[];
}

interface Signature {
  readonly inputs: readonly (readonly string[])[];
  readonly outputs: readonly (readonly string[])[];
}

const axisNames = (text: string): string[] => (text === "" ? [] : text.split(","));

const parseSignature = (signature: string): Signature => {
  const list = String.raw`\((?:\w+(?:,\w+)*)?\)(?:,\((?:\w+(?:,\w+)*)?\))*`;
  const compact = typeof signature === "string" ? signature.replaceAll(/\s/g, "") : "";
  if (!new RegExp(`^${list}->${list}$`).test(compact))
    throw new InvalidOption(
      "np.vectorize",
      `signature ${showValue(signature)}`,
      'Write core axes such as "(n,m),(m)->(n)"',
    );
  const [inputs, outputs] = compact
    .split("->")
    .map((side) => [...side.matchAll(/\(([^)]*)\)/g)].map(([, core]) => axisNames(core!)));
  return { inputs: inputs!, outputs: outputs! };
};

/** Sizes of the core axes by name, and the leading axes of every argument. */
const coreSizes = (
  arrays: readonly NDArray[],
  { inputs }: Signature,
): { readonly sizes: ReadonlyMap<string, number>; readonly leads: readonly Shape[] } => {
  if (inputs.length !== arrays.length)
    throw new InvalidOption(
      "np.vectorize",
      `${arrays.length} arrays for a signature of ${inputs.length}`,
      "Give one array per argument of the signature",
    );
  const sizes = new Map<string, number>();
  const leads = arrays.map((x, position) => {
    const core = inputs[position]!;
    const first = x.ndim - core.length;
    if (first < 0)
      throw new ShapeMismatch(
        "np.vectorize",
        `argument ${position} has shape ${showShape(x.shape)} for the core axes (${core.join(",")})`,
        "Give at least the core axes",
      );
    core.forEach((name, k) => {
      const size = x.shape[first + k]!;
      const wanted = /^\d+$/.test(name) ? Number(name) : (sizes.get(name) ?? size);
      if (size !== wanted)
        throw new ShapeMismatch(
          "np.vectorize",
          `the core axis ${name} of argument ${position} has size ${size}, not ${wanted}`,
          "Core axes of one name have equal sizes",
        );
      sizes.set(name, size);
    });
    return x.shape.slice(0, first);
  });
  return { sizes, leads };
};

/** The results against the signature: their number, their core axes and the sizes already known. */
const requireOutputs = (out: readonly NDArray[], { outputs }: Signature, sizes: ReadonlyMap<string, number>): void => {
  const isRight =
    out.length === outputs.length &&
    out.every(({ shape }, k) => {
      const core = outputs[k]!;
      return (
        core.length === shape.length && core.every((name, axis) => (sizes.get(name) ?? shape[axis]) === shape[axis])
      );
    });
  if (!isRight)
    throw new ShapeMismatch(
      "np.vectorize",
      `the function gave ${out.map(({ shape }) => showShape(shape)).join(", ")} for (${outputs.map((core) => core.join(",")).join("),(")})`,
      "Its results need the core axes of the signature",
    );
};

/** One call per position of the leading axes, all in one vmap; arguments without leading axes are shared. */
const mapped = (
  f: (...arrays: NDArray[]) => NDArray | readonly NDArray[],
  arrays: readonly NDArray[],
  leads: readonly Shape[],
): NDArray | readonly NDArray[] => {
  const common = broadcastShapes("np.vectorize", ...leads);
  if (common.length === 0) return f(...arrays);
  const count = sizeOf(common);
  const isShared = leads.map((lead) => lead.length === 0);
  const lines = arrays.map((x, k) => {
    const core = x.shape.slice(leads[k]!.length);
    if (isShared[k]!) return x;
    const padded = reshape(x, { shape: [...new Array<number>(common.length - leads[k]!.length).fill(1), ...x.shape] });
    return reshape(broadcastArray(padded, [...common, ...core]), { shape: [count, ...core] });
  });
  const out = vmap(f as (...args: NDArray[]) => NDArray[], { inAxes: isShared.map((each) => (each ? null : 0)) })(
    ...lines,
  ) as NDArray | readonly NDArray[];
  const spread = (x: NDArray): NDArray => reshape(x, { shape: [...common, ...x.shape.slice(1)] });
  return Array.isArray(out) ? (out as readonly NDArray[]).map(spread) : spread(out as NDArray);
};

/**
 * A function of scalars, or of arrays with the core axes of `signature`, made to broadcast over all other axes.
 * @param f        called with tracers, once; returns an array or a list of them
 * @param options  signature, excluded
 * @throws InvalidOption, ShapeMismatch
 * @example np.vectorize((a, b) => np.where(a.less(b), a, b))(array([1, 5]), array([[3], [4]])) // [[1, 3], [1, 4]]
 */
export const vectorize = <Out extends NDArray | readonly NDArray[]>(
  f: (...args: any[]) => Out,
  options: VectorizeOptions = {},
): ((...args: unknown[]) => Out) => {
  requireOptions("np.vectorize", options, ["signature", "excluded"]);
  const { signature, excluded = [] } = options;
  const stated = signature === undefined ? null : parseSignature(signature);
  return (...args) => {
    const places = args.flatMap((_, position) => (excluded.includes(position) ? [] : [position]));
    const arrays = places.map((position) => asOperand("np.vectorize", args[position]));
    const { sizes, leads } = coreSizes(arrays, stated ?? { inputs: arrays.map(() => []), outputs: [] });
    const whole = (...given: NDArray[]): Out => {
      const all = [...args];
      places.forEach((position, k) => (all[position] = given[k]));
      const out = f(...all);
      if (stated !== null) requireOutputs(Array.isArray(out) ? out : [out as NDArray], stated, sizes);
      return out;
    };
    return mapped(whole, arrays, leads) as Out;
  };
};
