/**
 * Compilation as far as back ends share it: jaxpr -> passes -> groups -> steps (nests and routines), with the
 * lifetimes and places of all buffers. A program is plain immutable data.
 */
import { InvalidJaxpr } from "../error.ts";
import type { Jaxpr } from "../ir/jaxpr.ts";
import { planBuffers } from "./buffer-plan.ts";
import type { BufferPlan, Lifetimes } from "./buffer-plan.ts";
import { shareCommonSubexpressions } from "./common-subexpressions.ts";
import { removeDeadCode } from "./dead-code.ts";
import { fuse } from "./fusion.ts";
import type { Buffer, FusedProgram, KernelGroup, Operand, RoutineGroup } from "./fusion.ts";
import { inlineCalls } from "./inline.ts";
import { statementsIn } from "./kernel-ir.ts";
import type { Nest } from "./kernel-ir.ts";
import { buildNest } from "./nest.ts";

export interface NestStep {
  readonly kind: "nest";
  readonly nest: Nest;
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Named scopes of the equations in it. */
  readonly scopes: readonly string[];
  /** Buffers nobody needs after this step. */
  readonly releases: readonly number[];
}

export interface RoutineStep extends RoutineGroup {
  readonly releases: readonly number[];
}

export interface KernelStep extends KernelGroup {
  readonly releases: readonly number[];
}

export type ProgramStep = NestStep | RoutineStep | KernelStep;

export interface Program {
  readonly steps: readonly ProgramStep[];
  readonly buffers: readonly Buffer[];
  readonly inputCount: number;
  readonly outputs: readonly Operand[];
  readonly plan: BufferPlan;
}

/** The passes on a jaxpr, in order. */
export const optimize = (jaxpr: Jaxpr): Jaxpr => removeDeadCode(shareCommonSubexpressions(inlineCalls(jaxpr)));

type UnreleasedStep = Omit<NestStep, "releases"> | RoutineGroup | KernelGroup;

const touched = (nest: Nest): { readonly reads: number[]; readonly writes: number[] } => {
  const reads = new Set<number>();
  const writes = new Set<number>();
  for (const statement of statementsIn(nest.body))
    if (statement.kind === "load") reads.add(statement.access.buffer);
    else if (statement.kind === "store") writes.add(statement.access.buffer);
  const ascending = (set: Set<number>): number[] => [...set].sort((left, right) => left - right);
  return { reads: ascending(reads), writes: ascending(writes) };
};

const stepsOf = ({ groups, buffers }: FusedProgram): UnreleasedStep[] => {
  const steps: UnreleasedStep[] = [];
  for (const group of groups) {
    if (group.kind !== "nest") {
      steps.push(group);
      continue;
    }
    const nest = buildNest(group, buffers);
    if (nest !== null) steps.push({ kind: "nest", nest, scopes: [...group.scopes], ...touched(nest) });
  }
  return steps;
};

const writesOf = (step: UnreleasedStep): readonly number[] => {
  if (step.kind === "nest") return step.writes;
  return step.kind === "kernel" && step.scratch !== null ? [...step.results, step.scratch] : step.results;
};

const readsOf = (step: UnreleasedStep): readonly number[] => {
  if (step.kind === "nest") return step.reads;
  if (step.kind === "kernel") return step.operands;
  return step.operands.flatMap((operand) => (operand.kind === "buffer" ? [operand.buffer] : []));
};

const lifetimesOf = (steps: readonly UnreleasedStep[], { buffers, outputs }: FusedProgram): Lifetimes => {
  const first = new Int32Array(buffers.length).fill(-1);
  const last = new Int32Array(buffers.length).fill(-1);
  const inNest = new Uint8Array(buffers.length);
  const defined = new Uint8Array(buffers.length);
  steps.forEach((step, k) => {
    const writes = writesOf(step);
    const reads = readsOf(step);
    for (const buffer of writes) if (defined[buffer] === 0) [first[buffer], defined[buffer]] = [k, 1];
    for (const buffer of [...reads, ...writes]) {
      last[buffer] = k;
      if (step.kind !== "routine") inNest[buffer] = 1;
    }
  });
  for (const output of outputs) if (output.kind === "buffer") last[output.buffer] = steps.length;
  return { first, last, inNest };
};

/**
 * A jaxpr without constants as steps over buffers.
 * @param onFrame  for a back end that runs nests and prebuilt kernels on one frame of memory
 */
export const buildProgram = (jaxpr: Jaxpr, onFrame = true): Program => {
  if (jaxpr.constants.length > 0)
    throw new InvalidJaxpr(
      "compilation of a jaxpr",
      `${jaxpr.constants.length} constants`,
      "Turn constants into inputs first",
    );
  const fused = fuse(optimize(jaxpr), onFrame);
  const steps = stepsOf(fused);
  const lifetimes = lifetimesOf(steps, fused);
  const releases: number[][] = steps.map(() => []);
  lifetimes.last.forEach((step, buffer) => {
    if (step >= 0 && step < steps.length) releases[step]!.push(buffer);
  });
  return {
    steps: steps.map((step, k) => ({ ...step, releases: releases[k]! })),
    buffers: fused.buffers,
    inputCount: fused.inputCount,
    outputs: fused.outputs,
    plan: planBuffers(fused.buffers, lifetimes, steps.length),
  };
};
