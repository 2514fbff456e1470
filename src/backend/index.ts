/**
 * Back ends: how a jaxpr without constants is executed on concrete arrays. It is compiled at its first
 * execution and the executable kept as long as the jaxpr lives. Where compilation fails, the interpreter,
 * the reference of all back ends, takes over.
 */
import type { ConcreteArray } from "../array/ndarray.ts";
import { requireShape } from "../array/shape.ts";
import { buildProgram } from "../compile/program.ts";
import { findsNumberFaults } from "../configure.ts";
import { counts } from "../counters.ts";
import { evaluateJaxpr } from "../ir/evaluate.ts";
import { innerJaxprs } from "../ir/jaxpr.ts";
import type { Jaxpr } from "../ir/jaxpr.ts";
import { withEvaluation } from "../ir/trace.ts";
import { notify } from "../notice.ts";
import { prepareJavaScript } from "./run-javascript.ts";
import type { Executable } from "./run-javascript.ts";
import { prepareWasm } from "./run-wasm.ts";
import type { Backend, PresentBackend } from "./select.ts";
import { presentBackend } from "./select.ts";

export { backends, forgetCapabilities, presentBackend } from "./select.ts";
export type { Backend } from "./select.ts";
export { holding, measurePeak } from "./memory.ts";
export { configureArena } from "./arena.ts";

const interpret = (jaxpr: Jaxpr, inputs: readonly ConcreteArray[]): readonly ConcreteArray[] =>
  withEvaluation(() => evaluateJaxpr(jaxpr, [], inputs)) as readonly ConcreteArray[];

/** Called before every compilation; what it throws makes that compilation fail. For tests. */
let faultInjection: ((backend: PresentBackend) => void) | null = null;

export const injectCompileFaults = (fault: ((backend: PresentBackend) => void) | null): void => {
  faultInjection = fault;
};

const compile = (jaxpr: Jaxpr, backend: PresentBackend): Executable => {
  if (backend === "interpreter") return (inputs) => interpret(jaxpr, inputs);
  counts.compilations++;
  try {
    faultInjection?.(backend);
    const program = buildProgram(jaxpr, backend === "wasm");
    return backend === "wasm" ? prepareWasm(program) : prepareJavaScript(program);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    notify(
      "CompileFailed",
      `${backend} ${error instanceof Error ? error.name : ""}`,
      `a program could not be compiled for ${backend} (${message}); the interpreter runs it, with the same results.`,
    );
    return (inputs) => interpret(jaxpr, inputs);
  }
};

type Executables = Partial<Record<Backend, Executable>>;

/** Executables by the back end asked for; they go with their jaxpr. */
const executables = new WeakMap<Jaxpr, Executables>();

/** Refuses values beyond the limit of elements, also those that fusion would never store: as eager evaluation does. */
const requireSizes = (whole: Jaxpr): void => {
  const pending = [whole];
  for (let jaxpr = pending.pop(); jaxpr !== undefined; jaxpr = pending.pop())
    for (const equation of jaxpr.equations) {
      const { primitive, outputs } = equation;
      for (const { aval } of outputs) requireShape(`a compiled ${primitive.name}`, aval.shape);
      pending.push(...innerJaxprs(equation));
    }
};

const prepare = (jaxpr: Jaxpr, backend: Backend, known: Executables | undefined): Executable => {
  requireSizes(jaxpr);
  const own = known ?? {};
  if (known === undefined) executables.set(jaxpr, own);
  const present = presentBackend(backend);
  const executable = (own[present] ??= compile(jaxpr, present));
  own[backend] = executable;
  return executable;
};

/** Back end of the program that is running, for the jaxprs that its equations hold; null outside of programs. */
let running: Backend | null = null;

/**
 * Outputs of the jaxpr, with the shapes and dtypes of its output variables.
 * Where bad numbers are looked for, the interpreter runs it, since it sees every equation's result.
 */
export const execute = (jaxpr: Jaxpr, backend: Backend, inputs: readonly ConcreteArray[]): readonly ConcreteArray[] => {
  if (findsNumberFaults()) return interpret(jaxpr, inputs);
  const known = executables.get(jaxpr);
  const executable = known?.[backend] ?? prepare(jaxpr, backend, known);
  const outer = running;
  running = backend;
  try {
    return executable(inputs) as readonly ConcreteArray[];
  } finally {
    running = outer;
  }
};

/** Runs of a jaxpr outside of compiled programs from which on compiling it pays. */
const runsWorthCompiling = 32;

/**
 * Runs a jaxpr that an equation holds (the body of a loop) on the back end of the program around it.
 * @param runs  how often it has been or will be run, which decides outside of compiled programs
 */
export const executeInner = (jaxpr: Jaxpr, inputs: readonly ConcreteArray[], runs: number): readonly ConcreteArray[] =>
  execute(jaxpr, running ?? (runs < runsWorthCompiling ? "interpreter" : "auto"), inputs);
