/**
 * Reductions in kernel IR, in exactly the order of kernels/reduction.ts: a float sum adds blocks of 128
 * elements plainly in float64 and the block sums by Neumaier's compensation; integers and extrema fold.
 * The statements inside the reduced loops are shared by all reductions of the nest.
 */
import { sumBlock } from "../../kernels/reduction.ts";
import { isFloat } from "../array/dtype.ts";
import type { DType } from "../array/dtype.ts";
import { binaryExpression, compareExpression, constantExpression, unaryExpression } from "../ir/lowering.ts";
import type { Combine, ScalarExpression } from "../ir/lowering.ts";
import type { Access, Statement } from "./kernel-ir.ts";
import { laneOf, renameLocals } from "./lanes.ts";

/** The reduced loops of a nest: bodies[k] stands before loop k, the last one in the innermost. */
export interface ReducedLoops {
  readonly bodies: readonly (readonly Statement[])[];
  readonly extents: readonly number[];
  /** Counter of the outermost reduced loop. */
  readonly first: number;
  /** Counters in use. */
  readonly counters: number;
}

interface Output {
  readonly value: ScalarExpression;
  readonly combine: Combine;
  readonly access: Access;
}

/** What one reduction does before the loops, with each element, at the end of a block of 128, and after them. */
interface Accumulator {
  readonly before: readonly Statement[];
  readonly inside: (lane: number, value: ScalarExpression) => readonly Statement[];
  readonly flush: (lane: number) => readonly Statement[];
  readonly after: readonly Statement[];
}

type NewLocal = (dtype: DType) => ScalarExpression;

const set = (local: ScalarExpression, value: ScalarExpression): Statement => ({
  kind: "set",
  local: local.op === "local" ? local.index : -1,
  value,
});

const convertTo = (dtype: DType, x: ScalarExpression): ScalarExpression =>
  x.dtype === dtype ? x : { op: "convert", x, dtype };

const [largestInt32, largestUint32, largestBool] = [2147483647, 4294967295, 255];

/** The value that changes nothing. */
const neutral = (combine: "max" | "min", dtype: DType): number => {
  if (isFloat(dtype)) return combine === "max" ? -Infinity : Infinity;
  if (combine === "max") return dtype === "int32" ? -largestInt32 - 1 : 0;
  return dtype === "int32" ? largestInt32 : dtype === "uint32" ? largestUint32 : largestBool;
};

const fold = (
  name: "add" | "max" | "min",
  start: number,
  { value, access }: Output,
  newLocal: NewLocal,
): Accumulator => {
  // Float sums of one block accumulate in float64.
  const dtype = name === "add" && isFloat(value.dtype) ? "float64" : value.dtype;
  const total = newLocal(dtype);
  return {
    before: [set(total, constantExpression(start, dtype))],
    inside: (_lane, element) => [set(total, binaryExpression(name, total, convertTo(dtype, element)))],
    flush: () => [],
    after: [{ kind: "store", access, value: convertTo(access.dtype, total) }],
  };
};

/** Blocks of different lanes are summed side by side and join the total one after the other. */
const blockedSum = ({ access }: Output, newLocal: NewLocal, lanes: number): Accumulator => {
  const [total, correction, next] = [newLocal("float64"), newLocal("float64"), newLocal("float64")];
  const blocks = Array.from({ length: lanes }, () => newLocal("float64"));
  const zero = constantExpression(0, "float64");
  const add = (x: ScalarExpression, y: ScalarExpression): ScalarExpression => binaryExpression("add", x, y);
  const lost = (large: ScalarExpression, small: ScalarExpression): ScalarExpression =>
    add(binaryExpression("sub", large, next), small);
  const select = (condition: ScalarExpression, x: ScalarExpression, y: ScalarExpression): ScalarExpression => ({
    op: "select",
    condition,
    x,
    y,
    dtype: "float64",
  });
  const magnitude = (x: ScalarExpression): ScalarExpression => unaryExpression("abs", x);
  const isFinite = compareExpression("lt", magnitude(total), constantExpression(Infinity, "float64"));
  return {
    before: [total, correction, ...blocks].map((local) => set(local, zero)),
    inside: (lane, element) => [set(blocks[lane]!, add(blocks[lane]!, convertTo("float64", element)))],
    flush: (lane) => {
      const block = blocks[lane]!;
      const larger = compareExpression("ge", magnitude(total), magnitude(block));
      return [
        set(next, add(total, block)),
        set(correction, add(correction, select(larger, lost(total, block), lost(block, total)))),
        set(total, next),
        set(block, zero),
      ];
    },
    // Infinite and NaN totals leave NaN in the correction, which must not hide them.
    after: [{ kind: "store", access, value: convertTo(access.dtype, select(isFinite, add(total, correction), total)) }],
  };
};

const accumulator = (output: Output, count: number, newLocal: NewLocal, lanes: number): Accumulator => {
  const { combine, value } = output;
  if (combine !== "sum") return fold(combine, neutral(combine, value.dtype), output, newLocal);
  return isFloat(value.dtype) && count > sumBlock
    ? blockedSum(output, newLocal, lanes)
    : fold("add", 0, output, newLocal);
};

const loopsAround = (
  innermost: readonly Statement[],
  { bodies, extents, first }: ReducedLoops,
): readonly Statement[] => {
  let body = innermost;
  for (let k = extents.length - 1; k >= 0; k--)
    body = [...bodies[k]!, { kind: "loop", counter: first + k, extent: extents[k]!, part: null, body }];
  return body;
};

/** The access when its counter `block` counts groups of `lanes` blocks from element `start` on, and `inner` elements in block `lane`. */
const inBlock =
  (block: number, inner: number, lanes: number, lane: number, start: number) =>
  (access: Access): Access => {
    const stride = access.strides.find((term) => term.counter === block)?.stride;
    if (stride === undefined) return access;
    const others = access.strides.filter((term) => term.counter !== block);
    return {
      ...access,
      offset: access.offset + (start + lane * sumBlock) * stride,
      strides: [...others, { counter: block, stride: stride * sumBlock * lanes }, { counter: inner, stride }],
    };
  };

/** One loop over everything: groups of whole blocks side by side, then the other blocks one by one. */
const inBlocks = (
  { bodies, extents, first, counters }: ReducedLoops,
  parts: readonly Accumulator[],
  values: readonly ScalarExpression[],
  lanes: number,
  locals: DType[],
): readonly Statement[] => {
  const total = extents[0]!;
  const groups = lanes === 1 ? 0 : Math.floor(total / (lanes * sumBlock));
  const blocks = (count: number, width: number, start: number, elements: number): Statement => {
    const inside: Statement[] = [];
    for (let lane = 0; lane < width; lane++) {
      const { body, names } = laneOf(bodies[1]!, locals, inBlock(first, counters, width, lane, start));
      inside.push(...body, ...parts.flatMap((part, k) => part.inside(lane, renameLocals(values[k]!, names))));
    }
    const part = width === 1 ? { counter: first, total: elements } : null;
    const flush = Array.from({ length: width }, (_, lane) => parts.flatMap((part_) => part_.flush(lane))).flat();
    return {
      kind: "loop",
      counter: first,
      extent: count,
      part: null,
      body: [{ kind: "loop", counter: counters, extent: sumBlock, part, body: inside }, ...flush],
    };
  };
  const start = groups * lanes * sumBlock;
  return [
    ...bodies[0]!,
    ...(groups > 0 ? [blocks(groups, lanes, 0, start)] : []),
    ...(total > start ? [blocks(Math.ceil((total - start) / sumBlock), 1, start, total - start)] : []),
  ];
};

/** Several loops: a countdown tells where a block ends. */
const withCountdown = (
  body: readonly Statement[],
  flush: readonly Statement[],
  loops: ReducedLoops,
  count: number,
  space: ScalarExpression,
): readonly Statement[] => {
  const one = constantExpression(1, "int32");
  const ended: Statement = {
    kind: "if",
    condition: compareExpression("eq", space, constantExpression(0, "int32")),
    body: [...flush, set(space, constantExpression(sumBlock, "int32"))],
  };
  const inside: Statement[] = [...body, set(space, binaryExpression("sub", space, one)), ended];
  return [
    set(space, constantExpression(sumBlock, "int32")),
    ...loopsAround(inside, loops),
    ...(count % sumBlock === 0 ? [] : flush),
  ];
};

/** Blocks summed side by side; a sum waits about four additions for itself. */
const mostLanes = 4;
/** Longer bodies keep the machine busy by themselves. */
const longestLane = 12;

/** All reductions of a nest: what stands inside its kept loops. New locals are appended. */
export const accumulators = (
  loops: ReducedLoops,
  outputs: readonly Output[],
  locals: DType[],
): { readonly statements: readonly Statement[]; readonly counters: number } => {
  const newLocal: NewLocal = (dtype) => {
    locals.push(dtype);
    return { op: "local", index: locals.length - 1, dtype };
  };
  const count = loops.extents.reduce((product, extent) => product * extent, 1);
  const innermost = loops.bodies.at(-1)!;
  const lanes =
    loops.extents.length === 1 && count >= mostLanes * sumBlock && innermost.length <= longestLane ? mostLanes : 1;
  const parts = outputs.map((output) => accumulator(output, count, newLocal, lanes));
  const values = outputs.map(({ value }) => value);
  const before = parts.flatMap((part) => part.before);
  const after = parts.flatMap((part) => part.after);
  const flush = parts.flatMap((part) => part.flush(0));
  const body = [...innermost, ...parts.flatMap((part, k) => part.inside(0, values[k]!))];
  if (count === 0) return { statements: [...before, ...after], counters: loops.counters };
  if (flush.length === 0)
    return { statements: [...before, ...loopsAround(body, loops), ...after], counters: loops.counters };
  if (loops.extents.length > 1)
    return {
      statements: [...before, ...withCountdown(body, flush, loops, count, newLocal("int32")), ...after],
      counters: loops.counters,
    };
  return {
    statements: [...before, ...inBlocks(loops, parts, values, lanes, locals), ...after],
    counters: loops.counters + 1,
  };
};
