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
import { wasmModule } from "../../kernels/assembler/index.ts";
import type { FunctionBuilder, FunctionReference, WasmModule } from "../../kernels/assembler/index.ts";
import { isFloat } from "../array/dtype.ts";
import type { DType } from "../array/dtype.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import type { Program } from "../compile/program.ts";
import { scalarFunction } from "./scalar-functions.ts";
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

const inUse: ReadonlySet<string> = new Set();
const isElementary = (name: string, dtype: DType): dtype is Precision => isFloat(dtype) && inUse.has(name);

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
    functions[name] = scalarFunction(name);
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

/** Imports: env.memory, env.host(step), math.*; exports: main(base). */
export const encodeProgram = (program: Program): EncodedProgram => {
  const module = wasmModule();
  const calls = program.steps.flatMap((step) => (step.kind === "nest" ? callsIn(step.nest.body) : []));
  module.importMemory("env", "memory", { initial: 1 });
  const functions: Record<string, (...x: number[]) => number> = {};
  const { host, rare } = importFunctions(module, calls, functions);
  const hostStep = module.importFunction("env", "host", ["i32"]);
  const ofVectors = defineElementary(module, calls, rare);
  const callees: Callees = {
    host: (name, arity, dtype) => host.get(`${name} ${arity} ${isFloat(dtype)}`)!,
    elementary: (name, dtype) => ofVectors.get(`${name} ${dtype}`),
  };
  const steps: (FunctionReference<readonly ["i32"], "none"> | number)[] = program.steps.map((step, k) =>
    step.kind === "routine"
      ? k
      : module.func(step.nest.name, { params: ["i32"] }, (f, base) =>
          writeNest(f, base, step.nest, program.plan.offsets, callees),
        ),
  );
  module.func("main", { params: ["i32"], export: true }, (f, base) => {
    for (const step of steps) {
      if (typeof step === "number") f.call(hostStep, step);
      else f.call(step, base);
    }
  });
  return { bytes: module.assemble(), functions };
};
