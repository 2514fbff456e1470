/**
 * What a program costs, estimated from its steps: floating-point operations and bytes that are loaded and stored.
 * An operation on a scalar counts 1, a function such as exp or sin `functionFlops`. A nest counts what its loops do; a
 * kernel or routine what its primitive says (2 m n k for a matrix product), and each operand and result once.
 */
import { itemSize } from "../array/dtype.ts";
import type { Equation } from "../ir/jaxpr.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import { bytesOf } from "./buffer-plan.ts";
import type { Buffer } from "./groups.ts";
import { expressionsIn, valuesOf } from "./kernel-ir.ts";
import type { Statement } from "./kernel-ir.ts";
import { isBuffer } from "./steps.ts";
import type { ControlStep, Program, ProgramStep } from "./steps.ts";

export interface Cost {
  readonly flops: number;
  readonly bytes: number;
  /** Whether the operations of every step are known; else there are more. */
  readonly isWhole: boolean;
}

/** An elementary function, about: a polynomial of degree 10 to 13, the reduction of the argument, special cases. */
export const functionFlops = 20;

const nothing: Cost = { flops: 0, bytes: 0, isWhole: true };

const sumOf = (left: Cost, right: Cost): Cost => ({
  flops: left.flops + right.flops,
  bytes: left.bytes + right.bytes,
  isWhole: left.isWhole && right.isWhole,
});

const times = (count: number, { flops, bytes, isWhole }: Cost): Cost => ({
  flops: count * flops,
  bytes: count * bytes,
  isWhole,
});

const flopsOf = (root: ScalarExpression): number =>
  expressionsIn(root).reduce((flops, { op }) => {
    if (op === "local" || op === "constant") return flops;
    return flops + (op === "call" ? functionFlops : 1);
  }, 0);

/** Cost of statements and of those inside them; loops are a few levels deep. */
const costOfBody = (body: readonly Statement[]): Cost =>
  body.reduce((sum, statement) => {
    const flops = valuesOf(statement).reduce((total, value) => total + flopsOf(value), 0);
    if (statement.kind === "loop") return sumOf(sum, times(statement.extent, costOfBody(statement.body)));
    if (statement.kind === "run") {
      const round = sumOf(costOfBody(statement.body), { ...nothing, flops: flops + statement.terms.length });
      return sumOf(sum, times(statement.extent, round));
    }
    const bytes = statement.kind === "set" ? 0 : itemSize(statement.access.dtype);
    return sumOf(sum, { flops, bytes, isWhole: true });
  }, nothing);

/** A kernel or routine, by what its primitive says. */
const costOfCall = ({ primitive, inputs, params }: Equation, bytes: number): Cost => {
  const flops = primitive.flops?.(
    inputs.map(({ aval }) => aval),
    params,
  );
  return { flops: flops ?? 0, bytes, isWhole: flops !== undefined };
};

const bytesIn = (buffers: readonly Buffer[], numbers: readonly number[]): number =>
  numbers.reduce((sum, buffer) => sum + bytesOf(buffers[buffer]!), 0);

/** All rounds of a scan, one round of a while loop, the dearest branch of a choice. */
const costOfControl = ({ control, bodies }: ControlStep): Cost => {
  const costs = bodies.map(costOf);
  if (control.kind === "scan") return times(control.length, costs[0]!);
  if (control.kind === "while") return costs.reduce(sumOf);
  return costs.reduce((most, own) => (own.flops + own.bytes > most.flops + most.bytes ? own : most));
};

/** Cost of one step of a program with these buffers. */
export const costOfStep = (step: ProgramStep, buffers: readonly Buffer[]): Cost => {
  if (step.kind === "nest") return costOfBody(step.nest.body);
  if (step.kind === "control") return costOfControl(step);
  const operands =
    step.kind === "kernel"
      ? step.operands
      : step.operands.flatMap((operand) => (operand.kind === "buffer" ? [operand.buffer] : []));
  return costOfCall(step.equation, bytesIn(buffers, [...operands.filter(isBuffer), ...step.results]));
};

/** Cost of a program: of all its steps. */
export const costOf = ({ steps, buffers }: Program): Cost =>
  steps.reduce((sum, step) => sumOf(sum, costOfStep(step, buffers)), nothing);

// --- Text -------------------------------------------------------------------------------------

const prefixes = ["", "k", "M", "G", "T", "P"] as const;

/** Three digits and a prefix: `1.62 k`. */
const showQuantity = (value: number, unit: string): string => {
  if (value < 1000) return `${value} ${unit}`;
  const power = Math.min(prefixes.length - 1, Math.floor(Math.log10(value) / 3));
  const digits = (value / 1000 ** power).toPrecision(3);
  return digits === "1.00e+3" ? showQuantity(1000 ** (power + 1), unit) : `${Number(digits)} ${prefixes[power]}${unit}`;
};

/** `44 flop, 24 B`; operations that are not known are said. */
export const showCost = ({ flops, bytes, isWhole }: Cost): string => {
  const operations = isWhole ? "" : flops === 0 ? "unknown " : "at least ";
  return `${operations}${isWhole || flops > 0 ? showQuantity(flops, "flop") : "flop"}, ${showQuantity(bytes, "B")}`;
};

/** The same with operations per byte. */
export const showIntensity = (cost: Cost): string =>
  cost.bytes === 0 ? showCost(cost) : `${showCost(cost)}, ${Number((cost.flops / cost.bytes).toPrecision(2))} flop/B`;
