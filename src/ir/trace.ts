/**
 * Tracing: one current trace decides what applying a primitive means.
 * Evaluation computes, staging records an equation, a transform's trace (transforms/) rewrites and passes on
 * to its parent. The current trace is restored in `finally`, so an exception leaves nothing behind.
 */
import { findsNumberFaults } from "../configure.ts";
import { InvalidJaxpr } from "../error.ts";
import { ConcreteArray, viewAs } from "../array/ndarray.ts";
import type { NDArray } from "../array/ndarray.ts";
import type { WeakType } from "../array/dtype.ts";
import { sameShape } from "../array/shape.ts";
import { accelerated } from "./acceleration.ts";
import type { Aval } from "./aval.ts";
import { showAval } from "./aval.ts";
import type { Atom, ClosedJaxpr, Equation, Variable } from "./jaxpr.ts";
import { literal, variable } from "./jaxpr.ts";
import { requireNumbers } from "./number-faults.ts";
import type { Origin } from "./origin.ts";
import { currentScope, currentSource, scopeSince, withOrigin } from "./origin.ts";
import type { OneOrMany, Params, Primitive, TypeOf } from "./primitive.ts";
import { toList } from "./primitive.ts";
import { sourceLine } from "./source-line.ts";
import type { Mark } from "./tracer.ts";
import { isTracer, leaked, newMark, Tracer } from "./tracer.ts";

export interface Trace {
  readonly mark: Mark;
  readonly process: (primitive: Primitive, inputs: readonly NDArray[], params: Params) => readonly NDArray[];
}

/** Whether every input is weak, and there are inputs. */
const areWeak = (inputs: readonly Aval[]): boolean => {
  for (const { weakType } of inputs) if (weakType === false) return false;
  return inputs.length > 0;
};

/** Weakness of output k: what a primitive's own rule says, else weak where every input is weak and it stays float64. */
const weakTypeAt = (own: OneOrMany<WeakType> | undefined, allWeak: boolean, { dtype }: TypeOf, k: number): WeakType => {
  if (own === undefined) return allWeak && dtype === "float64" ? "float" : false;
  return Array.isArray(own) ? (own[k] as WeakType) : (own as WeakType);
};

/** Types of the outputs, with their weakness. */
export const outputAvals = (primitive: Primitive, inputs: readonly Aval[], params: Params): readonly Aval[] => {
  const own = primitive.weakType?.(inputs, params);
  const allWeak = areWeak(inputs);
  return toList(primitive.abstractEval(inputs, params)).map((type, k) => ({
    ...type,
    weakType: weakTypeAt(own, allWeak, type, k),
  }));
};

/** Outputs as weak as the primitive says; one that has no say got weak inputs only. */
const withWeakness = (
  { weakType }: Primitive,
  inputs: readonly NDArray[],
  params: Params,
  outputs: readonly NDArray[],
): readonly NDArray[] => {
  const own = weakType?.(inputs, params);
  return outputs.map((output, k) => {
    const wanted = weakTypeAt(own, true, output, k);
    return output.weakType === wanted || isTracer(output)
      ? output
      : viewAs(output as ConcreteArray, output.shape, wanted);
  });
};

/** A primitive's `evaluate` gives what its `abstractEval` promises. */
const requireTypes = (primitive: Primitive, outputs: readonly NDArray[], types: readonly TypeOf[]): void => {
  for (let k = 0; k < types.length; k++) {
    const output = outputs[k];
    const type = types[k]!;
    if (output === undefined || output.dtype !== type.dtype || !sameShape(output.shape, type.shape))
      throw new InvalidJaxpr(
        `evaluation of ${primitive.name}`,
        `output ${k} is ${output === undefined ? "missing" : showAval(output)} where abstractEval says ${showAval({ ...type, weakType: false })}`,
        "A primitive's evaluate and abstractEval must agree",
      );
  }
};

const evaluation: Trace = {
  mark: newMark("evaluation"),
  process: (primitive, inputs, params) => {
    for (const input of inputs) if (!(input instanceof ConcreteArray)) throw leaked(input as Tracer, primitive.name);
    const types = primitive.stage === undefined ? toList(primitive.abstractEval(inputs, params)) : null;
    const arrays = inputs as readonly ConcreteArray[];
    const outputs =
      (types === null ? null : accelerated(primitive, arrays, params, types)) ??
      toList(primitive.evaluate(arrays, params));
    if (types !== null) requireTypes(primitive, outputs, types);
    if (findsNumberFaults()) requireNumbers(primitive, arrays, params, outputs);
    return primitive.weakType === undefined && !areWeak(inputs)
      ? outputs
      : withWeakness(primitive, inputs, params, outputs);
  },
};

let current: Trace = evaluation;

export const currentTrace = (): Trace => current;

export const isEvaluating = (): boolean => current === evaluation;

/** Whether primitives are computed at once, perhaps on the way of a derivative rule: nothing outer is being traced. */
export const isComputing = (): boolean => current.mark === evaluation.mark;

/** Whether some transform is looking at a function right now. */
export const isTracing = (): boolean => current !== evaluation;

/** Runs `body` with `trace` as the current trace. */
export const withTrace = <T>(trace: Trace, body: () => T): T => {
  const outer = current;
  current = trace;
  try {
    return body();
  } finally {
    current = outer;
  }
};

/** Applies a primitive under `trace`, which is the current trace meanwhile. */
export const processUnder = (
  trace: Trace,
  primitive: Primitive,
  inputs: readonly NDArray[],
  params: Params,
): readonly NDArray[] => {
  const outer = current;
  current = trace;
  try {
    return trace.process(primitive, inputs, params);
  } finally {
    current = outer;
  }
};

/** Runs `body` outside every trace: host callbacks and compiled programs see concrete arrays only. */
export const withEvaluation = <T>(body: () => T): T => withTrace(evaluation, body);

/** Runs `body` under `trace`, whose tracers are dead afterwards. */
export const withMark = <T>(trace: Trace, body: () => T): T => {
  try {
    return withTrace(trace, body);
  } finally {
    trace.mark.alive = false;
  }
};

/** Applies a primitive under the current trace. */
export const bind = <P extends Params>(
  primitive: Primitive<any, P>,
  inputs: readonly NDArray[],
  params: NoInfer<P>,
): readonly NDArray[] => current.process(primitive, inputs, params);

/** Applies an equation's primitive to these inputs, as part of the equation's scope and source line. */
export const bindEquation = (equation: Equation, inputs: readonly NDArray[]): readonly NDArray[] =>
  equation.scope === undefined && equation.source === undefined
    ? bind(equation.primitive, inputs, equation.params)
    : withOrigin(equation, () => bind(equation.primitive, inputs, equation.params));

// --- Staging ----------------------------------------------------------------------------------

export interface StagingTrace extends Trace {
  readonly input: (type: Aval) => Tracer<Variable>;
  /** The variable, literal or captured constant that stands for a value here. */
  readonly atom: (x: NDArray) => Atom;
  /** Ends the recording. */
  readonly finish: (outputs: readonly NDArray[]) => ClosedJaxpr;
}

/** Scopes opened since a recording began in this one, and the user's line where faults are looked for. */
const originSince = (outerScope: string): Origin | null => {
  const scope = scopeSince(outerScope);
  const source = findsNumberFaults() ? (sourceLine(withOrigin.name) ?? currentSource()) : undefined;
  if (scope === undefined && source === undefined) return null;
  return { ...(scope === undefined ? {} : { scope }), ...(source === undefined ? {} : { source }) };
};

/** Records equations. Arrays and outer tracers that meet its own tracers become constants. */
export const stagingTrace = (owner: string, mark: Mark = newMark(owner)): StagingTrace => {
  const inputs: Variable[] = [];
  const equations: Equation[] = [];
  const captured = new Map<NDArray, Variable>();
  const outerScope = currentScope();

  const atom = (x: NDArray): Atom => {
    if (isTracer(x)) {
      if (x.mark === mark) return x.payload as Variable;
      if (!x.mark.alive) throw leaked(x, mark.owner);
    } else if (x.shape.length === 0) return literal(x as ConcreteArray);
    let constant = captured.get(x);
    if (constant === undefined) {
      constant = variable(x);
      captured.set(x, constant);
    }
    return constant;
  };

  return {
    mark,
    input: (type) => {
      const bound = variable(type);
      inputs.push(bound);
      return new Tracer(mark, type, bound);
    },
    atom,
    process: (primitive, values, params) => {
      if (primitive.stage !== undefined) return primitive.stage(values, params);
      const types = toList(primitive.abstractEval(values, params));
      const own = primitive.weakType?.(values, params);
      const allWeak = areWeak(values);
      const outputs: Variable[] = [];
      const results: NDArray[] = [];
      for (let k = 0; k < types.length; k++) {
        const { shape, dtype } = types[k]!;
        const bound = variable({ shape, dtype, weakType: weakTypeAt(own, allWeak, types[k]!, k) });
        outputs.push(bound);
        results.push(new Tracer(mark, bound.aval, bound));
      }
      const equation = { primitive, inputs: values.map(atom), params, outputs };
      const from = originSince(outerScope);
      equations.push(from === null ? equation : { ...equation, ...from });
      return results;
    },
    finish: (outputs) => {
      const outs = outputs.map(atom);
      return {
        jaxpr: {
          constants: Object.freeze([...captured.values()]),
          inputs: Object.freeze(inputs),
          equations: Object.freeze(equations),
          outputs: Object.freeze(outs),
        },
        constants: [...captured.keys()],
      };
    },
  };
};

/** Traces `f` on arguments of the given types; what it closes over becomes the jaxpr's constants. */
export const stageFunction = (
  owner: string,
  f: (inputs: readonly NDArray[]) => readonly NDArray[],
  types: readonly Aval[],
): ClosedJaxpr => {
  const trace = stagingTrace(owner);
  const inputs = types.map((type) => trace.input(type));
  return withMark(trace, () => trace.finish(f(inputs)));
};
