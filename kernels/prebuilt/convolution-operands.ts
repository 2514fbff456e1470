/**
 * Operands of the convolution module brought into the order in which the tiles read them: inputs with their padding,
 * weights in panels. Also where results go, and the question whether all weights are finite.
 */
import { i32, select, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, WasmModule } from "../assembler/index.ts";
import { type State, least, most, nest } from "./convolution-state.ts";
import { padding } from "./convolution-tiles.ts";
import type { Lanes } from "./lanes.ts";

const { add, sub, mul, div_s: div, rem_s: rem } = i32;

/** (source, target, stride, count): writes `count` contiguous elements to places `stride` bytes apart. */
export type Spread = FunctionReference<readonly ["i32", "i32", "i32", "i32"], "none">;

export const spreadFunction = (module: WasmModule, { scalar, item, count: lanes }: Lanes): Spread =>
  module.func("spread", { params: ["i32", "i32", "i32", "i32"] }, (f, source, target, stride, count) => {
    const end = f.hold(add(source, mul(count, item)));
    f.if(i32.eq(stride, item), () => {
      const vectorEnd = f.hold(add(source, mul(i32.and(count, -lanes), item)));
      f.while(i32.lt_u(source, vectorEnd), () => {
        f.store(target, v128.load(source));
        f.set(source, add(source, 16));
        f.set(target, add(target, 16));
      });
    });
    f.while(i32.lt_u(source, end), () => {
      f.store(target, scalar.load(source));
      f.set(source, add(source, item));
      f.set(target, add(target, stride));
    });
  });

/** (source, stride, target, count): writes elements `stride` bytes apart next to each other; NaN loses its payload. */
type Gather = FunctionReference<readonly ["i32", "i32", "i32", "i32"], "none">;

const gatherFunction = (module: WasmModule, { scalar, item }: Lanes): Gather =>
  module.func("gather", { params: ["i32", "i32", "i32", "i32"] }, (f, source, stride, target, count) => {
    const end = f.hold(add(target, mul(count, item)));
    f.while(i32.lt_u(target, end), () => {
      const x = f.hold(scalar.load(source));
      f.store(target, select(scalar.eq(x, x), x, scalar.const(NaN)));
      f.set(source, add(source, stride));
      f.set(target, add(target, item));
    });
  });

/** (source, target, first, end): copies inputs to positions first .. end - 1 of a row, those of one phase of the stride together. */
const rowFunction = (
  module: WasmModule,
  lanes: Lanes,
  spread: Spread,
  { interleave, interleaveBytes, isCareful }: State,
): FunctionReference<readonly ["i32", "i32", "i32", "i32"], "none"> => {
  const gather = gatherFunction(module, lanes);
  const { item } = lanes;
  return module.func("copyRow", { params: ["i32", "i32", "i32", "i32"] }, (f, source, target, first, end) => {
    f.if(i32.and(i32.eq(interleave, 1), i32.eqz(isCareful)), () => {
      f.call(spread, source, add(target, mul(first, item)), item, sub(end, first));
      f.return();
    });
    f.for(f.local("i32"), first, least(end, add(first, interleave)), 1, () => {
      const at = add(mul(rem(first, interleave), interleaveBytes), mul(div(first, interleave), item));
      const count = div(sub(add(sub(end, first), interleave), 1), interleave);
      f.call(gather, source, mul(interleave, item), add(target, at), count);
      f.set(first, add(first, 1));
      f.set(source, add(source, item));
    });
  });
};

/** Fills the copy of a block of images with padding, if there is any. */
const fillFunction = (module: WasmModule, { bits }: Lanes, state: State): FunctionReference<readonly [], "none"> =>
  module.func("fillCopy", { params: [] }, (f) => {
    const { copy, isPadded, isCareful, imageBlock, copyImage } = state;
    const bytes = f.hold(mul(imageBlock, copyImage));
    f.if(isPadded, () => f.memoryFill(copy, 0, bytes));
    f.if(isCareful, () => {
      const target = f.hold(copy);
      f.while(i32.lt_u(target, add(copy, bytes)), () => {
        f.store(target, padding[bits]);
        f.set(target, add(target, 16));
      });
    });
  });

/** (source): copies a block of images of one group, with padding. */
export const copyFunction = (
  module: WasmModule,
  lanes: Lanes,
  spread: Spread,
  state: State,
): FunctionReference<readonly ["i32"], "none"> => {
  const copyRow = rowFunction(module, lanes, spread, state);
  const fillCopy = fillFunction(module, lanes, state);
  return module.func("copyImages", { params: ["i32"] }, (f, source) => {
    const { copy, copyImage, copyChannel, imageBlock, channels, lhsImage, lhsChannel, axes } = state;
    f.if(state.isDense, () => {
      const levels = [{ count: imageBlock, steps: [lhsImage, copyImage] }];
      nest(f, [source, copy], levels, ([from, to]) =>
        f.call(spread, from!, to!, lanes.item, div(copyImage, lanes.item)),
      );
      f.return();
    });
    f.call(fillCopy);
    const ranges = axes.map(({ origin, extent, input }) => {
      const first = f.hold(most(sub(0, origin), 0));
      return { first, end: f.hold(most(least(extent, sub(input, origin)), first)) };
    });
    const last = ranges.at(-1)!;
    const starts: [Expression<"i32">, Expression<"i32">] = [source, copy];
    axes.forEach((axis, k) => {
      const { first } = ranges[k]!;
      starts[0] = add(starts[0], mul(add(first, axis.origin), axis.lhsStride));
      if (k < axes.length - 1) starts[1] = add(starts[1], mul(first, axis.copyStride));
    });
    const levels = [
      { count: imageBlock, steps: [lhsImage, copyImage] },
      { count: channels, steps: [lhsChannel, copyChannel] },
      ...axes.slice(0, -1).map(({ lhsStride, copyStride }, k) => ({
        count: sub(ranges[k]!.end, ranges[k]!.first),
        steps: [lhsStride, copyStride],
      })),
    ];
    nest(f, starts, levels, ([from, to]) => f.call(copyRow, from!, to!, last.first, last.end));
  });
};

/**
 * (source, width): packs the weights of one group for the present phase, in panels of `width` features; a panel has a line
 * of these features for every tap. Features that fill up the last panel are zero.
 */
export const packFunction = (
  module: WasmModule,
  { scalar, item }: Lanes,
  state: State,
): FunctionReference<readonly ["i32", "i32"], "none"> =>
  module.func("packWeights", { params: ["i32", "i32"] }, (f, source, width) => {
    const { axes, channels, features, rhsChannel, weights, taps } = state;
    const line = f.hold(mul(width, item));
    const panelBytes = f.hold(mul(taps, line));
    f.memoryFill(add(weights, mul(div(features, width), panelBytes)), 0, select(rem(features, width), panelBytes, 0));
    const feature = f.local("i32");
    f.for(feature, 0, features, 1, () => {
      const panel = add(weights, mul(div(feature, width), panelBytes));
      const target = f.hold(add(panel, mul(rem(feature, width), item)));
      const first = axes.reduce(
        (sum, axis) => add(sum, mul(mul(axis.firstTap, axis.rhsStride), item)),
        source as Expression<"i32">,
      );
      const levels = [
        { count: channels, steps: [rhsChannel] },
        ...axes.map((axis) => ({ count: axis.taps, steps: [mul(mul(axis.tapStep, axis.rhsStride), item)] })),
      ];
      const packFrom = (from: Expression<"i32">): void => {
        f.store(target, scalar.load(from));
        f.set(target, add(target, line));
      };
      const end = f.hold(add(source, mul(channels, rhsChannel)));
      f.if(
        i32.eq(mul(taps, item), sub(end, source)),
        () => {
          const from = f.hold(source);
          f.while(i32.lt_u(from, end), () => {
            packFrom(from);
            f.set(from, add(from, item));
          });
        },
        () => nest(f, [first], levels, ([from]) => packFrom(from!)),
      );
      f.set(source, end);
    });
  });

/** (address, bytes): whether there is no NaN and no infinity: x - x is 0 for all others. */
export const isFiniteFunction = (
  module: WasmModule,
  { item, vector, splat }: Lanes,
): FunctionReference<readonly ["i32", "i32"], "i32"> =>
  module.func("isFinite", { params: ["i32", "i32"], result: "i32" }, (f, source, bytes) => {
    const end = f.hold(add(source, bytes));
    const vectorEnd = f.hold(add(source, i32.and(bytes, -16)));
    const found = f.local("v128");
    const x = f.local("v128");
    const look = (): void => {
      const difference = vector.sub(x, x);
      f.set(found, v128.or(found, vector.ne(difference, difference)));
    };
    f.while(i32.lt_u(source, vectorEnd), () => {
      f.set(x, v128.load(source));
      look();
      f.set(source, add(source, 16));
    });
    f.while(i32.lt_u(source, end), () => {
      f.set(x, splat(source));
      look();
      f.set(source, add(source, item));
    });
    return i32.eqz(v128.any_true(found));
  });
