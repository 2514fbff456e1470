/**
 * Calls with inner programs: transforms and control flow as instructions of random programs. One entry a call: how many
 * inner programs it takes, the operands it wants, its value, and its text in printed source.
 */
import type { NDArray } from "../../../src/array/ndarray.ts";
import type { InputSpec, Pick } from "../../../src/ir/primitive.ts";
import { reals } from "../../../src/ir/primitive.ts";
import { add, full, mul } from "../../../ops/arithmetic.ts";
import { lt } from "../../../ops/comparison.ts";
import { reduceSum } from "../../../ops/shape.ts";
import { sin } from "../../../ops/trigonometric.ts";
import { checkpoint } from "../../../transforms/checkpoint.ts";
import { cond, switchCase } from "../../../transforms/cond.ts";
import { customJvp } from "../../../transforms/custom-jvp.ts";
import { customVjp } from "../../../transforms/custom-vjp.ts";
import { jit } from "../../../transforms/jit.ts";
import { jvp, linearize } from "../../../transforms/jvp.ts";
import { scan } from "../../../transforms/scan.ts";
import { grad, vjp } from "../../../transforms/vjp.ts";
import { vmap } from "../../../transforms/vmap.ts";
import { foriLoop, whileLoop } from "../../../transforms/while-loop.ts";
import * as np from "../../numpy/index.ts";
import type { Mode } from "../check-grads.ts";

type Inner = (...inputs: NDArray[]) => NDArray[];
type Settings = Readonly<Record<string, number | readonly (number | null)[]>>;

export interface Call {
  /** Higher-order primitives it binds, for the quota table. */
  readonly binds: readonly string[];
  /** Its inner program must map floats to a float. */
  readonly isDerivative: boolean;
  /** Modes of differentiation it has. */
  readonly modes: readonly Mode[];
  /** Settings for an inner program with these inputs. */
  readonly settings: (pick: Pick, inputs: readonly InputSpec[]) => Settings;
  /** Types and domains of the operands. */
  readonly operands: (inputs: readonly InputSpec[], settings: Settings) => readonly InputSpec[];
  readonly run: (programs: readonly Inner[], operands: readonly NDArray[], settings: Settings) => NDArray;
  /** Expression in source, from the texts of the functions and operands. */
  readonly print: (programs: readonly string[], operands: readonly string[], settings: Settings) => string;
}

const unchanged: { readonly settings: Call["settings"]; readonly operands: Call["operands"] } = {
  settings: () => ({}),
  operands: (inputs) => inputs,
};

/** First output of an inner program. */
const first = (f: Inner, inputs: readonly NDArray[]): NDArray => f(...(inputs as NDArray[]))[0]!;

/** Sum of all elements. */
const total = (x: NDArray): NDArray => reduceSum(x, { axes: x.shape.map((_, axis) => axis) });

const floatsAmong = (inputs: readonly InputSpec[]): number[] =>
  inputs.flatMap(({ dtype }, k) => (dtype === "float64" ? [k] : []));

const along = (settings: Settings): number => settings["argument"] as number;

/** One float argument to differentiate by. */
const oneArgument: Call["settings"] = (pick, inputs) => ({ argument: pick.oneOf(floatsAmong(inputs)) });

const replaced = (operands: readonly NDArray[], argument: number, x: NDArray): NDArray[] =>
  operands.map((operand, k) => (k === argument ? x : operand));

const direction = (shape: InputSpec["shape"]): InputSpec => ({ shape, dtype: "float64", domain: reals(-1, 1) });

const both: readonly Mode[] = ["forward", "reverse"];

/** Half of x. */
const half = (x: NDArray): NDArray => mul(full(0.5, x.shape, x.dtype), x);

/** x moved a little with a state of order 1. */
const nudged = (x: NDArray, state: NDArray): NDArray => np.mul(x, np.add(1, np.mul(1e-3, state)));

const nudgedText = "np.mul(x, np.add(1, np.mul(1e-3, s)))";

/** One number of order 1 that depends on everything. */
const summary = (x: NDArray): NDArray => sin(total(x));

const rowSpec = (spec: InputSpec, size: number): InputSpec => ({ ...spec, shape: [size, ...spec.shape] });

/** `f(...operands)` with one operand written otherwise. */
const callText = (f: string, operands: readonly string[], argument: number, text: string): string =>
  `(${f})(${operands.toSpliced(argument, 1, text).join(", ")})[0]`;

const derivative = { binds: [], isDerivative: true, modes: both } as const;

/** By name; the name is what an instruction holds. */
export const calls: Readonly<Record<string, Call>> = {
  jit: {
    binds: ["jit"],
    isDerivative: false,
    modes: both,
    ...unchanged,
    run: ([f], operands) => jit((...x: NDArray[]) => first(f!, x))(...operands),
    print: ([f], operands) => `jit((...x) => (${f!})(...x)[0])(${operands.join(", ")})`,
  },
  vmap: {
    binds: [],
    isDerivative: false,
    modes: both,
    settings: (pick, inputs) => {
      const sure = pick.integer(0, inputs.length - 1);
      return {
        size: pick.integer(1, 3),
        inAxes: inputs.map(({ shape }, k) =>
          k === sure || pick.integer(0, 1) === 1 ? pick.integer(0, shape.length) : null,
        ),
      };
    },
    operands: (inputs, { size, inAxes }) =>
      inputs.map((spec, k) => {
        const axis = (inAxes as readonly (number | null)[])[k]!;
        return axis === null ? spec : { ...spec, shape: spec.shape.toSpliced(axis, 0, size as number) };
      }),
    run: ([f], operands, { inAxes }) =>
      vmap((...x: NDArray[]) => first(f!, x), { inAxes: inAxes as readonly (number | null)[] })(...operands),
    print: ([f], operands, { inAxes }) =>
      `vmap((...x) => (${f!})(...x)[0], { inAxes: ${JSON.stringify(inAxes)} })(${operands.join(", ")})`,
  },
  grad: {
    ...derivative,
    settings: oneArgument,
    operands: (inputs) => inputs,
    run: ([f], operands, settings) =>
      grad((...x: NDArray[]) => total(first(f!, x)), { argnums: along(settings) })(...operands) as NDArray,
    print: ([f], operands, settings) =>
      `grad((...x) => np.sum((${f!})(...x)[0]), { argnums: ${along(settings)} })(${operands.join(", ")})`,
  },
  jvp: {
    ...derivative,
    settings: oneArgument,
    operands: (inputs, settings) => [...inputs, direction(inputs[along(settings)]!.shape)],
    run: ([f], operands, settings) => {
      const x = operands[along(settings)]!;
      const own = operands.slice(0, -1);
      return jvp((y: NDArray) => first(f!, replaced(own, along(settings), y)), [x], [operands.at(-1)!])[1];
    },
    print: ([f], operands, settings) =>
      `jvp((y) => (${f!})(${operands.slice(0, -1).with(along(settings), "y").join(", ")})[0], [${operands[along(settings)]!}], [${operands.at(-1)!}])[1]`,
  },
  linearize: {
    ...derivative,
    settings: oneArgument,
    operands: (inputs, settings) => [...inputs, direction(inputs[along(settings)]!.shape)],
    run: ([f], operands, settings) => {
      const own = operands.slice(0, -1);
      const [value, tangentMap] = linearize(
        (y: NDArray) => first(f!, replaced(own, along(settings), y)),
        operands[along(settings)]!,
      );
      return add(value, tangentMap(operands.at(-1)!));
    },
    print: ([f], operands, settings) =>
      `(([y, t]) => np.add(y, t(${operands.at(-1)!})))(linearize((y) => (${f!})(${operands.slice(0, -1).with(along(settings), "y").join(", ")})[0], ${operands[along(settings)]!}))`,
  },
  vjp: {
    ...derivative,
    settings: oneArgument,
    operands: (inputs) => inputs,
    run: ([f], operands, settings) => {
      const [out, pullback] = vjp(
        (y: NDArray) => first(f!, replaced(operands, along(settings), y)),
        operands[along(settings)]!,
      );
      return pullback(out)[0];
    },
    print: ([f], operands, settings) =>
      `(([y, pullback]) => pullback(y)[0])(vjp((y) => (${f!})(${operands.toSpliced(along(settings), 1, "y").join(", ")})[0], ${operands[along(settings)]!}))`,
  },
  customVjp: {
    binds: ["customCall", "customRule"],
    isDerivative: true,
    modes: ["reverse"],
    settings: oneArgument,
    operands: (inputs) => inputs,
    run: ([f], operands, settings) => {
      const inner = (y: NDArray, ...rest: NDArray[]): NDArray => first(f!, rest.toSpliced(along(settings), 0, y));
      const ruled = customVjp(inner, {
        fwd: (y: NDArray, ...rest: NDArray[]) => [inner(y, ...rest), [y, ...rest]],
        bwd: (saved: NDArray[], g: NDArray) => vjp(inner, ...(saved as [NDArray, ...NDArray[]]))[1](g),
      });
      return ruled(operands[along(settings)]!, ...operands.toSpliced(along(settings), 1));
    },
    print: ([f], operands, settings) => {
      const at = along(settings);
      return `((inner) => customVjp(inner, { fwd: (y, ...rest) => [inner(y, ...rest), [y, ...rest]], bwd: (saved, g) => vjp(inner, ...saved)[1](g) }))((y, ...rest) => (${f!})(...rest.toSpliced(${at}, 0, y))[0])(${[operands[at]!, ...operands.toSpliced(at, 1)].join(", ")})`;
    },
  },
  customJvp: {
    ...derivative,
    binds: ["customCall", "customRule"],
    settings: () => ({}),
    operands: (inputs) => inputs,
    run: ([f], operands) => {
      const inner = (...x: NDArray[]): NDArray => first(f!, x);
      // The second term keeps the rule a function of its tangents where the inner derivative vanishes.
      return customJvp(inner, {
        jvp: (primals: NDArray[], tangents: NDArray[]) => {
          const [out, tangent] = jvp(inner, primals, tangents);
          return [out, np.add(tangent, np.mul(0, total(tangents[0]!)))];
        },
      })(...operands);
    },
    print: ([f], operands) =>
      `((inner) => customJvp(inner, { jvp: (x, dx) => (([y, dy]) => [y, np.add(dy, np.mul(0, np.sum(dx[0])))])(jvp(inner, x, dx)) }))((...x) => (${f!})(...x)[0])(${operands.join(", ")})`,
  },
  checkpoint: {
    binds: ["checkpoint"],
    isDerivative: false,
    modes: both,
    ...unchanged,
    run: ([f], operands) => checkpoint((...x: NDArray[]) => first(f!, x))(...operands),
    print: ([f], operands) => `checkpoint((...x) => (${f!})(...x)[0])(${operands.join(", ")})`,
  },
  cond: {
    ...derivative,
    binds: ["cond"],
    settings: () => ({}),
    operands: (inputs) => [...inputs, { shape: [], dtype: "bool", domain: { low: 0, high: 1 } }],
    run: ([f], operands) =>
      cond(
        operands.at(-1)!,
        (...x: NDArray[]) => first(f!, x),
        (...x: NDArray[]) => half(first(f!, x)),
        ...operands.slice(0, -1),
      ),
    print: ([f], operands) =>
      `cond(${operands.at(-1)!}, (...x) => (${f!})(...x)[0], (...x) => (${f!})(...x)[0].mul(0.5), ${operands.slice(0, -1).join(", ")})`,
  },
  switchCase: {
    ...derivative,
    binds: ["cond"],
    settings: () => ({}),
    operands: (inputs) => [...inputs, { shape: [], dtype: "int32", domain: { low: -1, high: 3 } }],
    run: ([f], operands) =>
      switchCase(
        operands.at(-1)!,
        [
          (...x: NDArray[]) => first(f!, x),
          (...x: NDArray[]) => half(first(f!, x)),
          (...x: NDArray[]) => sin(first(f!, x)),
        ],
        ...operands.slice(0, -1),
      ),
    print: ([f], operands) =>
      `((f) => switchCase(${operands.at(-1)!}, [f, (...x) => f(...x).mul(0.5), (...x) => np.sin(f(...x))], ${operands.slice(0, -1).join(", ")}))((...x) => (${f!})(...x)[0])`,
  },
  scan: {
    ...derivative,
    binds: ["scan"],
    settings: (pick, inputs) => ({
      argument: pick.oneOf(floatsAmong(inputs)),
      size: pick.integer(1, 3),
      reverse: pick.integer(0, 1),
    }),
    operands: (inputs, settings) =>
      inputs.with(along(settings), rowSpec(inputs[along(settings)]!, settings["size"] as number)),
    run: ([f], operands, settings) => {
      const step = (carry: NDArray, x: NDArray): [NDArray, NDArray] => {
        const y = first(f!, replaced(operands, along(settings), x));
        return [np.add(np.mul(carry, 0.5), summary(y)), y];
      };
      const options = { reverse: settings["reverse"] === 1 };
      const [carry, ys] = scan(
        step,
        full(0.25, [], operands[along(settings)]!.dtype),
        operands[along(settings)]!,
        options,
      );
      return np.add(ys, carry);
    },
    print: ([f], operands, settings) => {
      const at = along(settings);
      return `(([c, ys]) => np.add(ys, c))(scan((c, x) => { const y = ${callText(f!, operands, at, "x")}; return [np.add(np.mul(c, 0.5), np.sin(np.sum(y))), y]; }, array(0.25, { dtype: ${operands[at]!}.dtype }), ${operands[at]!}, { reverse: ${settings["reverse"] === 1} }))`;
    },
  },
  foriLoop: {
    ...derivative,
    binds: ["scan"],
    settings: (pick, inputs) => ({ argument: pick.oneOf(floatsAmong(inputs)), size: pick.integer(0, 3) }),
    operands: (inputs) => inputs,
    run: ([f], operands, settings) => {
      const x = operands[along(settings)]!;
      const body = (_index: NDArray, state: NDArray): NDArray =>
        summary(first(f!, replaced(operands, along(settings), nudged(x, state))));
      return foriLoop(0, settings["size"] as number, body, full(0.25, [], x.dtype));
    },
    print: ([f], operands, settings) => {
      const at = along(settings);
      return `((x) => foriLoop(0, ${settings["size"] as number}, (_, s) => np.sin(np.sum(${callText(f!, operands, at, nudgedText)})), array(0.25, { dtype: x.dtype })))(${operands[at]!})`;
    },
  },
  whileLoop: {
    ...derivative,
    binds: ["while"],
    modes: ["forward"],
    settings: oneArgument,
    operands: (inputs) => [...inputs, { shape: [], dtype: "int32", domain: { low: 0, high: 3 } }],
    run: ([f], operands, settings) => {
      const own = operands.slice(0, -1);
      const x = own[along(settings)]!;
      const [, state] = whileLoop(
        ([count]: [NDArray, NDArray]) => lt(count, operands.at(-1)!),
        ([count, s]: [NDArray, NDArray]): [NDArray, NDArray] => [
          np.add(count, 1),
          summary(first(f!, replaced(own, along(settings), nudged(x, s)))),
        ],
        [full(0, [], "int32"), full(0.25, [], x.dtype)],
      );
      return state;
    },
    print: ([f], operands, settings) => {
      const [own, at] = [operands.slice(0, -1), along(settings)];
      return `((x) => whileLoop(([k]) => np.less(k, ${operands.at(-1)!}), ([k, s]) => [np.add(k, 1), np.sin(np.sum(${callText(f!, own, at, nudgedText)}))], [array(0, { dtype: "int32" }), array(0.25, { dtype: x.dtype })])[1])(${own[at]!})`;
    },
  },
};
