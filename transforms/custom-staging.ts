/**
 * A function with rules in its two forms: closures, and jaxprs that take what the functions closed over first.
 * Staging traces the function and every rule; seen as closures again, closed-over values are inputs without a derivative.
 */
import { ForwardModeOfCustomVjp, MissingRule, NotDifferentiable, ReverseModeOfWhile } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { isFloat } from "../src/array/dtype.ts";
import type { Aval } from "../src/ir/aval.ts";
import { avalOf } from "../src/ir/aval.ts";
import type { ClosedJaxpr, Jaxpr } from "../src/ir/jaxpr.ts";
import { zero } from "../src/ir/primitive.ts";
import { materialize } from "../ops/arithmetic.ts";
import { jaxprFunction, shareConstants, stageClosure } from "./closures.ts";
import type { ArrayFunction } from "./closures.ts";
import { presentOf, spreadNull } from "./custom-linear.ts";
import type { Backward, Pushforward } from "./custom-linear.ts";

/** What a reverse rule's first half gives: outputs, and residuals with the second half that takes them. */
export interface Forward {
  readonly outputs: readonly NDArray[];
  readonly residuals: readonly NDArray[];
  /** Residuals and output cotangents to input cotangents; null where an input has none. */
  readonly backward: Backward;
}

/** A function and its rules, of which one at least is there. */
export interface CustomFunction {
  readonly name: string;
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
  const first = stageClosure(`the forward rule of ${name}`, runForward, inputs);
  let returned: boolean[] = [];
  const runBackward: ArrayFunction = (values) => {
    const leaving = waiting(values.slice(0, residualTypes.length), values.slice(residualTypes.length));
    returned = leaving.map((cotangent) => cotangent !== null);
    return presentOf(leaving);
  };
  const cotangentTypes = outputs.map((aval) => ({ ...aval, weakType: false as const }));
  const second = stageClosure(`the backward rule of ${name}`, runBackward, [...residualTypes, ...cotangentTypes]);
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
  const tangentTypes = inputs.filter((_, k) => moves[k]!).map((aval) => ({ ...aval, weakType: false as const }));
  const part = stageClosure(`the jvp rule of ${name}`, run, [...inputs, ...tangentTypes]);
  return { parts: [part], moves, moved };
};

/** What a rule that differentiates may throw although nobody has asked for its derivative yet. */
const refusals = [ForwardModeOfCustomVjp, ReverseModeOfWhile, NotDifferentiable, MissingRule];

/** The function and its rules as jaxprs that take what they close over first. */
export const stageRules = (
  inputs: readonly NDArray[],
  { name, call, forward, pushforward }: CustomFunction,
): { readonly constants: readonly NDArray[]; readonly staged: StagedRules } => {
  const types = inputs.map(avalOf);
  const primal = stageClosure(name, call, types);
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
    const results = jaxprFunction(pushforward)([...inputs, ...given.filter((_, k) => moves[k]!)]);
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
export const closuresOf = (staged: StagedRules): CustomFunction => ({
  name: staged.name,
  call: jaxprFunction(staged.primal),
  forward: forwardOf(staged) ?? throwing(staged.refused?.forward),
  pushforward: pushforwardOf(staged) ?? throwing(staged.refused?.pushforward),
});
