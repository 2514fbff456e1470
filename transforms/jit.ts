/**
 * Compilation: jit traces a function once per signature and runs the compiled program afterwards.
 * A signature is the argument tree, shapes, dtypes, weakness and static values; never the values.
 * The primitive holds a jaxpr; each of its rules transforms that jaxpr, once per pattern (cached by identity).
 */
import { findsNumberFaults, isDebugging } from "../src/configure.ts";
import { showValue } from "../src/describe.ts";
import { ImpureFunction, InvalidOption, NotStatic } from "../src/error.ts";
import { execute, backends } from "../src/backend/index.ts";
import type { Backend } from "../src/backend/index.ts";
import { weakScalar } from "../src/array/create.ts";
import { bufferOf, isConcrete, NDArray } from "../src/array/ndarray.ts";
import type { ConcreteArray } from "../src/array/ndarray.ts";
import { sameShape } from "../src/array/shape.ts";
import { counts } from "../src/counters.ts";
import { avalOf, showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import type { ClosedJaxpr } from "../src/ir/jaxpr.ts";
import { printJaxpr } from "../src/ir/print.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { isKnownInput, isLinearInput, isNonzero } from "../src/ir/primitive.ts";
import { identityOf } from "../src/identity.ts";
import { bind, stageFunction } from "../src/ir/trace.ts";
import { isTracer } from "../src/ir/tracer.ts";
import { recent } from "../src/recent.ts";
import { unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { bindStatics, flatFunction, flattenArrays, nameOf, requireArgnums, requireFunction } from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import type { AnyFunction, FlatArrays } from "./flat.ts";
import { batchOfCall, jvpOfCall, renamed } from "./call-rules.ts";
import type { Call, CallParams } from "./call-rules.ts";
import { chosen, mergeOutputs, notChosen, spreadCotangents, spreadTangents } from "./flagged.ts";
import { linearizeJaxpr, splitJaxpr, transposeJaxpr } from "./jaxpr-transforms.ts";
import type { Arrays, Liberal } from "./types.ts";

interface JitParams extends CallParams {
  readonly backend: Backend;
}

const call: Call<JitParams> = (params, { jaxpr, constants }, operands) =>
  bind(jitCall.primitive, [...constants, ...operands], { ...params, jaxpr: constantsAsInputs(jaxpr) });

/** A call of a compiled jaxpr without constants. */
export const jitCall: PrimitiveFunction<NDArray[], JitParams, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  JitParams
>({
  name: "jit",
  evaluate: (inputs, { jaxpr, backend }) => execute(jaxpr, backend, inputs as readonly ConcreteArray[]),
  abstractEval: (_inputs, { jaxpr }) => jaxpr.outputs.map((output) => output.aval),
  jvp: jvpOfCall(call),
  linearize: (primals, tangents, params, { onTape }) => {
    const { known, linear, depends } = linearizeJaxpr(params.jaxpr, tangents.map(isNonzero), params.name);
    const results = call(params, known, primals);
    const outputs = results.slice(0, depends.length);
    const operands = [...results.slice(depends.length), ...tangents.filter(isNonzero)];
    const outTangents = onTape(() => call(renamed("linear", params), { jaxpr: linear, constants: [] }, operands));
    return [outputs, spreadTangents(depends, outputs, outTangents)];
  },
  split: (inputs, unknown, params, { onTape }) => {
    const { known, later, isLate } = splitJaxpr(params.jaxpr, unknown);
    const results = call(params, known, notChosen(inputs, unknown));
    const count = isLate.filter((yes) => !yes).length;
    const operands = [...results.slice(count), ...chosen(inputs, unknown)];
    const lateResults = onTape(() => call(params, { jaxpr: later, constants: [] }, operands));
    return mergeOutputs(isLate, results.slice(0, count), lateResults);
  },
  transpose: (cotangents, inputs, params) => {
    const { closed, leaving } = transposeJaxpr(params.jaxpr, inputs.map(isLinearInput), cotangents.map(isNonzero));
    const operands = [...inputs.filter(isKnownInput), ...cotangents.filter(isNonzero)];
    return spreadCotangents(inputs, leaving, call(renamed("transpose", params), closed, operands));
  },
  batch: batchOfCall(call),
  lower: { kind: "inline", jaxpr: "jaxpr" },
  gate: (params, gated) => ({ params: { ...params, jaxpr: gated(params.jaxpr) }, places: [0] }),
  weakType: (_inputs, { jaxpr }) => jaxpr.outputs.map((output) => output.aval.weakType),
  laws: { testedIn: "test/transforms/jit.test.ts" },
});

// --- The transform ----------------------------------------------------------------------------

export interface JitOptions {
  /** Arguments that are part of the signature by value instead of being traced; -1 is the last. */
  readonly staticArgnums?: number | readonly number[];
  /** Where it runs; "auto" takes the first that works here of wasm, js, interpreter. */
  readonly backend?: Backend;
}

interface TraceEntry {
  readonly params: JitParams;
  readonly constants: readonly NDArray[];
  readonly outTree: Treedef;
}

const run = ({ params, constants, outTree }: TraceEntry, arrays: readonly NDArray[]): unknown => {
  const outputs = bind(jitCall.primitive, constants.length === 0 ? arrays : [...constants, ...arrays], params);
  return outTree.kind === "leaf" ? outputs[0] : unflatten(outTree, outputs);
};

/** Traces kept per jitted function; the least recently used goes first. */
const tracesKept = 256;

/** The call before, of arrays and numbers alone: the next one mostly has arguments of the same types. */
interface LastCall {
  readonly entry: TraceEntry;
  readonly types: readonly Aval[];
  readonly isFindingFaults: boolean;
}

/** The arguments as arrays if they have the types of the call before; null else. */
const arraysLike = ({ types, isFindingFaults }: LastCall, args: readonly unknown[]): readonly NDArray[] | null => {
  if (args.length !== types.length || isFindingFaults !== findsNumberFaults()) return null;
  const arrays: NDArray[] = [];
  for (let k = 0; k < args.length; k++) {
    const given = args[k];
    const isNumber = typeof given === "number" || typeof given === "boolean";
    const x = isNumber ? weakScalar(given) : given;
    const type = types[k]!;
    if (!(x instanceof NDArray) || x.dtype !== type.dtype || x.weakType !== type.weakType) return null;
    if (!sameShape(x.shape, type.shape)) return null;
    arrays.push(x);
  }
  return arrays;
};

/**
 * A compiled version of `f`: traced once per signature, then run without the overhead of tracing.
 * @param f        pure function of trees of arrays; shapes may not depend on values
 * @param options  staticArgnums, backend ("auto" | "wasm" | "js" | "interpreter")
 * @throws NotStatic, InvalidArgnums, UnknownOption; TracerConversion where `f` branches on a traced value
 * Numbers among the arguments are arrays to `f`, unless they are static. Differentiable, batchable and nestable as `f` is.
 * @example const f = jit((x) => np.sum(x.mul(x))); f(array([1, 2])) // 5
 */
export const jit = <Args extends readonly any[], R>(
  f: (...args: Args) => R,
  options: JitOptions = {},
): ((...args: Liberal<Args>) => Arrays<R>) => {
  requireFunction("jit", f);
  requireOptions("jit", options, ["staticArgnums", "backend"]);
  const backend = options.backend ?? "auto";
  if (!backends.includes(backend))
    throw new InvalidOption("jit", `backend ${showValue(backend)}`, `Use one of ${backends.join(", ")}`);
  const name = nameOf(f as unknown as AnyFunction);
  const asked = `jit of ${name}`;
  const staticArgnums = options.staticArgnums ?? [];
  const entries = recent<string, TraceEntry>(tracesKept);
  let last: LastCall | null = null;

  const jitted = (...args: unknown[]): unknown => {
    const alike = last === null ? null : arraysLike(last, args);
    if (alike !== null) return run(last!.entry, alike);
    const statics = requireArgnums(asked, staticArgnums, args.length);
    const traced = args.filter((_, k) => !statics.includes(k));
    const flat = flattenArrays(traced, asked);
    const { arrays, treedef } = flat;
    const key = signature(asked, flat, statics, args);
    let entry = entries.get(key);
    if (entry === undefined) {
      const traceable = bindStatics(f as unknown as AnyFunction, statics, args);
      const { jaxpr, constants, outTree } = traceOf(asked, traceable, treedef, arrays);
      entry = { params: { jaxpr, name, backend }, constants, outTree };
      if (constants.some(isTracer)) return run(entry, arrays);
      entries.set(key, entry);
    }
    const areLeaves = statics.length === 0 && treedef.children.every(({ kind }) => kind === "leaf");
    last = areLeaves ? { entry, types: arrays.map(avalOf), isFindingFaults: findsNumberFaults() } : null;
    return run(entry, arrays);
  };
  Object.defineProperty(jitted, "name", { value: name === "a function" ? "jitted" : name });
  return jitted as (...args: readonly unknown[]) => Arrays<R>;
};

const traceOf = (
  asked: string,
  f: AnyFunction,
  treedef: Treedef,
  arrays: readonly NDArray[],
): ClosedJaxpr & { readonly outTree: Treedef } => {
  counts.traces++;
  const flat = flatFunction(f, treedef, asked);
  const stage = (): ClosedJaxpr => stageFunction(asked, (inputs) => flat.call(inputs), arrays);
  const closed = stage();
  if (isDebugging()) requirePure(asked, closed, stage());
  const { jaxpr, constants } = closed;
  return { jaxpr: constantsAsInputs(jaxpr), constants, outTree: flat.outTree() };
};

/** Two traces of a pure function are the same program with equal constants. */
const requirePure = (asked: string, first: ClosedJaxpr, second: ClosedJaxpr): void => {
  const sameText = printJaxpr(first.jaxpr) === printJaxpr(second.jaxpr);
  const sameConstants = first.constants.every((constant, k) => {
    const other = second.constants[k];
    return (
      constant === other ||
      (isConcrete(constant) &&
        isConcrete(other) &&
        bufferOf(constant).every((value, i) => Object.is(value, bufferOf(other)[i])))
    );
  });
  if (!sameText || !sameConstants)
    throw new ImpureFunction(
      asked,
      sameText ? "two traces captured different constants" : "two traces recorded different programs",
      "Pass what changes (random numbers, dates, counters) as an argument",
    );
};

const signature = (
  asked: string,
  { treedef, arrays }: FlatArrays,
  statics: readonly number[],
  args: readonly unknown[],
): string => {
  // Equations carry source lines only where they were traced under the switch.
  let key = findsNumberFaults() ? `${treedef.text}?` : treedef.text;
  for (const { dtype, shape, weakType } of arrays)
    key += `;${dtype}${shape.join(",")}${weakType === false ? "" : weakType}`;
  for (const position of statics) key += `;${position}=${staticKey(asked, position, args[position])}`;
  return key;
};

const isPlain = (value: unknown): value is object =>
  typeof value === "object" &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null);

/** Deeper (or cyclic) statics are refused. */
const staticDepth = 64;

/** Text equal for equal statics: plain data by content, functions and frozen records by identity. */
const staticKey = (asked: string, position: number, value: unknown, depth = 0): string => {
  if (isTracer(value))
    throw new NotStatic(
      asked,
      `static argument ${position} is ${showAval(value)}, a traced value`,
      "Remove it from staticArgnums, or pass a plain JavaScript value",
    );
  if (typeof value === "function" || (typeof value === "object" && value !== null && Object.isFrozen(value)))
    return `#${identityOf(value)}`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "symbol" && (typeof value !== "object" || value === null))
    return Object.is(value, -0) ? "-0" : String(value);
  const inner = (entry: unknown): string => staticKey(asked, position, entry, depth + 1);
  if (Array.isArray(value) && depth < staticDepth) return `[${value.map(inner).join(",")}]`;
  if (depth < staticDepth && isPlain(value))
    return `{${Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${inner((value as Record<string, unknown>)[key])}`)
      .join(",")}}`;
  throw new NotStatic(
    asked,
    `static argument ${position} holds ${typeof value === "symbol" ? "a symbol" : depth === staticDepth ? "nested or cyclic data" : `a ${(value as object).constructor?.name ?? "object"}`}, which cannot be compared between calls`,
    "Pass numbers, strings, plain objects, lists, functions or frozen records as statics, and arrays as traced arguments",
  );
};
