/**
 * Back ends: how a jaxpr without constants is executed on concrete arrays. It is compiled at its first
 * execution and the executable kept as long as the jaxpr lives. Where compilation fails, the interpreter,
 * the reference of all back ends, takes over.
 */
import type { ConcreteArray } from "../array/ndarray.ts";
import { requireShape } from "../array/shape.ts";
import { findsNumberFaults } from "../configure.ts";
import { counts } from "../counters.ts";
import { evaluateJaxpr } from "../ir/evaluate.ts";
import { avalOf } from "../ir/aval.ts";
import { innerJaxprs } from "../ir/jaxpr.ts";
import type { Jaxpr } from "../ir/jaxpr.ts";
import type { Params, Primitive } from "../ir/primitive.ts";
import { withEvaluation } from "../ir/trace.ts";
import { registerAccelerator } from "../ir/acceleration.ts";
import { compileJaxpr } from "./compile.ts";
import { fewestAccelerated, runCompiled, singleEquation } from "./eager.ts";
import type { Executable } from "./run-javascript.ts";
import { machineGeneration, threadCount } from "../machine.ts";
import { stopThreads, workerLost } from "./threads.ts";
import { isWorthCompiling } from "./worth-compiling.ts";
import type { Backend, PresentBackend } from "./select.ts";
import { canRunWasm, presentBackend } from "./select.ts";

export { backends, forgetCapabilities, presentBackend } from "./select.ts";
export type { Backend } from "./select.ts";
export { holding, measurePeak } from "./memory.ts";
export { configureArena } from "./arena.ts";
export { injectCompileFaults } from "./compile.ts";
export { settleThreads } from "./threads.ts";

const interpret = (jaxpr: Jaxpr, inputs: readonly ConcreteArray[]): readonly ConcreteArray[] =>
  withEvaluation(() => evaluateJaxpr(jaxpr, [], inputs)) as readonly ConcreteArray[];

const compile = (jaxpr: Jaxpr, backend: PresentBackend): Executable => {
  const interpreted: Executable = (inputs) => interpret(jaxpr, inputs);
  if (backend === "interpreter") return interpreted;
  counts.compilations++;
  return compileJaxpr(jaxpr, backend) ?? interpreted;
};

type Executables = Partial<Record<Backend, Executable>>;

/** Executables by the back end asked for; they go with their jaxpr. */
let executables = new WeakMap<Jaxpr, Executables>();
/** Settings of the machine that they were compiled under. */
let compiledUnder = machineGeneration();

/** Programs are compiled again for other settings. */
const forgetExecutables = (): void => {
  executables = new WeakMap();
  compiledUnder = machineGeneration();
  if (threadCount() === 1) stopThreads();
};

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
  if (compiledUnder !== machineGeneration()) forgetExecutables();
  const known = executables.get(jaxpr);
  const executable = known?.[backend] ?? prepare(jaxpr, backend, known);
  const outer = running;
  running = backend;
  try {
    return executable(inputs) as readonly ConcreteArray[];
  } catch (error) {
    if (error !== workerLost) throw error;
  } finally {
    running = outer;
  }
  return execute(jaxpr, backend, inputs);
};

/**
 * Runs a jaxpr that an equation holds (the body of a loop) on the back end of the program around it.
 * @param runs  how often it has been or will be run, which decides outside of compiled programs
 */
export const executeInner = (jaxpr: Jaxpr, inputs: readonly ConcreteArray[], runs: number): readonly ConcreteArray[] =>
  running === null && !isWorthCompiling([jaxpr], runs)
    ? interpret(jaxpr, inputs)
    : execute(jaxpr, running ?? "auto", inputs);

/**
 * Outputs of a loop outside of compiled programs, run as a program of its own where that pays and the back end has loops;
 * null elsewhere.
 * @param runs  how often its body will be run
 */
export const executeLoop = (
  primitive: Primitive,
  inputs: readonly ConcreteArray[],
  params: Params,
  runs: number,
): readonly ConcreteArray[] | null => {
  if (running !== null || findsNumberFaults() || !canRunWasm()) return null;
  if (!isWorthCompiling(innerJaxprs({ primitive, params }), runs)) return null;
  return execute(singleEquation(primitive, inputs.map(avalOf), params), "auto", inputs);
};

// Where the interpreter or generated JavaScript was asked for, operations are theirs.
registerAccelerator(fewestAccelerated, (...operation) =>
  running === null || running === "auto" || running === "wasm" ? runCompiled(...operation) : null,
);
