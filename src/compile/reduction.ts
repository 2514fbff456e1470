/**
 * Reductions in kernel IR. The innermost reduced axis is a run, whose order of operations kernels/reduction.ts fixes;
 * axes outside it are plain loops. The statements inside the reduced loops are shared by all reductions of the nest.
 */
import { sumBlock } from "../../kernels/reduction.ts";
import { isFloat } from "../array/dtype.ts";
import type { DType } from "../array/dtype.ts";
import { binaryExpression, compareExpression, constantExpression, unaryExpression } from "../ir/lowering.ts";
import type { Combine, ScalarExpression } from "../ir/lowering.ts";
import type { Access, Statement, Term } from "./kernel-ir.ts";

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

/** What one reduction does before the loops, with each element, and after them. */
interface Accumulator {
  readonly before: readonly Statement[];
  readonly term: Term;
  readonly after: readonly Statement[];
}

type NewLocal = (dtype: DType) => number;

const set = (local: number, value: ScalarExpression): Statement => ({ kind: "set", local, value });
const convertTo = (dtype: DType, x: ScalarExpression): ScalarExpression =>
  x.dtype === dtype ? x : { op: "convert", x, dtype };

const [largestInt32, largestUint32, largestBool] = [2147483647, 4294967295, 255];

/** The value that changes nothing. */
export const neutralOf = (combine: "add" | "max" | "min", dtype: DType): number => {
  if (combine === "add") return 0;
  if (isFloat(dtype)) return combine === "max" ? -Infinity : Infinity;
  if (combine === "max") return dtype === "int32" ? -largestInt32 - 1 : 0;
  return dtype === "int32" ? largestInt32 : dtype === "uint32" ? largestUint32 : largestBool;
};

const fold = (combine: "add" | "max" | "min", { value, access }: Output, newLocal: NewLocal): Accumulator => {
  const { dtype } = value;
  const total = newLocal(dtype);
  return {
    before: [set(total, constantExpression(neutralOf(combine, dtype), dtype))],
    term: { combine, value, total },
    after: [{ kind: "store", access, value: convertTo(access.dtype, { op: "local", index: total, dtype }) }],
  };
};

/** @param blocks  how many blocks join the total */
const floatSum = ({ value, access }: Output, newLocal: NewLocal, blocks: number): Accumulator => {
  const total = newLocal("float64");
  const sum: ScalarExpression = { op: "local", index: total, dtype: "float64" };
  const zero = constantExpression(0, "float64");
  if (blocks <= 1)
    return {
      before: [set(total, zero)],
      term: { combine: "sum", value, total, correction: null },
      after: [{ kind: "store", access, value: convertTo(access.dtype, sum) }],
    };
  const correction = newLocal("float64");
  const lost: ScalarExpression = { op: "local", index: correction, dtype: "float64" };
  const isFinite = compareExpression("lt", unaryExpression("abs", sum), constantExpression(Infinity, "float64"));
  // Infinite and NaN totals leave NaN in the correction, which must not hide them.
  const finished: ScalarExpression = {
    op: "select",
    condition: isFinite,
    x: binaryExpression("add", sum, lost),
    y: sum,
    dtype: "float64",
  };
  return {
    before: [set(total, zero), set(correction, zero)],
    term: { combine: "sum", value, total, correction },
    after: [{ kind: "store", access, value: convertTo(access.dtype, finished) }],
  };
};

const accumulator = (output: Output, blocks: number, newLocal: NewLocal): Accumulator => {
  const { combine, value } = output;
  if (combine !== "sum") return fold(combine, output, newLocal);
  return isFloat(value.dtype) ? floatSum(output, newLocal, blocks) : fold("add", output, newLocal);
};

/** All reductions of a nest: what stands inside its kept loops. New locals are appended. */
export const accumulators = (
  { bodies, extents, first, counters }: ReducedLoops,
  outputs: readonly Output[],
  locals: DType[],
): { readonly statements: readonly Statement[]; readonly counters: number } => {
  const newLocal: NewLocal = (dtype) => {
    locals.push(dtype);
    return locals.length - 1;
  };
  const count = extents.reduce((product, extent) => product * extent, 1);
  const length = extents.at(-1) ?? 1;
  const blocks = count === 0 ? 0 : (count / length) * Math.ceil(length / sumBlock);
  const parts = outputs.map((output) => accumulator(output, blocks, newLocal));
  const before = parts.flatMap((part) => part.before);
  const after = parts.flatMap((part) => part.after);
  if (count === 0) return { statements: [...before, ...after], counters };
  const runCounter = extents.length === 0 ? counters : first + extents.length - 1;
  let body: readonly Statement[] = [
    { kind: "run", counter: runCounter, extent: length, body: bodies.at(-1)!, terms: parts.map(({ term }) => term) },
  ];
  if (extents.length > 0) body = [...bodies[extents.length - 1]!, ...body];
  for (let k = extents.length - 2; k >= 0; k--)
    body = [...bodies[k]!, { kind: "loop", counter: first + k, extent: extents[k]!, body }];
  return { statements: [...before, ...body, ...after], counters: Math.max(counters, runCounter + 1) };
};
