/**
 * What the functions of the convolution module share: its arguments and what follows from them, as variables of the instance;
 * and nested loops over quantities that grow by constant steps.
 */
import { i32, select } from "../assembler/index.ts";
import type { Expression, Global, Local, Operand, Statements, WasmModule } from "../assembler/index.ts";
import { axisCount } from "./convolution-axes.ts";
import { axisNames, wholeNames } from "./convolution-plan.ts";

type Register = Global<"i32">;
type Named<Name extends string> = Readonly<Record<Name, Register>>;

/** What is known of an axis: its arguments, and of the present phase its number, taps, results and first place in the copy. */
const phaseNames = ["phase", "firstTap", "taps", "position", "placeCount"] as const;
export type Axis = Named<(typeof axisNames)[number] | (typeof phaseNames)[number]>;

/** Of the present phase: where its tables end, and its taps in all channels; whether padding must not be multiplied. */
const stateNames = ["blocksEnd", "placesEnd", "taps", "isCareful"] as const;

/** Everything the functions of the module share: arguments and state, as variables of the instance. */
export type State = Named<(typeof wholeNames)[number] | (typeof stateNames)[number]> & {
  readonly axes: readonly Axis[];
};

const registers = <Name extends string>(module: WasmModule, names: readonly Name[]): Named<Name> =>
  Object.fromEntries(names.map((name) => [name, module.global("i32", 0)])) as Named<Name>;

export const newState = (module: WasmModule): State => ({
  ...registers(module, [...wholeNames, ...stateNames]),
  axes: Array.from({ length: axisCount }, () => registers(module, [...axisNames, ...phaseNames])),
});

export const least = (a: Expression<"i32">, b: Operand<"i32">): Expression<"i32"> => select(i32.lt_s(a, b), a, b);
export const most = (a: Expression<"i32">, b: Operand<"i32">): Expression<"i32"> => select(i32.gt_s(a, b), a, b);
export const total = (terms: readonly Expression<"i32">[]): Expression<"i32"> =>
  terms.reduce((sum, term) => i32.add(sum, term));

/** One loop of a nest: how often, and by how much each quantity grows with every round. */
type Level = { readonly count: Expression<"i32">; readonly steps: readonly Operand<"i32">[] };

/** Nested loops, the first level outermost, over quantities that begin at `starts`; `body` sees their values. */
export const nest = (
  f: Statements,
  starts: readonly Expression<"i32">[],
  [level, ...inner]: readonly Level[],
  body: (quantities: readonly Local<"i32">[]) => void,
): void => {
  const values = starts.map((start) => f.hold(start));
  if (level === undefined) return body(values);
  f.for(f.local("i32"), 0, level.count, 1, () => {
    nest(f, values, inner, body);
    values.forEach((value, k) => f.set(value, i32.add(value, level.steps[k]!)));
  });
};
