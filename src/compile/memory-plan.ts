/**
 * Memory of a program before it runs: the frame of its nests, and the arrays that routines and results need, alive
 * step by step as the back ends hold them. What a routine allocates for itself is counted where its primitive says so.
 */
import type { Equation, Jaxpr } from "../ir/jaxpr.ts";
import { bytesOf } from "./buffer-plan.ts";
import { threadCount } from "../machine.ts";
import { buildProgram } from "./program.ts";
import type { Program, ProgramStep } from "./steps.ts";

export interface MemoryPlan {
  readonly argumentBytes: number;
  /** Most bytes held at one time besides the arguments; results are among them. */
  readonly heldBytes: number;
}

/** How the back end keeps buffers of nests: in one frame, or each as an array while it is needed. */
export type Keeping = "frame" | "arrays";

const operandBuffers = (step: ProgramStep): number[] =>
  step.kind !== "routine"
    ? []
    : step.operands.flatMap((operand) => (operand.kind === "buffer" ? [operand.buffer] : []));

/** Bytes that the routine of an equation needs besides operands and results. */
const workspaceOf = ({ primitive, params }: Equation, keeping: Keeping): number =>
  primitive.workspace?.(params, (inner) => memoryOf(inner as Jaxpr, keeping).heldBytes) ?? 0;

/** Most bytes that routines of a body hold at one time: copies of their operands and results, and what they need besides. */
const heldInBody = ({ steps, buffers }: Program): number => {
  let peak = 0;
  for (const step of steps)
    if (step.kind === "control") peak = Math.max(peak, ...step.bodies.map(heldInBody));
    else if (step.kind === "routine") {
      const own = [...operandBuffers(step), ...step.results].map((buffer) => bytesOf(buffers[buffer]!));
      peak = Math.max(
        peak,
        own.reduce((sum, bytes) => sum + bytes, workspaceOf(step.equation, "frame")),
      );
    }
  return peak;
};

/** Most bytes held by a program besides its arguments. */
const heldBytesOf = (whole: Program, keeping: Keeping): number => {
  const { steps, buffers, inputCount, outputs } = whole;
  const plan = keeping === "frame" && whole.blocks !== null ? whole.blocks.program.plan : whole.plan;
  const inFrame = keeping === "frame" && steps.some((step) => step.kind !== "routine");
  const held = new Uint8Array(buffers.length).fill(1, 0, inputCount);
  let live = inFrame ? plan.bytes : 0;
  let peak = live;
  let pending: number[] = [];
  const take = (buffer: number): void => {
    if (held[buffer] === 1) return;
    held[buffer] = 1;
    live += bytesOf(buffers[buffer]!);
    peak = Math.max(peak, live);
  };
  for (const step of steps) {
    for (const buffer of step.releases) pending.push(buffer);
    if (step.kind === "kernel") continue;
    if (step.kind === "control") {
      peak = Math.max(peak, live + Math.max(...step.bodies.map(heldInBody)));
      continue;
    }
    if (step.kind === "nest") {
      if (inFrame) continue;
      step.writes.forEach(take);
    } else {
      operandBuffers(step).forEach(take);
      peak = Math.max(peak, live + workspaceOf(step.equation, keeping));
      step.results.forEach(take);
    }
    for (const buffer of pending) {
      if (held[buffer] === 1 && buffer >= inputCount) live -= bytesOf(buffers[buffer]!);
      if (buffer >= inputCount) held[buffer] = 0;
    }
    pending = [];
  }
  for (const output of outputs) if (output.kind === "buffer") take(output.buffer);
  return peak;
};

const plans = new WeakMap<Jaxpr, Partial<Record<Keeping, MemoryPlan>>>();

/** Memory of a jaxpr without constants. */
export const memoryOf = (jaxpr: Jaxpr, keeping: Keeping): MemoryPlan => {
  const known = plans.get(jaxpr) ?? {};
  plans.set(jaxpr, known);
  return (known[keeping] ??= {
    argumentBytes: jaxpr.inputs.reduce((sum, { aval }) => sum + bytesOf(aval), 0),
    heldBytes: heldBytesOf(buildProgram(jaxpr, keeping === "frame", threadCount()), keeping),
  });
};
