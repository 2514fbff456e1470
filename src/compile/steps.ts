/** Steps of a compiled program: nests, routines, prebuilt kernels, loops and branches, each on numbered buffers. */
import type { BufferPlan } from "./buffer-plan.ts";
import type { Buffer, ControlGroup, ControlOperand, KernelGroup, Operand, RoutineGroup } from "./groups.ts";
import type { Nest } from "./kernel-ir.ts";

export interface NestStep {
  readonly kind: "nest";
  readonly nest: Nest;
  /** The nest as nests for several threads; null if one runs it. */
  readonly parts: readonly Nest[] | null;
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

/** Loops or branches with the programs of their bodies. */
export interface ControlStep extends ControlGroup {
  /** Programs of the bodies: of a scan one, of a while loop the condition's and the body's, of a choice every branch's. */
  readonly bodies: readonly Program[];
  /** Buffer in which the bodies have their frames, one at a time. */
  readonly frame: number;
  /** Loops: a second place for every part of the state, which rounds write in turn with the result; null where they change the result in place. */
  readonly spare: readonly (number | null)[];
  /** While loops: the condition's answer. */
  readonly answer: number | null;
  readonly releases: readonly number[];
}

export type ProgramStep = NestStep | RoutineStep | KernelStep | ControlStep;

export interface Program {
  readonly steps: readonly ProgramStep[];
  readonly buffers: readonly Buffer[];
  readonly inputCount: number;
  readonly outputs: readonly Operand[];
  readonly plan: BufferPlan;
  /** The same program over a block of elements, where long arrays can go through it block by block. */
  readonly blocks: BlockProgram | null;
}

export interface BlockProgram {
  readonly program: Program;
  /** Elements of the long arrays. */
  readonly length: number;
}

/** A step before it is known what it releases. */
export type UnreleasedStep = Omit<NestStep, "releases"> | RoutineGroup | KernelGroup | Omit<ControlStep, "releases">;

export const isBuffer = (operand: ControlOperand): operand is number => typeof operand === "number";

/** Buffers that the step writes. */
export const writesOf = (step: UnreleasedStep): readonly number[] => {
  if (step.kind === "nest") return step.writes;
  if (step.kind === "control")
    return [...step.results, ...[...step.spare, step.answer].filter((own) => own !== null), step.frame];
  return step.kind === "kernel" && step.scratch !== null ? [...step.results, step.scratch] : step.results;
};

/** Buffers whose values the step needs. */
export const readsOf = (step: UnreleasedStep): readonly number[] => {
  if (step.kind === "nest") return step.reads;
  if (step.kind === "kernel") return step.operands;
  if (step.kind === "control") return step.operands.filter(isBuffer);
  return step.operands.flatMap((operand) => (operand.kind === "buffer" ? [operand.buffer] : []));
};
