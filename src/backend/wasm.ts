/**
 * WebAssembly printer: kernel IR -> one function per nest, and `main(base)` that runs all steps on the frame
 * at `base`; routines are calls of an imported host function with the number of the step.
 * Elementary functions are functions of vectors in the module; other scalar functions are imported.
 */
import { elementary } from "../../kernels/elementary/index.ts";
import { rareFunctions } from "../../kernels/elementary/rare.ts";
import type { Arithmetic, BinaryText, RareFunction } from "../../kernels/elementary/arithmetic.ts";
import { vectors } from "../../kernels/elementary/vectors.ts";
import type { RareReference, Vector } from "../../kernels/elementary/vectors.ts";
import { i32, wasmModule } from "../../kernels/assembler/index.ts";
import type { FunctionBuilder, FunctionReference, Local, WasmModule } from "../../kernels/assembler/index.ts";
import { isFloat } from "../array/dtype.ts";
import type { PrebuiltRoutine, ScalarExpression } from "../ir/lowering.ts";
import type { KernelStep, Program } from "../compile/program.ts";
import { isElementary, scalarFunction } from "./scalar-functions.ts";
import { callsIn } from "./wasm-expression.ts";
import type { Callee, Callees } from "./wasm-expression.ts";
import { writeNest } from "./wasm-nest.ts";
import type { VectorFunction } from "./wasm-vector.ts";

type Call = Extract<ScalarExpression, { readonly op: "call" }>;
type Precision = "float64" | "float32";

/** Bytes of the module of a program, and the functions it imports from "math". */
export interface EncodedProgram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly functions: Readonly<Record<string, (...x: number[]) => number>>;
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

// --- Prebuilt kernels -------------------------------------------------------------------------

type KernelFunction = FunctionReference<readonly "i32"[]>;

/** Name under which a program imports the function of a kernel. */
export const kernelName = ({ module, call }: PrebuiltRoutine): string => `${module.name}.${call.function}`;

/** Arguments of a kernel on the frame that begins at `base`. */
const argumentsAt = (
  { routine, operands, results, scratch }: KernelStep,
  offsets: readonly number[],
  base: number,
): number[] => {
  const place = (buffer: number): number => base + Math.max(0, offsets[buffer]!);
  return routine.call.args({
    operands: operands.map(place),
    results: results.map(place),
    scratch: scratch === null ? base : place(scratch),
  });
};

const importKernels = (module: WasmModule, program: Program): ReadonlyMap<string, KernelFunction> => {
  const imported = new Map<string, KernelFunction>();
  for (const step of program.steps) {
    if (step.kind !== "kernel" || imported.has(kernelName(step.routine))) continue;
    const name = kernelName(step.routine);
    const count = argumentsAt(step, program.plan.offsets, 0).length;
    const params = new Array<"i32">(count).fill("i32");
    imported.set(name, module.importFunction("kernels", name, params) as KernelFunction);
  }
  return imported;
};

/** The call of a kernel: an argument that moves with the frame is an address, others are numbers. */
const kernelCall = (
  step: KernelStep,
  kernel: KernelFunction,
  offsets: readonly number[],
): ((f: FunctionBuilder<"none">, base: Local<"i32">) => void) => {
  const [near, far] = [0, 4096].map((base) => argumentsAt(step, offsets, base)) as [number[], number[]];
  return (f, base) =>
    f.call(kernel, ...near.map((value, k) => (far[k] === value ? i32.const(value) : i32.add(base, i32.const(value)))));
};

/** Imports: env.memory, env.host(step), math.*, kernels.*; exports: main(base). */
export const encodeProgram = (program: Program): EncodedProgram => {
  const module = wasmModule();
  const calls = program.steps.flatMap((step) => (step.kind === "nest" ? callsIn(step.nest.body) : []));
  module.importMemory("env", "memory", { initial: 1 });
  const functions: Record<string, (...x: number[]) => number> = {};
  const { host, rare } = importFunctions(module, calls, functions);
  const hostStep = module.importFunction("env", "host", ["i32"]);
  const kernels = importKernels(module, program);
  const ofVectors = defineElementary(module, calls, rare);
  const callees: Callees = {
    host: (name, arity, dtype) => host.get(`${name} ${arity} ${isFloat(dtype)}`)!,
    elementary: (name, dtype) => ofVectors.get(`${name} ${dtype}`),
  };
  const steps = program.steps.map((step, k): ((f: FunctionBuilder<"none">, base: Local<"i32">) => void) => {
    if (step.kind === "routine") return (f) => f.call(hostStep, k);
    if (step.kind === "kernel") return kernelCall(step, kernels.get(kernelName(step.routine))!, program.plan.offsets);
    const nest = module.func(step.nest.name, { params: ["i32"] }, (f, base) =>
      writeNest(f, base, step.nest, program.plan.offsets, callees),
    );
    return (f, base) => f.call(nest, base);
  });
  module.func("main", { params: ["i32"], export: true }, (f, base) => steps.forEach((write) => write(f, base)));
  return { bytes: module.assemble(), functions };
};
