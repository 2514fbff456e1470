/**
 * Simplification: equations are placed one after the other into a new program. One that is constant is folded, one that
 * a rule of its primitive applies to is replaced (what the rule applies is placed in turn), one that stands there
 * already is shared. Rules see operands only, which are in their final form by then: one walk applies all of them. Views that
 * cancel have to know besides who reads what, which optimize.ts lets them count in further walks.
 */
import { InvalidJaxpr } from "../error.ts";
import type { ConcreteArray, NDArray } from "../array/ndarray.ts";
import { isConcrete, viewAs } from "../array/ndarray.ts";
import { sameShape } from "../array/shape.ts";
import { sameType } from "../ir/aval.ts";
import type { Aval } from "../ir/aval.ts";
import { literal, variable } from "../ir/jaxpr.ts";
import type { Atom, Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";
import type { Origin } from "../ir/origin.ts";
import { toList } from "../ir/primitive.ts";
import type { Knowledge, OneOrMany, Params, Primitive, Simplification } from "../ir/primitive.ts";
import { outputAvals, withMark } from "../ir/trace.ts";
import type { Trace } from "../ir/trace.ts";
import { isTracer, newMark, Tracer } from "../ir/tracer.ts";
import { sharing } from "./common-subexpressions.ts";
import type { Share } from "./common-subexpressions.ts";
import { constantOf } from "./constants.ts";
import { simplifyControl, withBodies } from "./control.ts";
import type { Surroundings } from "./control.ts";
import { cancelledThrough, shownAgain } from "./views.ts";

/** The program as far as it is placed. */
interface State extends Surroundings {
  readonly readsOf: (made: Variable) => number;
  readonly shared: () => void;
  readonly definitions: Map<Variable, Equation>;
  readonly constants: Map<Variable, ConcreteArray>;
  readonly share: Share;
  readonly equations: Equation[];
  /** How often each variable is read, by equations that are placed and those that are to come; null if not counted. */
  readonly readers: Readers | null;
  readonly tracers: Map<Variable, NDArray>;
  readonly trace: Trace;
  readonly knowledge: Knowledge;
  /** Origin of the equation that is being placed: what replaces it has that. */
  origin: Origin;
  /** Rules that may still be applied, so that rules which undo each other end. */
  rulesLeft: number;
}

/** Rules that hold for every primitive. */
const [folding, cancelling] = ["what is made of constants is one", "what leaves every element in its place is nothing"];

/** Rules applied per equation of the program, at most. */
const rulesPerEquation = 8;

// --- Atoms as arrays: rules call primitives ---------------------------------------------------

const arrayOf = (state: State, atom: Atom): NDArray => {
  if (atom.kind === "literal") return atom.value;
  let tracer = state.tracers.get(atom);
  if (tracer === undefined) state.tracers.set(atom, (tracer = new Tracer(state.trace.mark, atom.aval, atom)));
  return tracer;
};

const atomOf = (state: State, x: NDArray): Atom => {
  if (isTracer(x) && x.mark === state.trace.mark) return x.payload as Variable;
  if (isConcrete(x) && x.shape.length === 0) return literal(x);
  throw new InvalidJaxpr(
    "simplification of a jaxpr",
    "a rule uses an array that is no operand",
    "Report this: rules are made of operands, numbers and primitives of those",
  );
};

const knowledgeOf = (state: Pick<State, "definitions" | "constants">, arrays: (atom: Atom) => NDArray): Knowledge => ({
  constant: (x) => {
    if (isConcrete(x)) return x.shape.length === 0 ? x.item() : null;
    return state.constants.get((x as Tracer<Variable>).payload)?.item() ?? null;
  },
  madeBy: (x, { primitive }) => {
    if (!isTracer(x)) return null;
    const equation = state.definitions.get(x.payload as Variable);
    if (equation === undefined || (equation.primitive as unknown) !== primitive || equation.outputs.length !== 1)
      return null;
    return { inputs: equation.inputs.map(arrays), params: equation.params } as never;
  },
});

/** Records what rules apply. */
const apply = (state: State, primitive: Primitive, inputs: readonly NDArray[], params: Params): readonly NDArray[] => {
  if (primitive.stage !== undefined) return primitive.stage(inputs, params);
  const outputs = outputAvals(primitive, inputs, params).map(variable);
  const atoms = inputs.map((x) => atomOf(state, x));
  return place(state, { primitive, inputs: atoms, params, outputs, ...state.origin }).map((atom) =>
    arrayOf(state, atom),
  );
};

// --- Readers ----------------------------------------------------------------------------------

type Readers = Map<Variable, number>;

/** Counts an equation that reads these atoms; short lists count what they repeat once. */
const count = (readers: Readers, atoms: readonly Atom[], change: 1 | -1): void => {
  atoms.forEach((atom, k) => {
    if (atom.kind === "variable" && (atoms.length > 3 || atoms.indexOf(atom) === k))
      readers.set(atom, (readers.get(atom) ?? 0) + change);
  });
};

const readersOf = ({ equations, outputs }: Jaxpr): Readers => {
  const readers: Readers = new Map();
  for (const { inputs } of equations) count(readers, inputs, 1);
  for (const atom of outputs) count(readers, [atom], 1);
  return readers;
};

/** Who reads the output reads what stands for it. */
const handOver = (readers: Readers, output: Variable, atom: Atom): void => {
  if (atom.kind === "variable") readers.set(atom, (readers.get(atom) ?? 0) + (readers.get(output) ?? 0));
};

// --- Placing ----------------------------------------------------------------------------------

/** Whether the atom may stand where the output stood: also where weakness shows. */
const fits = ({ aval }: Atom, output: Aval): boolean => sameType(aval, output) && aval.weakType === output.weakType;

const literalLike = (value: ConcreteArray, { weakType }: Aval): Atom => literal(viewAs(value, [], weakType));

/** A constant as a literal, or as the layout operation that repeats a literal for an operand; null to leave it. */
const fold = (state: State, equation: Equation, value: ConcreteArray): readonly Atom[] | null => {
  const { inputs, outputs } = equation;
  const { aval } = outputs[0]!;
  if (aval.shape.length === 0) return [literalLike(value, aval)];
  if (equation.primitive.lower.kind !== "elementwise") return null;
  const [operand] = inputs;
  const repeats = operand?.kind === "variable" ? state.definitions.get(operand) : undefined;
  if (repeats?.primitive.lower.kind !== "view" || !sameShape(operand!.aval.shape, aval.shape)) return null;
  if (repeats.inputs[0]!.kind !== "literal") return null;
  const { primitive, params } = repeats;
  return place(state, { ...equation, primitive, params, inputs: [literalLike(value, aval)] });
};

/** The value that the equation gives again; null if it does something. */
const unchanged = (state: State, equation: Equation): Atom | null => {
  const { primitive, inputs, params } = equation;
  const [x] = inputs;
  if (inputs.length !== 1 || primitive.lower.kind === "barrier") return null;
  if (primitive.lower.kind === "view")
    return shownAgain(equation, state.definitions) ?? cancelledThrough(equation, state, state.shared);
  if (primitive.lower.kind !== "elementwise") return null;
  const operand = { op: "local", index: 0, dtype: x!.aval.dtype } as const;
  return primitive.lower.expression([operand], params) === operand ? x! : null;
};

const rewrite = (
  state: State,
  { primitive, inputs, params }: Equation,
  outputs: readonly Variable[],
): readonly Atom[] | null => {
  const rules = primitive.simplify as readonly Simplification[] | undefined;
  if (rules === undefined || state.rulesLeft <= 0) return null;
  const arrays = inputs.map((atom) => arrayOf(state, atom));
  for (const rule of rules) {
    const result = rule.rewrite(arrays, params, state.knowledge) as OneOrMany<NDArray> | null;
    if (result === null) continue;
    const atoms = toList(result).map((x) => atomOf(state, x));
    if (!atoms.every((atom, k) => fits(atom, outputs[k]!.aval))) continue;
    state.rulesLeft--;
    state.applied(rule.name);
    return atoms;
  }
  return null;
};

/** Adds the equation unless something else stands for its outputs; gives that. */
const place = (state: State, given: Equation): readonly Atom[] => {
  const { outputs } = given;
  const constant = constantOf(given, state.constants);
  const folded = constant === null ? null : fold(state, given, constant);
  if (folded !== null) {
    state.applied(folding);
    return folded;
  }
  const same = unchanged(state, given);
  if (same !== null && fits(same, outputs[0]!.aval)) {
    state.applied(cancelling);
    return [same];
  }
  const rewritten = rewrite(state, given, outputs);
  if (rewritten !== null) return rewritten;
  if (given.primitive.lower.kind === "control") {
    const simpler = simplifyControl(given, state);
    if (simpler !== null) return simpler;
  }
  const first = state.share(given);
  if (first !== given) return first.outputs;
  state.equations.push(given);
  if (state.readers !== null) count(state.readers, given.inputs, 1);
  for (const output of outputs) state.definitions.set(output, given);
  if (constant !== null) state.constants.set(outputs[0]!, constant);
  return outputs;
};

const newState = (jaxpr: Jaxpr, options: SimplifyOptions, trace: Trace): State => {
  const readers = options.countsReaders ? readersOf(jaxpr) : null;
  const [definitions, constants] = [new Map<Variable, Equation>(), new Map<Variable, ConcreteArray>()];
  const state: State = {
    definitions,
    constants,
    share: sharing(),
    equations: [],
    readers,
    tracers: new Map(),
    trace,
    knowledge: knowledgeOf({ definitions, constants }, (atom) => arrayOf(state, atom)),
    origin: nowhere,
    rulesLeft: rulesPerEquation * (jaxpr.equations.length + 8),
    readsOf: (made) => readers?.get(made) ?? (readers === null ? Infinity : 0),
    shared: options.shared ?? (() => undefined),
    place: (equation) => place(state, equation),
    optimize: options.optimize,
    applied: options.applied ?? (() => undefined),
  };
  return state;
};

const nowhere: Origin = {};

const originOf = ({ scope, source }: Equation): Origin =>
  scope === undefined && source === undefined
    ? nowhere
    : { ...(scope === undefined ? {} : { scope }), ...(source === undefined ? {} : { source }) };

export interface SimplifyOptions {
  /** The passes, for jaxprs that equations hold. */
  readonly optimize: (jaxpr: Jaxpr) => Jaxpr;
  /** Told the name of every rule that is applied. */
  readonly applied?: (rule: string) => void;
  /** Whether it is known who reads what; else everything counts as read by others. */
  readonly countsReaders?: boolean;
  /** Told where something would be simpler if nobody else read what it is made of. */
  readonly shared?: () => void;
}

/** The same function by fewer or cheaper equations, with the same bits; the jaxpr itself where there is nothing to do. */
export const simplify = (jaxpr: Jaxpr, options: SimplifyOptions): Jaxpr => {
  const trace: Trace = {
    mark: newMark("simplification"),
    process: (primitive, inputs, params) => apply(state, primitive, inputs, params),
  };
  const state = newState(jaxpr, options, trace);
  const names = new Map<Variable, Atom>();
  const rename = (atom: Atom): Atom => (atom.kind === "literal" ? atom : (names.get(atom) ?? atom));
  withMark(trace, () => {
    for (const equation of jaxpr.equations) {
      const isRenamed = names.size > 0 && equation.inputs.some((atom) => rename(atom) !== atom);
      const own = isRenamed ? { ...equation, inputs: equation.inputs.map(rename) } : equation;
      state.origin = originOf(equation);
      if (state.readers !== null) count(state.readers, own.inputs, -1);
      const atoms = place(state, withBodies(own, state.optimize));
      equation.outputs.forEach((output, k) => {
        if (atoms[k] === output) return;
        names.set(output, atoms[k]!);
        if (state.readers !== null) handOver(state.readers, output, atoms[k]!);
      });
    }
  });
  const { equations } = state;
  if (
    names.size === 0 &&
    equations.length === jaxpr.equations.length &&
    equations.every((own, k) => own === jaxpr.equations[k])
  )
    return jaxpr;
  return { ...jaxpr, equations, outputs: jaxpr.outputs.map(rename) };
};
