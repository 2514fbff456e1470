/**
 * WebAssembly printer: kernel IR -> one function per nest, and `main(base)` that runs all steps on the frame
 * at `base`; routines are calls of an imported host function with the number of the step.
 * Accesses with the same strides share a pointer that moves with the loops; buffers differ by constant offsets.
 */
import { conditional, i32, wasmModule } from "../../kernels/assembler/index.ts";
import type { Expression, FunctionBuilder, FunctionReference, Local } from "../../kernels/assembler/index.ts";
import { InvalidJaxpr } from "../error.ts";
import type { DType } from "../array/dtype.ts";
import { itemSize } from "../array/dtype.ts";
import type { Access, Nest, Statement } from "../compile/kernel-ir.ts";
import type { Program } from "../compile/program.ts";
import { calledFunctions, encode, loadAs, wasmType } from "./wasm-expression.ts";
import type { Callee, Variable } from "./wasm-expression.ts";

type Builder = FunctionBuilder<"none">;

/** Bytes between neighbours along every counter, as text: accesses that are equal here share a pointer. */
const strideKey = ({ dtype, strides }: Access): string =>
  strides.map(({ counter, stride }) => `${counter}:${stride * itemSize(dtype)}`).join(" ");

const isDescending = ({ strides }: Access): boolean => strides.some(({ stride }) => stride < 0);

interface Pointer {
  readonly key: string;
  /** Bytes it moves by, by counter. */
  readonly steps: ReadonlyMap<number, number>;
  /** Constant bytes in the pointer itself: where strides are negative, the pointer must never fall below zero. */
  readonly start: number;
}

const accessesOf = (body: readonly Statement[]): Access[] => {
  const found: Access[] = [];
  const pending = [...body];
  for (let statement = pending.pop(); statement !== undefined; statement = pending.pop()) {
    if (statement.kind === "load" || statement.kind === "store") found.push(statement.access);
    else if (statement.kind !== "set") pending.push(...statement.body);
  }
  return found;
};

/** Writes one nest. */
const writeNest = (
  f: Builder,
  base: Local<"i32">,
  nest: Nest,
  offsets: readonly number[],
  callees: ReadonlyMap<string, Callee>,
): void => {
  const locals: Variable[] = nest.locals.map((dtype) => f.local(wasmType(dtype)));
  const counters = Array.from({ length: nest.counters }, () => f.local("i32"));
  const place = ({ buffer, dtype, offset }: Access): number => {
    if (offsets[buffer]! < 0)
      throw new InvalidJaxpr(
        "compilation of a nest",
        `buffer ${buffer} has no place`,
        "Report this: the buffer plan missed it",
      );
    return offsets[buffer]! + offset * itemSize(dtype);
  };
  const pointerKey = (access: Access): string =>
    isDescending(access) ? `${strideKey(access)} from ${place(access)}` : strideKey(access);
  const pointers = new Map<string, Pointer>();
  for (const access of accessesOf(nest.body)) {
    const key = pointerKey(access);
    const steps = new Map(access.strides.map(({ counter, stride }) => [counter, stride * itemSize(access.dtype)]));
    pointers.set(key, { key, steps, start: isDescending(access) ? place(access) : 0 });
  }
  /** Current local of every pointer; inner loops have their own. */
  const current = new Map<string, Expression<"i32">>();
  for (const { key, start } of pointers.values())
    current.set(key, start === 0 ? base : f.hold(i32.add(base, i32.const(start))));

  const write = (body: readonly Statement[]): void => {
    for (const statement of body) {
      switch (statement.kind) {
        case "load": {
          const { access, local } = statement;
          f.set(
            locals[local]!,
            loadAs(access.dtype, current.get(pointerKey(access))!, isDescending(access) ? 0 : place(access)),
          );
          break;
        }
        case "store": {
          const { access, value } = statement;
          const pointer = current.get(pointerKey(access))!;
          const offset = isDescending(access) ? 0 : place(access);
          const encoded = encode(value, locals, callees);
          if (access.dtype === "bool") f.store8(pointer, encoded as Expression<"i32">, offset);
          else f.store(pointer, encoded, offset);
          break;
        }
        case "set":
          f.set(locals[statement.local]!, encode(statement.value, locals, callees));
          break;
        case "if":
          f.if(encode(statement.condition, locals, callees) as Expression<"i32">, () => write(statement.body));
          break;
        case "loop":
          writeLoop(statement);
      }
    }
  };

  const writeLoop = ({ counter, extent, part, body }: Extract<Statement, { kind: "loop" }>): void => {
    const moving = [...new Set(accessesOf(body).map(pointerKey))].filter((key) =>
      pointers.get(key)!.steps.has(counter),
    );
    const outer = moving.map((key) => current.get(key)!);
    const own = outer.map((pointer) => f.hold(pointer));
    moving.forEach((key, k) => current.set(key, own[k]!));
    let end: Expression<"i32"> = i32.const(extent);
    if (part !== null) {
      const left = f.hold(i32.sub(i32.const(part.total), i32.mul(counters[part.counter]!, i32.const(extent))));
      end = conditional(i32.lt_s(left, i32.const(extent)), left, i32.const(extent));
    }
    f.for(counters[counter]!, 0, end, 1, () => {
      write(body);
      moving.forEach((key, k) => f.set(own[k]!, i32.add(own[k]!, i32.const(pointers.get(key)!.steps.get(counter)!))));
    });
    moving.forEach((key, k) => current.set(key, outer[k]!));
  };
  write(nest.body);
};

/** Bytes of the module of a program, and the scalar functions it imports from "math". */
export interface EncodedProgram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly functions: readonly string[];
}

/** Imports: env.memory, env.host(step), math.*; exports: main(base). */
export const encodeProgram = (program: Program): EncodedProgram => {
  const module = wasmModule();
  const called = new Map<string, { readonly name: string; readonly arity: number; readonly dtype: DType }>();
  for (const step of program.steps) if (step.kind === "nest") calledFunctions(step.nest.body, called);
  module.importMemory("env", "memory", { initial: 1 });
  const callees = new Map<string, Callee>();
  for (const [key, { name, arity, dtype }] of called) {
    const result = dtype === "float64" || dtype === "float32" ? "f64" : "i32";
    callees.set(key, module.importFunction("math", name, new Array<"f64">(arity).fill("f64"), result) as Callee);
  }
  const host = module.importFunction("env", "host", ["i32"]);
  const calls: (FunctionReference<readonly ["i32"], "none"> | number)[] = program.steps.map((step, k) =>
    step.kind === "routine"
      ? k
      : module.func(step.nest.name, { params: ["i32"] }, (f, base) =>
          writeNest(f, base, step.nest, program.plan.offsets, callees),
        ),
  );
  module.func("main", { params: ["i32"], export: true }, (f, base) => {
    for (const call of calls) {
      if (typeof call === "number") f.call(host, call);
      else f.call(call, base);
    }
  });
  return { bytes: module.assemble(), functions: [...new Set([...called.values()].map(({ name }) => name))] };
};
