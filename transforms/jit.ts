/**
 * Compilation: jit traces a function once per signature and runs the compiled program afterwards.
 * A signature is the argument tree, shapes, dtypes, weakness and static values; never the values.
 * The primitive holds a jaxpr; each of its rules transforms that jaxpr, once per pattern (cached by identity).
 */
import { findsNumberFaults, isDebugging } from "../src/configure.ts";
import { ImpureFunction, InvalidOption, NotStatic } from "../src/error.ts";
import { execute, backends } from "../src/backend/index.ts";
import type { Backend } from "../src/backend/index.ts";
import { bufferOf, isConcrete } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { counts } from "../src/counters.ts";
import { showAval } from "../src/ir/aval.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import type { ClosedJaxpr, Jaxpr } from "../src/ir/jaxpr.ts";
import { printJaxpr } from "../src/ir/print.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { isKnownInput, isLinearInput, isNonzero } from "../src/ir/primitive.ts";
import { identityOf } from "../src/identity.ts";
import { bind, stageFunction } from "../src/ir/trace.ts";
import { isTracer } from "../src/ir/tracer.ts";
import { unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { flatFunction, flattenArrays, nameOf, requireArgnums, requireFunction } from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import type { AnyFunction } from "./flat.ts";
import {
  batchJaxpr,
  jvpJaxpr,
  linearizeJaxpr,
  mergeOutputs,
  splitJaxpr,
  spreadTangents,
  transposeJaxpr,
} from "./jaxpr-transforms.ts";

interface JitParams {
  readonly jaxpr: Jaxpr;
  readonly name: string;
  readonly backend: Backend;
}

/** A call of a compiled jaxpr without constants. */
export const jitCall: PrimitiveFunction<NDArray[], JitParams, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  JitParams
>({
  name: "jit",
  evaluate: (inputs, { jaxpr, backend }) => execute(jaxpr, backend, inputs as readonly ConcreteArray[]),
  abstractEval: (_inputs, { jaxpr }) => jaxpr.outputs.map((output) => output.aval),
  jvp: (primals, tangents, params) => {
    const { closed, depends } = jvpJaxpr(params.jaxpr, tangents.map(isNonzero));
    const results = bind(jitCall.primitive, [...closed.constants, ...primals, ...tangents.filter(isNonzero)], {
      ...params,
      jaxpr: constantsAsInputs(closed.jaxpr),
      name: `jvp(${params.name})`,
    });
    const outputs = results.slice(0, depends.length);
    return [outputs, spreadTangents(depends, outputs, results.slice(depends.length))];
  },
  linearize: (primals, tangents, params, { onTape }) => {
    const { known, linear, depends } = linearizeJaxpr(params.jaxpr, tangents.map(isNonzero), params.name);
    const results = bind(jitCall.primitive, [...known.constants, ...primals], {
      ...params,
      jaxpr: constantsAsInputs(known.jaxpr),
    });
    const outputs = results.slice(0, depends.length);
    const residuals = results.slice(depends.length);
    const moving = tangents.filter(isNonzero);
    const outTangents = onTape(() =>
      bind(jitCall.primitive, [...residuals, ...moving], { ...params, jaxpr: linear, name: `linear(${params.name})` }),
    );
    return [outputs, spreadTangents(depends, outputs, outTangents)];
  },
  split: (inputs, unknown, params, { onTape }) => {
    const { known, later, isLate } = splitJaxpr(params.jaxpr, unknown);
    const results = bind(jitCall.primitive, [...known.constants, ...inputs.filter((_, k) => !unknown[k]!)], {
      ...params,
      jaxpr: constantsAsInputs(known.jaxpr),
    });
    const count = isLate.filter((yes) => !yes).length;
    const rest = [...results.slice(count), ...inputs.filter((_, k) => unknown[k]!)];
    const lateResults = onTape(() => bind(jitCall.primitive, rest, { ...params, jaxpr: later }));
    return mergeOutputs(isLate, results.slice(0, count), lateResults);
  },
  transpose: (cotangents, inputs, params) => {
    const { closed, leaving } = transposeJaxpr(params.jaxpr, inputs.map(isLinearInput), cotangents.map(isNonzero));
    const results = bind(
      jitCall.primitive,
      [...closed.constants, ...inputs.filter(isKnownInput), ...cotangents.filter(isNonzero)],
      {
        ...params,
        jaxpr: constantsAsInputs(closed.jaxpr),
        name: `transpose(${params.name})`,
      },
    );
    let next = 0;
    let position = 0;
    return inputs.map((input) => (isLinearInput(input) && leaving[position++]! ? results[next++]! : null));
  },
  batch: (inputs, dims, params, { size }) => {
    const { closed, dims: outDims } = batchJaxpr(params.jaxpr, dims, size);
    const results = bind(jitCall.primitive, [...closed.constants, ...inputs], {
      ...params,
      jaxpr: constantsAsInputs(closed.jaxpr),
      name: `vmap(${params.name})`,
    });
    return [results, outDims];
  },
  lower: { kind: "inline", jaxpr: "jaxpr" },
  weakType: (_inputs, { jaxpr }) => jaxpr.outputs.map((output) => output.aval.weakType),
  laws: { testedIn: "test/transforms/jit.test.ts" },
});

// --- The transform ----------------------------------------------------------------------------

export interface JitOptions {
  /** Arguments that are part of the signature by value instead of being traced. */
  readonly staticArgnums?: number | readonly number[];
  /** Where it runs; "auto" takes the first that works here of wasm, js, interpreter. */
  readonly backend?: Backend;
}

interface TraceEntry {
  readonly jaxpr: Jaxpr;
  readonly constants: readonly NDArray[];
  readonly outTree: Treedef;
}

/** Traces kept per jitted function; the least recently used goes first. */
const tracesKept = 256;

/**
 * A compiled version of `f`: traced once per signature, then run without the overhead of tracing.
 * @param f        pure function of trees of arrays; shapes may not depend on values
 * @param options  staticArgnums, backend ("auto" | "wasm" | "js" | "interpreter")
 * @throws NotStatic, InvalidArgnums, UnknownOption; TracerConversion where `f` branches on a traced value
 * Differentiable, batchable and nestable as `f` is.
 * @example const f = jit((x) => np.sum(x.mul(x))); f(array([1, 2])) // 5
 */
export const jit = <F extends (...args: any[]) => any>(f: F, options: JitOptions = {}): F => {
  requireFunction("jit", f);
  requireOptions("jit", options, ["staticArgnums", "backend"]);
  const backend = options.backend ?? "auto";
  if (!backends.includes(backend))
    throw new InvalidOption("jit", `backend "${String(backend)}"`, `Use one of ${backends.join(", ")}`);
  const name = nameOf(f as unknown as AnyFunction);
  const asked = `jit of ${name}`;
  const staticArgnums = options.staticArgnums ?? [];
  const entries = new Map<string, TraceEntry>();

  const jitted = (...args: unknown[]): unknown => {
    const statics = requireArgnums(asked, staticArgnums, args.length);
    const traced = args.filter((_, k) => !statics.includes(k));
    const { arrays, treedef } = flattenArrays(traced, asked);
    const key = signature(asked, treedef, arrays, statics, args);
    let entry = entries.get(key);
    if (entry === undefined) {
      entry = traceEntry(asked, bindStatics(f as unknown as AnyFunction, statics, args), treedef, arrays);
      if (!entry.constants.some(isTracer)) entries.set(key, entry);
      if (entries.size > tracesKept) entries.delete(entries.keys().next().value!);
    } else if (entries.size > 1) {
      entries.delete(key);
      entries.set(key, entry);
    }
    return unflatten(
      entry.outTree,
      bind(jitCall.primitive, [...entry.constants, ...arrays], { jaxpr: entry.jaxpr, name, backend }),
    );
  };
  Object.defineProperty(jitted, "name", { value: name === "a function" ? "jitted" : name });
  return jitted as F;
};

const traceEntry = (asked: string, f: AnyFunction, treedef: Treedef, arrays: readonly NDArray[]): TraceEntry => {
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

const bindStatics =
  (f: AnyFunction, statics: readonly number[], args: readonly unknown[]): AnyFunction =>
  (...traced: unknown[]): unknown => {
    let next = 0;
    return (f as (...all: unknown[]) => unknown)(...args.map((arg, k) => (statics.includes(k) ? arg : traced[next++])));
  };

const signature = (
  asked: string,
  treedef: Treedef,
  arrays: readonly NDArray[],
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
