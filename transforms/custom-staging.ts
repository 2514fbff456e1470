/**
 * A function with rules in its two forms: closures, and jaxprs that take what the functions closed over first.
 * Staging traces the function and every rule; seen as closures again, closed-over values are inputs without a derivative.
 */
import { ForwardModeOfCustomVjp, MissingRule, NotDifferentiable, ReverseModeOfWhile } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { isFloat } from "../src/array/dtype.ts";
import type { Aval } from "../src/ir/aval.ts";
import { avalOf, showAval } from "../src/ir/aval.ts";
import type { ClosedJaxpr, Jaxpr } from "../src/ir/jaxpr.ts";
import { zero } from "../src/ir/primitive.ts";
import { stageFunction } from "../src/ir/trace.ts";
import { materialize } from "../ops/arithmetic.ts";
import { jaxprFunction, shareConstants } from "./closures.ts";
import type { ArrayFunction } from "./closures.ts";
import { presentOf } from "./custom-linear.ts";
import type { Backward, Pushforward } from "./custom-linear.ts";
import { chosen, spreadNull } from "./flagged.ts";

/** What a reverse rule's first half gives: outputs, and residuals with the second half that takes them. */
interface Forward {
  readonly outputs: readonly NDArray[];
  readonly residuals: readonly NDArray[];
  /** Residuals and output cotangents to input cotangents; null where an input has none. */
  readonly backward: Backward;
}

/** A function and its rules, of which one at least is there. */
export interface CustomFunction {
  readonly name: string;
  /** What makes two calls calls of one function: its rules, statics, argument structure, mapped axes. */
  readonly identity: readonly unknown[];
  readonly call: ArrayFunction;
  readonly forward: ((inputs: readonly NDArray[]) => Forward) | null;
  readonly pushforward: Pushforward | null;
}

export interface StagedRules {
  readonly name: string;
  /** Leading inputs that the functions closed over: they have no derivative. */
  readonly closedOver: number;
  readonly primal: Jaxpr;
  /** Inputs to outputs and residuals, and those with output cotangents to input cotangents. */
  readonly forward: Jaxpr | null;
  readonly backward: Jaxpr | null;
  /** Which input cotangents the backward jaxpr returns. */
  readonly returned: readonly boolean[];
  /** Inputs and tangents to outputs and tangents. */
  readonly pushforward: Jaxpr | null;
  /** Which inputs have a tangent there, and which outputs. */
  readonly moves: readonly boolean[];
  readonly moved: readonly boolean[];
  /** Rules that could not be traced, since they ask for derivatives that do not exist: thrown where they are needed. */
  readonly refused?: Refusals;
  /** In a rule that calls its own function: the rules that are being traced, which hold for this call too. */
  readonly recursive?: RulesInProgress;
}

/** Rules that are being traced; `staged` once they are. The label stands for them in print. */
interface RulesInProgress {
  readonly label: string;
  staged: StagedRules | null;
}

interface Refusals {
  readonly forward?: Error;
  readonly pushforward?: Error;
}

/** Traces both halves of the reverse rule. */
const stageReverse = (
  name: string,
  forward: NonNullable<CustomFunction["forward"]>,
  inputs: readonly Aval[],
  outputs: readonly Aval[],
): { readonly parts: readonly ClosedJaxpr[]; readonly returned: readonly boolean[] } => {
  let waiting: Backward = () => [];
  let residualTypes: readonly Aval[] = [];
  const runForward: ArrayFunction = (values) => {
    const result = forward(values);
    waiting = result.backward;
    residualTypes = result.residuals.map(avalOf);
    return [...result.outputs, ...result.residuals];
  };
  const first = stageFunction(`the forward rule of ${name}`, runForward, inputs);
  let returned: boolean[] = [];
  const runBackward: ArrayFunction = (values) => {
    const leaving = waiting(values.slice(0, residualTypes.length), values.slice(residualTypes.length));
    returned = leaving.map((cotangent) => cotangent !== null);
    return presentOf(leaving);
  };
  const cotangentTypes = outputs.map((aval) => ({ ...aval, weakType: false as const }));
  const second = stageFunction(`the backward rule of ${name}`, runBackward, [...residualTypes, ...cotangentTypes]);
  return { parts: [first, second], returned };
};

/** Traces the forward rule with a tangent for every float. */
const stagePushforward = (
  name: string,
  pushforward: Pushforward,
  inputs: readonly Aval[],
): {
  readonly parts: readonly ClosedJaxpr[];
  readonly moves: readonly boolean[];
  readonly moved: readonly boolean[];
} => {
  const moves = inputs.map(({ dtype }) => isFloat(dtype));
  let moved: boolean[] = [];
  const run: ArrayFunction = (values) => {
    const own = values.slice(0, inputs.length);
    const [outputs, tangents] = pushforward(own, spreadNull(moves, values.slice(inputs.length)));
    moved = tangents.map((tangent) => tangent !== null);
    return [...outputs, ...presentOf(tangents)];
  };
  const tangentTypes = chosen(inputs, moves).map((aval) => ({ ...aval, weakType: false as const }));
  const part = stageFunction(`the jvp rule of ${name}`, run, [...inputs, ...tangentTypes]);
  return { parts: [part], moves, moved };
};

/** What a rule that differentiates may throw although nobody has asked for its derivative yet. */
const refusals = [ForwardModeOfCustomVjp, ReverseModeOfWhile, NotDifferentiable, MissingRule];

interface Staged {
  readonly constants: readonly NDArray[];
  readonly staged: StagedRules;
}

interface Entry {
  readonly identity: readonly unknown[];
  readonly types: string;
  readonly rules: RulesInProgress;
}

/** Functions whose rules are being traced now, outermost first. */
const inProgress: Entry[] = [];

const findInProgress = (identity: readonly unknown[], types: string): Entry | undefined =>
  inProgress.find(
    (entry) =>
      entry.types === types &&
      entry.identity.length === identity.length &&
      entry.identity.every((part, k) => Object.is(part, identity[k])),
  );

/** The function and its rules as jaxprs that take what they close over first; a rule that calls its own function refers to them. */
export const stageRules = (inputs: readonly NDArray[], custom: CustomFunction): Staged => {
  const { name, call, identity } = custom;
  const types = inputs.map(avalOf);
  const primal = stageFunction(name, call, types);
  const key = types.map(showAval).join();
  const known = findInProgress(identity, key);
  if (known !== undefined) return referring(name, primal, known.rules);
  const rules: RulesInProgress = { label: `<the rules of ${name}>`, staged: null };
  inProgress.push({ identity, types: key, rules });
  try {
    const made = stageAll(custom, primal, types);
    rules.staged = made.staged;
    return made;
  } finally {
    inProgress.pop();
  }
};

const referring = (name: string, primal: ClosedJaxpr, recursive: RulesInProgress): Staged => {
  const { constants, jaxprs } = shareConstants([primal]);
  const none = { forward: null, backward: null, returned: [], pushforward: null, moves: [], moved: [] };
  return { constants, staged: { name, closedOver: constants.length, primal: jaxprs[0]!, ...none, recursive } };
};

const stageAll = (
  { name, forward, pushforward }: CustomFunction,
  primal: ClosedJaxpr,
  types: readonly Aval[],
): Staged => {
  const outputs = primal.jaxpr.outputs.map(({ aval }) => aval);
  const refused: { forward?: Error; pushforward?: Error } = {};
  const unlessRefused = <T>(rule: keyof Refusals, stage: () => T): T | null => {
    try {
      return stage();
    } catch (error) {
      if (!refusals.some((kind) => error instanceof kind)) throw error;
      refused[rule] = error as Error;
      return null;
    }
  };
  const reverse = forward && unlessRefused("forward", () => stageReverse(name, forward, types, outputs));
  const direct = pushforward && unlessRefused("pushforward", () => stagePushforward(name, pushforward, types));
  const { constants, jaxprs } = shareConstants([primal, ...(reverse?.parts ?? []), ...(direct?.parts ?? [])]);
  const staged: StagedRules = {
    name,
    closedOver: constants.length,
    primal: jaxprs[0]!,
    forward: reverse && jaxprs[1]!,
    backward: reverse && jaxprs[2]!,
    returned: reverse?.returned ?? [],
    pushforward: direct && jaxprs.at(-1)!,
    moves: direct?.moves ?? [],
    moved: direct?.moved ?? [],
    ...(Object.keys(refused).length === 0 ? {} : { refused }),
  };
  return { constants, staged };
};

const forwardOf = ({ closedOver, primal, forward, backward, returned }: StagedRules): CustomFunction["forward"] => {
  if (forward === null || backward === null) return null;
  return (inputs) => {
    const leading = inputs.slice(0, closedOver);
    const results = jaxprFunction(forward)(inputs);
    return {
      outputs: results.slice(0, primal.outputs.length),
      residuals: [...leading, ...results.slice(primal.outputs.length)],
      backward: (residuals, cotangents) => [
        ...leading.map(() => null),
        ...spreadNull(returned, jaxprFunction(backward)([...residuals, ...cotangents])),
      ],
    };
  };
};

const pushforwardOf = ({ closedOver, primal, pushforward, moves, moved }: StagedRules): Pushforward | null =>
  pushforward &&
  ((inputs, tangents) => {
    const given = tangents.slice(closedOver).map((tangent, k) => tangent ?? materialize(zero(inputs[closedOver + k]!)));
    const results = jaxprFunction(pushforward)([...inputs, ...chosen(given, moves)]);
    const count = primal.outputs.length;
    return [results.slice(0, count), spreadNull(moved, results.slice(count))];
  });

const throwing = (error: Error | undefined): (() => never) | null =>
  error === undefined
    ? null
    : () => {
        throw error;
      };

/** The staged form seen as closures again: its closed-over inputs are inputs without a derivative. */
export const closuresOf = (staged: StagedRules): CustomFunction =>
  staged.recursive === undefined ? ownClosures(staged) : borrowedClosures(staged, staged.recursive);

/** The rules of the enclosing call for this one, whose leading inputs they do not know. */
const borrowedClosures = (staged: StagedRules, { staged: rules }: RulesInProgress): CustomFunction => {
  const { name, closedOver } = staged;
  if (rules === null || rules.closedOver > 0) {
    const refuse = throwing(
      new NotDifferentiable(
        `derivative of ${name} inside its own rule`,
        "the rule closes over traced values, which the inner call cannot see",
        "Pass those values as arguments of the function",
      ),
    );
    return { name, identity: [staged], call: jaxprFunction(staged.primal), forward: refuse, pushforward: refuse };
  }
  const { forward, pushforward } = ownClosures(rules);
  const leading = new Array<null>(closedOver).fill(null);
  return {
    name,
    identity: [staged],
    call: jaxprFunction(staged.primal),
    forward:
      forward &&
      ((inputs) => {
        const result = forward(inputs.slice(closedOver));
        return { ...result, backward: (...parts) => [...leading, ...result.backward(...parts)] };
      }),
    pushforward:
      pushforward && ((inputs, tangents) => pushforward(inputs.slice(closedOver), tangents.slice(closedOver))),
  };
};

const ownClosures = (staged: StagedRules): CustomFunction => ({
  name: staged.name,
  identity: [staged],
  call: jaxprFunction(staged.primal),
  forward: forwardOf(staged) ?? throwing(staged.refused?.forward),
  pushforward: pushforwardOf(staged) ?? throwing(staged.refused?.pushforward),
});
