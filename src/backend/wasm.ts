/**
 * WebAssembly printer: kernel IR -> one function per nest, one per body of a loop or branch, and `main(base)`; each runs
 * its steps on the frame at `base`. Routines are calls of an imported host function with their number and that frame.
 * Elementary functions are functions of vectors in the module; other scalar functions are imported.
 */
import { elementary } from "../../kernels/elementary/index.ts";
import { rareFunctions } from "../../kernels/elementary/rare.ts";
import type { Arithmetic, BinaryText, RareFunction } from "../../kernels/elementary/arithmetic.ts";
import { vectors } from "../../kernels/elementary/vectors.ts";
import type { RareReference, Vector } from "../../kernels/elementary/vectors.ts";
import { call, i32, wasmModule } from "../../kernels/assembler/index.ts";
import type {
  Expression,
  FunctionBuilder,
  FunctionReference,
  Local,
  MemoryLimits,
  WasmModule,
} from "../../kernels/assembler/index.ts";
import { memoryLimits } from "../../kernels/prebuilt/module.ts";
import type { PrebuiltCall } from "../../kernels/prebuilt/module.ts";
import { isFloat } from "../array/dtype.ts";
import type { PrebuiltRoutine, ScalarExpression } from "../ir/lowering.ts";
import type { Nest } from "../compile/kernel-ir.ts";
import { scratchOffsets } from "../compile/routine-groups.ts";
import type { ControlStep, KernelStep, NestStep, Program, ProgramStep, RoutineStep } from "../compile/steps.ts";
import { isElementary, scalarFunction } from "./scalar-functions.ts";
import { writeControl } from "./wasm-control.ts";
import { callsIn } from "./wasm-expression.ts";
import type { Callee, Callees } from "./wasm-expression.ts";
import { writeNest } from "./wasm-nest.ts";
import { addressIn } from "./wasm-pointers.ts";
import type { VectorFunction } from "./wasm-vector.ts";

type Call = Extract<ScalarExpression, { readonly op: "call" }>;
type Precision = "float64" | "float32";

/** A routine that the module leaves to its host. */
export interface HostRoutine {
  readonly program: Program;
  readonly step: RoutineStep;
}

/** Bytes of the module of a program, and what it imports. */
export interface EncodedProgram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Functions of "math". */
  readonly functions: Readonly<Record<string, (...x: number[]) => number>>;
  /** What "env"."host" is called for, by number. */
  readonly routines: readonly HostRoutine[];
  /** Steps whose functions are imported from "kernels". */
  readonly kernels: readonly KernelStep[];
  /** How many steps are in parts. */
  readonly sharedSteps: number;
}

/** The text, whatever its arity. */
const textOf = (name: string, precision: Precision): BinaryText => elementary[name]![precision] as BinaryText;

/** Imports, then functions: a module numbers its functions in this order. */
const importFunctions = (
  module: WasmModule,
  calls: readonly Call[],
  functions: Record<string, (...x: number[]) => number>,
): { readonly host: ReadonlyMap<string, Callee>; readonly rare: ReadonlyMap<string, RareReference> } => {
  const host = new Map<string, Callee>();
  const rare = new Map<string, RareReference>();
  for (const { function: name, args, dtype } of calls) {
    if (isElementary(name, dtype)) {
      const type = dtype === "float64" ? "f64" : "f32";
      for (const wanted of rareFunctions(textOf(name, dtype), dtype)) {
        if (rare.has(wanted.name)) continue;
        functions[wanted.name] = wanted.compute;
        const params = new Array<"f64" | "f32">(wanted.compute.length).fill(type);
        rare.set(wanted.name, module.importFunction("math", wanted.name, params, type) as RareReference);
      }
      continue;
    }
    const key = `${name} ${args.length} ${isFloat(dtype)}`;
    if (host.has(key)) continue;
    functions[name] = scalarFunction(name, dtype);
    const params = new Array<"f64">(args.length).fill("f64");
    host.set(key, module.importFunction("math", name, params, isFloat(dtype) ? "f64" : "i32") as Callee);
  }
  return { host, rare };
};

const defineElementary = (
  module: WasmModule,
  calls: readonly Call[],
  rare: ReadonlyMap<string, RareReference>,
): ReadonlyMap<string, VectorFunction> => {
  const defined = new Map<string, VectorFunction>();
  for (const { function: name, args, dtype } of calls) {
    const key = `${name} ${dtype}`;
    if (!isElementary(name, dtype) || defined.has(key)) continue;
    const params = new Array<"v128">(args.length).fill("v128");
    const body = (f: FunctionBuilder<"v128">, ...operands: readonly Vector[]): Vector => {
      const arithmetic: Arithmetic<Vector, Vector> = vectors(dtype, f, (wanted: RareFunction) =>
        rare.get(wanted.name)!,
      );
      const [x, y] = operands as [Vector, Vector];
      return textOf(name, dtype)(arithmetic)(x, y);
    };
    const made = module.func(key, { params, result: "v128" }, body as never);
    defined.set(key, made as unknown as VectorFunction);
  }
  return defined;
};

// --- Programs and the programs of their bodies -------------------------------------------------

/** The program and those of all bodies in it, every one after the program that calls it. */
const programsIn = (root: Program): readonly Program[] => {
  const found = [root];
  for (const { steps } of found) for (const step of steps) if (step.kind === "control") found.push(...step.bodies);
  return found;
};

type ProgramFunction = FunctionReference<readonly ["i32"]>;
type Builder = FunctionBuilder<"none">;

// --- Prebuilt kernels -------------------------------------------------------------------------

type KernelFunction = FunctionReference<readonly "i32"[], "i32" | "none">;

/** Name under which a program imports the function of a kernel. */
export const kernelName = ({ module }: PrebuiltRoutine, call: PrebuiltCall): string =>
  `${module.name}.${call.function}`;

const importKernels = (module: WasmModule, kernels: readonly KernelStep[]): ReadonlyMap<string, KernelFunction> => {
  const imported = new Map<string, KernelFunction>();
  for (const { routine, calls, operands, results } of kernels)
    for (const call of calls) {
      const name = kernelName(routine, call);
      if (imported.has(name)) continue;
      const { length } = call.args({ operands: operands.map(() => 0), results: results.map(() => 0), scratch: 0 });
      const params = new Array<"i32">(length).fill("i32");
      imported.set(name, module.importFunction("kernels", name, params, call.refuses === true ? "i32" : "none"));
    }
  return imported;
};

/** Moves one address of a kernel's call, to see which arguments follow it. */
const trial = 4096;

/** Arguments of a kernel: one that follows an address is that address and a number, the others are numbers. */
const kernelArguments = (
  { operands, results, scratch }: KernelStep,
  { args }: PrebuiltCall,
  scratchOffset: number,
  addressOf: (buffer: number) => Expression<"i32">,
): Expression<"i32">[] => {
  const buffers = [...operands, ...results, ...(scratch === null ? [] : [scratch])];
  const argumentsAt = (places: readonly number[]): number[] =>
    args({
      operands: places.slice(0, operands.length),
      results: places.slice(operands.length, operands.length + results.length),
      scratch: scratchOffset + (places[operands.length + results.length] ?? 0),
    });
  const origins = buffers.map(() => 0);
  const numbers = argumentsAt(origins);
  const follows = buffers.map((_, moved) =>
    argumentsAt(origins.with(moved, trial)).map((value, k) => value !== numbers[k]),
  );
  return numbers.map((value, k) => {
    const buffer = buffers[follows.findIndex((own) => own[k])];
    if (buffer === undefined) return i32.const(value);
    return value === 0 ? addressOf(buffer) : i32.add(addressOf(buffer), i32.const(value));
  });
};

/** The kernel's step as a routine: its primitive's `evaluate`, which says why the kernel refuses. */
const routineOf = ({ index, equation, operands, results }: KernelStep): RoutineStep => ({
  kind: "routine",
  index,
  equation,
  operands: operands.map((buffer, k) => ({ kind: "buffer", buffer, aval: equation.inputs[k]!.aval })),
  results,
  releases: [],
});

// --- Steps ------------------------------------------------------------------------------------

/** Writes a step into the function of its program. */
type Writer = (f: Builder, base: Local<"i32">) => void;

/** A module being made: what its functions call, and what is found out while they are written. */
interface Making {
  readonly module: WasmModule;
  readonly callees: Callees;
  readonly kernels: ReadonlyMap<string, KernelFunction>;
  readonly host: FunctionReference<readonly ["i32", "i32"]>;
  /** Null where no step is in parts. */
  readonly threads: {
    readonly fork: FunctionReference<readonly ["i32", "i32"], "i32">;
    readonly join: FunctionReference<readonly []>;
  } | null;
  /** Functions of programs, by the program. */
  readonly programs: Map<Program, ProgramFunction>;
  readonly routines: HostRoutine[];
  sharedSteps: number;
}

/** A step of the program of this name. */
interface Writing<S extends ProgramStep> {
  readonly program: Program;
  readonly name: string;
  readonly step: S;
}

/** The step as parts for all threads, the first of them the caller's. */
const inParts = (making: Making, writers: readonly Writer[]): Writer => {
  const step = making.sharedSteps++;
  const { fork, join } = making.threads!;
  const parts = writers.map((write, part) =>
    making.module.func(`step${step} part${part}`, { params: ["i32"], export: true }, (f, base) => write(f, base)),
  );
  const run = (f: Builder, base: Local<"i32">, own: readonly ProgramFunction[]): void =>
    own.forEach((part) => f.call(part, base));
  return (f, base) =>
    f.if(
      call(fork, i32.const(step), base),
      () => {
        run(f, base, parts.slice(0, 1));
        f.call(join);
      },
      () => run(f, base, parts),
    );
};

const hostWriter = ({ routines, host }: Making, program: Program, step: RoutineStep): Writer => {
  const number = routines.push({ program, step }) - 1;
  return (f, base) => f.call(host, number, base);
};

const kernelWriter = (making: Making, { program, step }: Writing<KernelStep>): Writer => {
  const offsets = scratchOffsets(step.calls);
  const writers = step.calls.map((own, part): Writer => {
    const kernel = making.kernels.get(kernelName(step.routine, own))!;
    const args = (base: Local<"i32">): Expression<"i32">[] =>
      kernelArguments(step, own, offsets[part]!, (buffer) => addressIn(program.plan, base, buffer));
    if (own.refuses !== true) return (f, base) => f.call(kernel, ...args(base));
    const refusal = hostWriter(making, program, routineOf(step));
    return (f, base) =>
      f.if(call(kernel as FunctionReference<readonly "i32"[], "i32">, ...args(base)), () => refusal(f, base));
  });
  return writers.length === 1 ? writers[0]! : inParts(making, writers);
};

const controlWriter = ({ programs }: Making, { program, step }: Writing<ControlStep>): Writer => {
  const { plan, buffers } = program;
  const bodies = step.bodies.map((body) => programs.get(body)!);
  return (f, base) => writeControl(f, step, { addressOf: (buffer) => addressIn(plan, base, buffer), buffers, bodies });
};

const nestWriter = (making: Making, { program, name, step }: Writing<NestStep>): Writer => {
  const { module, callees } = making;
  const writerOfNest = (nest: Nest): Writer => {
    const written = module.func(`${name} ${nest.name}`, { params: ["i32"] }, (f, base) =>
      writeNest(f, base, nest, program.plan, callees),
    );
    return (f, base) => f.call(written, base);
  };
  // A worker would have to ask its caller for every element.
  const isLocal = callsIn(step.nest.body).every((own) => isElementary(own.function, own.dtype));
  return step.parts === null || !isLocal ? writerOfNest(step.nest) : inParts(making, step.parts.map(writerOfNest));
};

const writerOf = (making: Making, program: Program, name: string, step: ProgramStep): Writer => {
  switch (step.kind) {
    case "routine":
      return hostWriter(making, program, step);
    case "kernel":
      return kernelWriter(making, { program, name, step });
    case "control":
      return controlWriter(making, { program, name, step });
    case "nest":
      return nestWriter(making, { program, name, step });
  }
};

// --- The module -------------------------------------------------------------------------------

/**
 * The module of a program, for a memory with these limits. Imports: env.memory, env.host(routine, base), for threads
 * env.fork(step, base) and env.join(), math.*, kernels.*; exports: main(base), and the parts of steps that threads share.
 */
export const encodeProgram = (root: Program, limits: MemoryLimits = memoryLimits.alone): EncodedProgram => {
  const module = wasmModule();
  const programs = programsIn(root);
  const all = programs.flatMap(({ steps }) => steps);
  const calls = all.flatMap((step) => (step.kind === "nest" ? callsIn(step.nest.body) : []));
  module.importMemory("env", "memory", limits);
  const functions: Record<string, (...x: number[]) => number> = {};
  const { host, rare } = importFunctions(module, calls, functions);
  const hostRoutine = module.importFunction("env", "host", ["i32", "i32"]);
  const isShared = all.some((step) =>
    step.kind === "nest" ? step.parts !== null : step.kind === "kernel" && step.calls.length > 1,
  );
  const threads = isShared
    ? {
        fork: module.importFunction("env", "fork", ["i32", "i32"], "i32"),
        join: module.importFunction("env", "join", []),
      }
    : null;
  const kernelSteps = all.filter((step) => step.kind === "kernel");
  const kernels = importKernels(module, kernelSteps);
  const ofVectors = defineElementary(module, calls, rare);
  const callees: Callees = {
    host: (name, arity, dtype) => host.get(`${name} ${arity} ${isFloat(dtype)}`)!,
    elementary: (name, dtype) => ofVectors.get(`${name} ${dtype}`),
    inline: (f, name, dtype, [x, y]) =>
      textOf(name, dtype as Precision)(vectors(dtype as Precision, f, (wanted) => rare.get(wanted.name)!))(x!, y!),
  };
  const making: Making = {
    module,
    callees,
    kernels,
    host: hostRoutine,
    threads,
    programs: new Map(),
    routines: [],
    sharedSteps: 0,
  };
  // Bodies come before the functions that call them.
  for (const [k, program] of [...programs.entries()].toReversed()) {
    const name = k === 0 ? "main" : `body${k}`;
    const steps = program.steps.map((step) => writerOf(making, program, name, step));
    const signature = { params: ["i32"], export: k === 0 } as const;
    making.programs.set(
      program,
      module.func(name, signature, (f, base) => steps.forEach((write) => write(f, base))),
    );
  }
  const { routines, sharedSteps } = making;
  return { bytes: module.assemble(), functions, routines, kernels: kernelSteps, sharedSteps };
};
