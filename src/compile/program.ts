/**
 * Compilation as far as back ends share it: jaxpr -> passes -> groups -> steps (nests and routines), with the
 * lifetimes and places of all buffers. A program is plain immutable data.
 */
import { InvalidJaxpr } from "../error.ts";
import type { Jaxpr } from "../ir/jaxpr.ts";
import { leastSharedWork } from "../machine.ts";
import { inBlocks } from "./blocks.ts";
import { bodiesOf, noState } from "./bodies.ts";
import type { BodySource, StatePlace } from "./bodies.ts";
import { planBuffers } from "./buffer-plan.ts";
import type { Lifetimes, Pointers } from "./buffer-plan.ts";
import { fuse } from "./fusion.ts";
import type { FusionOptions } from "./fusion.ts";
import type { Buffer, ControlGroup, ControlOperand, FusedProgram, Operand } from "./groups.ts";
import { overwritten } from "./in-place.ts";
import { statementsIn } from "./kernel-ir.ts";
import type { Nest } from "./kernel-ir.ts";
import { mergeNests } from "./merge-nests.ts";
import { buildNest } from "./nest.ts";
import { optimize } from "./optimize.ts";
import { partsOf } from "./parts.ts";
import { keepInRounds } from "./round-buffers.ts";
import { stateInPlace } from "./state-in-place.ts";
import type { StateBuffers } from "./state-in-place.ts";
import { isBuffer, readsOf, writesOf } from "./steps.ts";
import type { BlockProgram, ControlStep, NestStep, Program, UnreleasedStep } from "./steps.ts";

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
  const { control, results } = group;
  const newBuffer = (buffer: Buffer): number => buffers.push(buffer) - 1;
  const sources = bodiesOf(control);
  const bodies = sources.map((source) => buildBody(source, group.operands.slice(...source.operands), threads));
  const { plan, outputs } = bodies.at(-1)!;
  const spare = stateBuffers(outputs, sources.at(-1)!.state).map(([found, left], k) =>
    plan.slots[found] === plan.slots[left] ? null : newBuffer(buffers[results[k]!]!),
  );
  const answer = control.kind === "while" ? newBuffer({ shape: [], dtype: "bool" }) : null;
  const frameBytes = Math.max(...bodies.map(({ plan }) => plan.bytes));
  return { ...group, bodies, spare, answer, frame: newBuffer({ shape: [frameBytes], dtype: "bool" }) };
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
  pointers: Pointers,
  isBody: boolean,
): Lifetimes => {
  const first = new Int32Array(buffers.length).fill(-1);
  const last = new Int32Array(buffers.length).fill(-1);
  const inFrame = new Uint8Array(buffers.length);
  const defined = new Uint8Array(buffers.length);
  steps.forEach((step, k) => {
    const writes = writesOf(step);
    const reads = readsOf(step);
    for (const buffer of writes) if (defined[buffer] === 0) [first[buffer], defined[buffer]] = [k, 1];
    for (const buffer of [...reads, ...writes]) {
      last[buffer] = k;
      if (isBody || step.kind !== "routine") inFrame[buffer] = 1;
    }
  });
  for (const buffer of pointers.keys()) inFrame[buffer] = 0;
  const overwrites = new Map(steps.flatMap((step) => [...overwritten(step)]));
  for (const output of outputs) if (output.kind === "buffer") last[output.buffer] = steps.length;
  return { first, last, inFrame, overwrites };
};

const bufferOf = (output: Operand): number => (output as Extract<Operand, { kind: "buffer" }>).buffer;

/** The buffers of the state in the program of a body, whose inputs are its first buffers. */
const stateBuffers = (outputs: readonly Operand[], { first, count }: StatePlace): StateBuffers[] =>
  outputs.slice(0, count).map((output, k) => [first + k, bufferOf(output)]);

/** A body finds its inputs and then its outputs behind pointers; what it changes in place, where it leaves it. */
const pointersOf = (
  steps: readonly UnreleasedStep[],
  inputCount: number,
  outputs: readonly Operand[],
  state: StatePlace,
): Pointers => {
  const pointers = new Map<number, number>();
  for (let input = 0; input < inputCount; input++) pointers.set(input, input);
  outputs.forEach((output, k) => pointers.set(bufferOf(output), inputCount + k));
  for (const [buffer, left] of stateInPlace(steps, stateBuffers(outputs, state), pointers))
    pointers.set(buffer, pointers.get(left)!);
  return pointers;
};

const build = (jaxpr: Jaxpr, options: FusionOptions, state: StatePlace = noState): Program => {
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
  const pointers = options.isBody ? pointersOf(steps, inputCount, outputs, state) : new Map<number, number>();
  const program = assemble(steps, { buffers, inputCount, outputs }, pointers, options.isBody);
  return options.onFrame && !options.isBody ? { ...program, blocks: blocksOf(program) } : program;
};

/** The program over a block; threads take long arrays as a whole. */
const blocksOf = ({ steps, buffers, inputCount, outputs }: Program): BlockProgram | null => {
  const [step] = steps;
  if (steps.length !== 1 || step!.kind !== "nest" || step!.parts !== null) return null;
  const blocks = inBlocks(step!.nest, buffers);
  if (blocks === null) return null;
  const program = assemble([{ ...step!, nest: blocks.nest }], { ...blocks, inputCount, outputs }, new Map(), false);
  return { program, length: blocks.length };
};

/** Steps with lifetimes and places of their buffers. */
const assemble = (
  steps: readonly UnreleasedStep[],
  { buffers, inputCount, outputs }: Pick<Program, "buffers" | "inputCount" | "outputs">,
  pointers: Pointers,
  isBody: boolean,
): Program => {
  const lifetimes = lifetimesOf(steps, { buffers, outputs }, pointers, isBody);
  const releases: number[][] = steps.map(() => []);
  lifetimes.last.forEach((step, buffer) => {
    if (step >= 0 && step < steps.length) releases[step]!.push(buffer);
  });
  return {
    steps: steps.map((step, k) => ({ ...step, releases: releases[k]! })),
    buffers,
    inputCount,
    outputs,
    plan: planBuffers(buffers, lifetimes, steps.length, pointers),
    blocks: null,
  };
};

/**
 * The program of a body: its inputs and then its outputs lie behind the pointers at the head of its frame.
 * @param operands  of its first inputs; values are written into it
 */
const buildBody = (
  { body: jaxpr, state }: BodySource,
  operands: readonly ControlOperand[],
  threads: number,
): Program => {
  const known = new Map(
    operands.flatMap((operand, k) => (isBuffer(operand) ? [] : [[jaxpr.inputs[k]!, operand] as const])),
  );
  return build(jaxpr, { onFrame: true, isBody: true, threads, known }, state);
};

/**
 * A jaxpr without constants as steps over buffers.
 * @param onFrame  for a back end that runs nests, prebuilt kernels, loops and branches on one frame of memory
 * @param threads  how many may share a step
 */
export const buildProgram = (jaxpr: Jaxpr, onFrame = true, threads = 1): Program =>
  build(jaxpr, { onFrame, isBody: false, threads });
