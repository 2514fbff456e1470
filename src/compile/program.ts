/**
 * Compilation as far as back ends share it: jaxpr -> passes -> groups -> steps (nests and routines), with the
 * lifetimes and places of all buffers. A program is plain immutable data.
 */
import { InvalidJaxpr } from "../error.ts";
import type { Jaxpr } from "../ir/jaxpr.ts";
import { leastSharedWork } from "../machine.ts";
import type { Control } from "../ir/lowering.ts";
import { inBlocks } from "./blocks.ts";
import { planBuffers } from "./buffer-plan.ts";
import type { BufferPlan, Lifetimes } from "./buffer-plan.ts";
import { fuse } from "./fusion.ts";
import type {
  Buffer,
  ControlGroup,
  ControlOperand,
  FusedProgram,
  FusionOptions,
  KernelGroup,
  Operand,
  RoutineGroup,
} from "./fusion.ts";
import { overwritable } from "./in-place.ts";
import { statementsIn } from "./kernel-ir.ts";
import type { Nest } from "./kernel-ir.ts";
import { mergeNests } from "./merge-nests.ts";
import { buildNest } from "./nest.ts";
import { optimize } from "./optimize.ts";
import { partsOf } from "./parts.ts";
import { keepInRounds } from "./round-buffers.ts";

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
  /** Loops: a second place for every part of the state, which rounds write in turn with the results; for a while loop then the condition's answer. */
  readonly spare: readonly number[];
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

export const isBuffer = (operand: ControlOperand): operand is number => typeof operand === "number";

export { optimize };

/** The bodies in the order of the step's programs, each with the operands that its first inputs are. */
const bodiesOf = (
  control: Control<Jaxpr>,
): readonly { readonly body: Jaxpr; readonly operands: readonly [from: number, to?: number] }[] => {
  if (control.kind === "cond") return control.branches.map((body) => ({ body, operands: [1] }));
  if (control.kind === "scan") return [{ body: control.body, operands: [0, control.constCount] }];
  const { condition, body, conditionConstants, bodyConstants } = control;
  return [
    { body: condition, operands: [0, conditionConstants] },
    { body, operands: [conditionConstants, conditionConstants + bodyConstants] },
  ];
};

type UnreleasedStep = Omit<NestStep, "releases"> | RoutineGroup | KernelGroup | Omit<ControlStep, "releases">;

/** What the nest needs from others, and what it makes. */
const touched = (nest: Nest): { readonly reads: number[]; readonly writes: number[] } => {
  const reads = new Set<number>();
  const writes = new Set<number>();
  for (const statement of statementsIn(nest.body))
    if (statement.kind === "load") reads.add(statement.access.buffer);
    else if (statement.kind === "store") writes.add(statement.access.buffer);
  const ascending = (set: Set<number>): number[] => [...set].sort((left, right) => left - right);
  for (const buffer of writes) reads.delete(buffer);
  return { reads: ascending(reads), writes: ascending(writes) };
};

/** The programs of a group's bodies, and buffers that its loop needs besides; these are appended. */
const controlStep = (group: ControlGroup, buffers: Buffer[], threads: number): Omit<ControlStep, "releases"> => {
  const { control, results, index } = group;
  const newBuffer = (buffer: Pick<Buffer, "shape" | "dtype">): number => {
    buffers.push({ ...buffer, group: index });
    return buffers.length - 1;
  };
  const bodies = bodiesOf(control).map(({ body, operands }) =>
    buildBody(body, group.operands.slice(...operands), threads),
  );
  const stateCount = control.kind === "scan" ? control.carryCount : control.kind === "while" ? results.length : 0;
  const spare = results.slice(0, stateCount).map((buffer) => newBuffer(buffers[buffer]!));
  if (control.kind === "while") spare.push(newBuffer({ shape: [], dtype: "bool" }));
  const frameBytes = Math.max(...bodies.map(({ plan }) => plan.bytes));
  return { ...group, bodies, spare, frame: newBuffer({ shape: [frameBytes], dtype: "bool" }) };
};

const stepsOf = ({ groups }: FusedProgram, buffers: Buffer[], threads: number): UnreleasedStep[] => {
  const steps: UnreleasedStep[] = [];
  for (const group of groups) {
    if (group.kind === "control") {
      steps.push(controlStep(group, buffers, threads));
      continue;
    }
    if (group.kind !== "nest") {
      steps.push(group);
      continue;
    }
    const nest = buildNest(group, buffers);
    if (nest !== null) steps.push({ kind: "nest", nest, parts: null, scopes: [...group.scopes], ...touched(nest) });
  }
  return steps;
};

const writesOf = (step: UnreleasedStep): readonly number[] => {
  if (step.kind === "nest") return step.writes;
  if (step.kind === "control") return [...step.results, ...step.spare, step.frame];
  return step.kind === "kernel" && step.scratch !== null ? [...step.results, step.scratch] : step.results;
};

const readsOf = (step: UnreleasedStep): readonly number[] => {
  if (step.kind === "nest") return step.reads;
  if (step.kind === "kernel") return step.operands;
  if (step.kind === "control") return step.operands.filter(isBuffer);
  return step.operands.flatMap((operand) => (operand.kind === "buffer" ? [operand.buffer] : []));
};

/** Neighbouring nests merged. */
const mergedSteps = (steps: readonly UnreleasedStep[]): readonly UnreleasedStep[] => {
  const merged: UnreleasedStep[] = [];
  for (let first = 0, next = 0; first < steps.length; first = next) {
    const neighbours: Omit<NestStep, "releases">[] = [];
    for (next = first; steps[next]?.kind === "nest"; next++) neighbours.push(steps[next] as NestStep);
    if (next === first) merged.push(steps[next++]!);
    for (const { nest, from } of mergeNests(neighbours.map((step) => step.nest))) {
      const scopes = [...new Set(from.flatMap((k) => neighbours[k]!.scopes))];
      merged.push({ kind: "nest", nest, parts: null, scopes, ...touched(nest) });
    }
  }
  return merged;
};

/** The steps in parts for threads; buffers that one nest alone touches are made as small as its rounds allow. */
const finishedSteps = (
  steps: readonly UnreleasedStep[],
  { inputCount, outputs }: Pick<FusedProgram, "inputCount" | "outputs">,
  buffers: Buffer[],
  threads: number,
): UnreleasedStep[] => {
  const users = new Int32Array(buffers.length).fill(1, 0, inputCount);
  for (const output of outputs) if (output.kind === "buffer") users[output.buffer]!++;
  for (const step of steps) for (const buffer of new Set([...readsOf(step), ...writesOf(step)])) users[buffer]!++;
  return steps.map((step) => {
    if (step.kind !== "nest") return step;
    const own = keepInRounds(step.nest, buffers, (buffer) => users[buffer] === 1, threads);
    if (own.buffers !== buffers) own.buffers.forEach((buffer, k) => (buffers[k] = buffer));
    return { ...step, nest: own.nest, parts: partsOf(own.nest, threads, leastSharedWork()), ...touched(own.nest) };
  });
};

/** @param isBody  whether the frame holds all buffers except those that the caller keeps */
const lifetimesOf = (
  steps: readonly UnreleasedStep[],
  { buffers, outputs }: Pick<FusedProgram, "buffers" | "outputs">,
  elsewhere: readonly number[],
  isBody: boolean,
): Lifetimes => {
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
      if (isBody || step.kind !== "routine") inNest[buffer] = 1;
    }
  });
  for (const buffer of elsewhere) inNest[buffer] = 0;
  const overwrites = new Map(steps.flatMap((step) => (step.kind === "nest" ? [...overwritable(step.nest)] : [])));
  for (const output of outputs) if (output.kind === "buffer") last[output.buffer] = steps.length;
  return { first, last, inNest, overwrites };
};

const build = (jaxpr: Jaxpr, options: FusionOptions): Program => {
  if (jaxpr.constants.length > 0)
    throw new InvalidJaxpr(
      "compilation of a jaxpr",
      `${jaxpr.constants.length} constants`,
      "Turn constants into inputs first",
    );
  const fused = fuse(optimize(jaxpr), options);
  const { inputCount, outputs } = fused;
  const buffers = [...fused.buffers];
  const steps = finishedSteps(mergedSteps(stepsOf(fused, buffers, options.threads)), fused, buffers, options.threads);
  const elsewhere = options.isBody
    ? [...jaxpr.inputs.keys(), ...outputs.map((output) => (output as Extract<Operand, { kind: "buffer" }>).buffer)]
    : [];
  const program = assemble(steps, { buffers, inputCount, outputs }, elsewhere, options.isBody);
  return options.onFrame && !options.isBody ? { ...program, blocks: blocksOf(program) } : program;
};

/** The program over a block; threads take long arrays as a whole. */
const blocksOf = ({ steps, buffers, inputCount, outputs }: Program): BlockProgram | null => {
  const [step] = steps;
  if (steps.length !== 1 || step!.kind !== "nest" || step!.parts !== null) return null;
  const blocks = inBlocks(step!.nest, buffers);
  if (blocks === null) return null;
  const program = assemble([{ ...step!, nest: blocks.nest }], { ...blocks, inputCount, outputs }, [], false);
  return { program, length: blocks.length };
};

/** Steps with lifetimes and places of their buffers. */
const assemble = (
  steps: readonly UnreleasedStep[],
  { buffers, inputCount, outputs }: Pick<Program, "buffers" | "inputCount" | "outputs">,
  elsewhere: readonly number[],
  isBody: boolean,
): Program => {
  const lifetimes = lifetimesOf(steps, { buffers, outputs }, elsewhere, isBody);
  const releases: number[][] = steps.map(() => []);
  lifetimes.last.forEach((step, buffer) => {
    if (step >= 0 && step < steps.length) releases[step]!.push(buffer);
  });
  return {
    steps: steps.map((step, k) => ({ ...step, releases: releases[k]! })),
    buffers,
    inputCount,
    outputs,
    plan: planBuffers(buffers, lifetimes, steps.length, elsewhere),
    blocks: null,
  };
};

/**
 * The program of a body: its inputs and then its outputs lie behind the pointers at the head of its frame.
 * @param operands  of its first inputs; values are written into it
 */
const buildBody = (jaxpr: Jaxpr, operands: readonly ControlOperand[], threads: number): Program => {
  const known = new Map(
    operands.flatMap((operand, k) => (isBuffer(operand) ? [] : [[jaxpr.inputs[k]!, operand] as const])),
  );
  return build(jaxpr, { onFrame: true, isBody: true, threads, known });
};

/**
 * A jaxpr without constants as steps over buffers.
 * @param onFrame  for a back end that runs nests, prebuilt kernels, loops and branches on one frame of memory
 * @param threads  how many may share a step
 */
export const buildProgram = (jaxpr: Jaxpr, onFrame = true, threads = 1): Program =>
  build(jaxpr, { onFrame, isBody: false, threads });
