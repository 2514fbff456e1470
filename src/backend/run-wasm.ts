/**
 * Runs a program as WebAssembly on a frame of the arena: inputs are copied in, results out to fresh arrays.
 * Buffers that only routines touch never enter the frame. The frame is released in `finally`; a routine that
 * calls another compiled function gets a frame on top of this one.
 */
import { compiledFor, instantiate, limitsOf } from "../../kernels/prebuilt/module.ts";
import { allocate } from "../array/storage.ts";
import type { TypedArray } from "../array/dtype.ts";
import { bufferOf } from "../array/ndarray.ts";
import { sizeOf } from "../array/shape.ts";
import type { Program, RoutineStep } from "../compile/steps.ts";
import type { Arena } from "./arena.ts";
import { addressable, copyIn, copyOut, refuseFrame, releaseFrame, sharedArena, takeFrame } from "./arena.ts";
import { hold, release } from "./memory.ts";
import { collectOutputs, runRoutine } from "./routine.ts";
import { prepareJavaScript } from "./run-javascript.ts";
import type { Executable } from "./run-javascript.ts";
import { poolOn } from "./threads.ts";
import type { SharedProgram } from "./threads.ts";
import { encodeProgram, kernelName } from "./wasm.ts";
import type { EncodedProgram, HostRoutine } from "./wasm.ts";

/** One call in progress. */
interface Call {
  readonly base: number;
  /** Buffers that exist as arrays of their own. */
  readonly held: (TypedArray | undefined)[];
  /** Bytes of those that are no inputs. */
  bytes: number;
}

/**
 * For every routine the buffers that nobody needs after it, those of nests since the last routine included. What stands in
 * for a kernel that refuses is not among them.
 */
const releasesOfRoutines = (steps: Program["steps"]): ReadonlyMap<RoutineStep, readonly number[]> => {
  const releases = new Map<RoutineStep, readonly number[]>();
  let pending: number[] = [];
  for (const step of steps) {
    for (const buffer of step.releases) pending.push(buffer);
    if (step.kind !== "routine") continue;
    releases.set(step, pending);
    pending = [];
  }
  return releases;
};

/** Runs a routine of a body, whose buffers are all in the memory: copies of them are made for it. */
const runInBody = (arena: Arena, { program, step }: HostRoutine, base: number): void => {
  const { buffers, plan } = program;
  const addressOf = (buffer: number): number => {
    const slot = plan.slots[buffer]!;
    return slot < 0 ? base + Math.max(0, plan.offsets[buffer]!) : arena.views.uint32[(base >>> 2) + slot]!;
  };
  let bytes = 0;
  const count = (values: TypedArray): TypedArray => {
    bytes += values.byteLength;
    hold(values.byteLength);
    return values;
  };
  const read = (buffer: number): TypedArray => {
    const { dtype, shape } = buffers[buffer]!;
    return count(copyOut(arena, dtype, addressOf(buffer), sizeOf(shape)));
  };
  try {
    runRoutine(step, read, (buffer, values) => copyIn(arena, count(values), buffers[buffer]!.dtype, addressOf(buffer)));
  } finally {
    release(bytes);
  }
};

interface KernelImport {
  readonly name: string;
  readonly function: string;
  readonly binary: WebAssembly.Module;
  readonly own: (...x: number[]) => void;
}

/** Functions of the prebuilt modules that a program imports. */
const kernelImports = (kernels: EncodedProgram["kernels"], memory: WebAssembly.Memory): KernelImport[] =>
  kernels.flatMap(({ routine, calls }) =>
    calls.map((call) => ({
      name: kernelName(routine, call),
      function: call.function,
      binary: compiledFor(routine.module, memory),
      own: instantiate(routine.module, memory)[call.function]!,
    })),
  );

const withoutOwn = ({ name, function: own, binary }: KernelImport): SharedProgram["kernels"][number] => ({
  name,
  function: own,
  binary,
});

const never = (): boolean => false;

/** @param threads  how many may run it; its steps are in parts for as many */
export const prepareWasm = (program: Program, threads = 1): Executable => {
  const { steps, buffers, plan, inputCount } = program;
  if (steps.every((step) => step.kind === "routine")) return prepareJavaScript(program);
  const arena = sharedArena(threads > 1);
  // What addresses cannot reach cannot be written as a program; the arena says why.
  if (plan.bytes > addressable) return () => refuseFrame(arena, plan.bytes);
  const { memory } = arena;
  const sizes = buffers.map(({ shape }) => sizeOf(shape));
  const enters = Array.from({ length: inputCount }, (_, k) => k).filter((k) => plan.offsets[k]! >= 0);
  const releases = releasesOfRoutines(steps);
  let current: Call | null = null;

  const keep = (call: Call, buffer: number, values: TypedArray): TypedArray => {
    call.held[buffer] = values;
    call.bytes += values.byteLength;
    hold(values.byteLength);
    return values;
  };
  const drop = (call: Call, buffer: number): void => {
    const values = call.held[buffer];
    if (values === undefined) return;
    call.held[buffer] = undefined;
    if (buffer < inputCount) return;
    call.bytes -= values.byteLength;
    release(values.byteLength);
  };
  const read = (buffer: number): TypedArray => {
    const call = current!;
    const known = call.held[buffer];
    if (known !== undefined) return known;
    const { dtype } = buffers[buffer]!;
    const isEmpty = sizes[buffer] === 0;
    return keep(
      call,
      buffer,
      isEmpty ? allocate(dtype, 0) : copyOut(arena, dtype, call.base + plan.offsets[buffer]!, sizes[buffer]!),
    );
  };
  const write = (buffer: number, values: TypedArray): void => {
    const call = current!;
    keep(call, buffer, values);
    if (plan.offsets[buffer]! >= 0) copyIn(arena, values, buffers[buffer]!.dtype, call.base + plan.offsets[buffer]!);
  };
  const encoded = encodeProgram(program, limitsOf(memory));
  const host = (number: number, base: number): void => {
    const routine = encoded.routines[number]!;
    // Addresses are unsigned, which a call from WebAssembly does not say.
    if (routine.program !== program) return runInBody(arena, routine, base >>> 0);
    runRoutine(routine.step, read, write);
    for (const buffer of releases.get(routine.step) ?? []) drop(current!, buffer);
  };
  const kernels = kernelImports(encoded.kernels, memory);
  const module = new WebAssembly.Module(encoded.bytes);
  const { functions, sharedSteps } = encoded;
  const workers = sharedSteps > 0 ? poolOn(memory, threads) : null;
  const others = workers?.register({ module, functions, kernels: kernels.map(withoutOwn), steps: sharedSteps });
  const instance = new WebAssembly.Instance(module, {
    env: { memory, host, fork: others?.fork ?? never, join: others?.join ?? never },
    math: functions,
    kernels: Object.fromEntries(kernels.map(({ name, own }) => [name, own])),
  });
  const main = instance.exports["main"] as (base: number) => void;

  return (inputs) => {
    const outer = current;
    const base = takeFrame(arena, plan.bytes);
    hold(plan.bytes);
    const held = new Array<TypedArray | undefined>(buffers.length).fill(undefined);
    const call: Call = { base, held, bytes: 0 };
    try {
      for (let k = 0; k < inputCount; k++) held[k] = bufferOf(inputs[k]!);
      for (const k of enters) copyIn(arena, held[k]!, buffers[k]!.dtype, base + plan.offsets[k]!);
      current = call;
      main(base);
      return collectOutputs(program, inputs, read);
    } finally {
      release(plan.bytes + call.bytes);
      current = outer;
      releaseFrame(arena, base);
    }
  };
};
