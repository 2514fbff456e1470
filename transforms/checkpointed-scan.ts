/**
 * A scan whose reverse mode keeps the carry at the start of every segment only, and runs a segment again on the
 * way back: a scan over segments of checkpointed scans. Nested segments keep less and run more often.
 * With segments of length sqrt(n), 2 sqrt(n) carries are kept and every step runs twice.
 * Source: Griewank & Walther 2000 (multilevel checkpointing).
 */
import { showValue } from "../src/describe.ts";
import { InvalidOption } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import type { ClosedJaxpr } from "../src/ir/jaxpr.ts";
import { bind } from "../src/ir/trace.ts";
import { requireOptions } from "../src/options.ts";
import { reshape } from "../ops/shape.ts";
import { join, sliceAxis } from "../ops/slicing.ts";
import { checkpointCall, checkpointPolicies } from "./checkpoint.ts";
import { stageOnTypesOf } from "./jaxpr-transforms.ts";
import { keyOf, remembering } from "./remember.ts";
import { scanCall } from "./scan-call.ts";
import { splitOperands } from "./scan-parts.ts";
import type { ScanParams } from "./scan-parts.ts";

/** Segment length, "sqrt" for the square root of the number of steps, or a number of nested levels. */
export type ScanCheckpoint = number | "sqrt" | { readonly levels: number };

/** Lengths of nested segments, outermost first; each shorter than the one around it. */
export const segmentLengths = (asked: string, length: number, checkpoint: ScanCheckpoint): readonly number[] => {
  const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;
  if (isCount(checkpoint)) return checkpoint < length ? [checkpoint] : [];
  if (typeof checkpoint === "object" && checkpoint !== null)
    requireOptions(`${asked}, checkpoint`, checkpoint, ["levels"]);
  const levels = checkpoint === "sqrt" ? 1 : (checkpoint as { readonly levels?: unknown } | null)?.levels;
  if (!isCount(levels))
    throw new InvalidOption(
      asked,
      `checkpoint ${showValue(checkpoint)}`,
      'Give a segment length, "sqrt", or { levels } with a whole number from 1',
    );
  const lengths: number[] = [];
  for (let level = levels; level >= 1; level--) {
    const segment = Math.ceil(length ** (level / (levels + 1)));
    if (segment < (lengths.at(-1) ?? length) && segment > 1) lengths.push(segment);
  }
  return lengths;
};

/** `count` segments of `segment` rows each. */
const inSegments = (x: NDArray, count: number, segment: number): NDArray =>
  reshape(x, { shape: [count, segment, ...x.shape.slice(1)] });

const joinRows = (x: NDArray): NDArray => reshape(x, { shape: [x.shape[0]! * x.shape[1]!, ...x.shape.slice(2)] });

/** The body of a scan over segments: the state and the rows of one segment through a checkpointed scan. */
const segmentBody = (params: ScanParams, segment: number, inner: readonly number[]): ClosedJaxpr =>
  rememberSegment(params.jaxpr, keyOf(segment, inner, params.reverse), () =>
    stageOnTypesOf("a segment of a scan", typesOfRows(params, segment), (inputs) =>
      checkpointedScan(inputs, { ...params, length: segment }, inner),
    ),
  );

const rememberSegment = remembering<ClosedJaxpr>();

/** Inputs of a scan of this length over the body: constants, carry, and rows that are stacked. */
const typesOfRows = (params: ScanParams, length: number): { readonly aval: Aval }[] => {
  const [constants, carry, xs] = splitOperands(params, params.jaxpr.inputs);
  return [...constants, ...carry, ...xs.map(({ aval }) => ({ aval: { ...aval, shape: [length, ...aval.shape] } }))];
};

/** The scan of these parameters, with segments of these lengths. */
export const scanInSegments = (
  operands: readonly NDArray[],
  params: ScanParams,
  lengths: readonly number[],
): readonly NDArray[] => {
  const [segment, ...inner] = lengths;
  if (segment === undefined) return bind(scanCall.primitive, operands, params);
  const { length, reverse, carryCount } = params;
  const [constants, carry, xs] = splitOperands(params, operands);
  const count = Math.floor(length / segment);
  const rest = length - count * segment;
  // Whole segments are visited first, whichever way the rows are visited.
  const [from, to] = reverse ? [rest, length] : [0, length - rest];
  const rows = xs.map((x) => inSegments(sliceAxis(x, 0, from, to), count, segment));
  const body = segmentBody(params, segment, inner);
  const results = bind(scanCall.primitive, [...body.constants, ...constants, ...carry, ...rows], {
    jaxpr: constantsAsInputs(body.jaxpr),
    length: count,
    reverse,
    constCount: body.constants.length + constants.length,
    carryCount,
  });
  const ys = results.slice(carryCount).map(joinRows);
  if (rest === 0) return [...results.slice(0, carryCount), ...ys];
  const [restFrom, restTo] = reverse ? [0, rest] : [length - rest, length];
  const last = checkpointedScan(
    [...constants, ...results.slice(0, carryCount), ...xs.map((x) => sliceAxis(x, 0, restFrom, restTo))],
    { ...params, length: rest },
    inner.filter((other) => other < rest),
  );
  const lastYs = last.slice(carryCount);
  return [...last.slice(0, carryCount), ...ys.map((y, k) => join(reverse ? [lastYs[k]!, y] : [y, lastYs[k]!], 0))];
};

const rememberCheckpointed = remembering<ClosedJaxpr>();

/** One segment, of which reverse mode keeps the operands. */
const checkpointedScan = (
  operands: readonly NDArray[],
  params: ScanParams,
  inner: readonly number[],
): readonly NDArray[] => {
  const { jaxpr, constants } = rememberCheckpointed(params.jaxpr, keyOf(params.length, inner, params.reverse), () =>
    stageOnTypesOf("a checkpointed scan", typesOfRows(params, params.length), (inputs) =>
      scanInSegments(inputs, params, inner),
    ),
  );
  return bind(checkpointCall.primitive, [...constants, ...operands], {
    jaxpr: constantsAsInputs(jaxpr),
    name: "a segment of a scan",
    policy: checkpointPolicies.nothing,
  });
};
