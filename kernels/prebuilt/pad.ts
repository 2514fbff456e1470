/**
 * Padding as WebAssembly, equal with padInterior (kernels/gather.ts): the result is written from front to end, along every axis
 * what comes before, then elements with gaps between them, then what comes after. Axes without padding join the run of
 * neighbours inside them. Where single elements stand apart, a line is filled first and the elements are written over it.
 */
import { i32 } from "../assembler/index.ts";
import type { Expression, FunctionBuilder, Local, WasmModule } from "../assembler/index.ts";
import { type AxisPadding, padShape } from "../gather.ts";
import { type Shape, elementCount, rowMajorStrides } from "../numeric-array.ts";
import { type Vector, integers } from "./lanes.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import {
  type Fill,
  type Move,
  type Piece,
  fillOf,
  isElementType,
  itemBytes,
  moveOf,
  pieceOf,
  splatAt,
} from "./runs.ts";
import { smallModule } from "./small-module.ts";

const { add, mul } = i32;

/** An axis of the result. In bytes: those before the first of its parts, between two of them, and after the last. */
interface Level {
  readonly count: number;
  /** From one part to the next in the source. */
  readonly stride: number;
  readonly before: number;
  readonly gap: number;
  readonly after: number;
}

interface Layout {
  /** Where the first element that is kept lies in the source. */
  readonly start: number;
  readonly levels: readonly Level[];
  /** Bytes that stay neighbours. */
  readonly run: number;
}

/** The part of an axis that is kept: the first element, how many, and elements of the result before and after. */
const keptOf = (
  length: number,
  [low, , interior]: AxisPadding,
  outLength: number,
): { readonly first: number; readonly count: number; readonly before: number; readonly after: number } => {
  const step = interior + 1;
  const first = low < 0 ? Math.ceil(-low / step) : 0;
  const last = Math.min(length - 1, Math.floor((outLength - 1 - low) / step));
  return { first, count: last - first + 1, before: low + first * step, after: outLength - 1 - (low + last * step) };
};

/** Padding alone: an empty part after it. */
const nothingKept = (bytes: number): Layout => ({
  start: 0,
  levels: [{ count: 1, stride: 0, before: bytes, gap: 0, after: 0 }],
  run: 0,
});

/** Levels from the outermost, as few as there can be. */
function layoutOf(shape: Shape, padding: readonly AxisPadding[], item: number): Layout {
  const outShape = padShape(shape, padding);
  const [strides, blocks] = [rowMajorStrides(shape), rowMajorStrides(outShape)];
  const levels: Level[] = [];
  let [start, run] = [0, item];
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const { first, count, before, after } = keptOf(shape[axis]!, padding[axis]!, outShape[axis]!);
    if (count <= 0) return nothingKept(elementCount(outShape) * item);
    const block = blocks[axis]! * item;
    const stride = strides[axis]! * item;
    const gap = count === 1 ? 0 : padding[axis]![2] * block;
    const own = { before: before * block, gap, after: after * block };
    start += first * stride;
    const inner = levels[0];
    const isPlain = before === 0 && after === 0 && gap === 0;
    if (isPlain && count === 1) continue;
    if (inner === undefined && gap === 0 && (count === 1 || stride === run)) {
      run *= count;
      if (!isPlain) levels.unshift({ count: 1, stride: 0, ...own });
    } else if (
      inner !== undefined &&
      gap === 0 &&
      inner.before + inner.gap + inner.after === 0 &&
      (count === 1 || stride === inner.count * inner.stride)
    )
      levels[0] = { count: count * inner.count, stride: inner.stride, ...own };
    else levels.unshift({ count, stride, ...own });
  }
  return { start, levels, run };
}

interface Form {
  readonly levels: number;
  readonly item: 8 | 4 | 1;
  readonly piece: Piece;
  /** Single elements stand apart on the innermost level. */
  readonly isSpread: boolean;
}

/** What every level needs at hand. */
interface Writing {
  readonly f: FunctionBuilder<"none">;
  readonly source: Local<"i32">;
  readonly target: Local<"i32">;
  readonly run: Local<"i32">;
  readonly pattern: Vector;
  readonly fill: Fill;
  readonly move: Move;
}

type LevelLocals = Readonly<Record<"count" | "step" | "before" | "gap" | "after", Local<"i32">>>;

const levelOf = ([count, step, before, gap, after]: readonly Local<"i32">[]): LevelLocals => ({
  count: count!,
  step: step!,
  before: before!,
  gap: gap!,
  after: after!,
});

/** Fills a line and writes its elements over it. */
function writeSpread({ f, source, target, run, pattern, fill, move }: Writing, level: LevelLocals): void {
  const { count, step, before, gap, after } = level;
  const apart = f.hold(add(run, gap));
  const end = f.hold(add(add(target, before), add(mul(apart, i32.sub(count, 1)), add(run, after))));
  fill(f, target, pattern, i32.sub(end, target));
  f.set(target, add(target, before));
  f.for(f.local("i32"), 0, count, 1, () => {
    move(f, target, source, run);
    f.set(source, add(source, step));
    f.set(target, add(target, apart));
  });
  f.set(target, end);
}

/** Exports run(source, value, target, run, [count, step, before, gap, after]*). */
function exportPad(module: WasmModule, { levels, item, piece, isSpread }: Form): void {
  const move = moveOf(module, piece);
  const fill = fillOf(module, "run");
  module.func("run", { params: integers(4 + 5 * levels), export: true }, (f, ...parameters) => {
    const [source, value, target, run, ...others] = parameters as unknown as [
      Local<"i32">,
      Local<"i32">,
      Local<"i32">,
      Local<"i32">,
      ...Local<"i32">[],
    ];
    const pattern = f.hold(splatAt(item, value));
    const writing: Writing = { f, source, target, run, pattern, fill, move };
    const filled = (bytes: Expression<"i32">): void =>
      f.if(bytes, () => {
        fill(f, target, pattern, bytes);
        f.set(target, add(target, bytes));
      });
    const write = (depth: number): void => {
      if (depth === levels) {
        move(f, target, source, run);
        f.set(target, add(target, run));
        return;
      }
      const level = levelOf(others.slice(5 * depth));
      if (isSpread && depth === levels - 1) return writeSpread(writing, level);
      const ahead = f.hold(level.before);
      f.for(f.local("i32"), 0, level.count, 1, () => {
        filled(ahead);
        f.set(ahead, level.gap);
        write(depth + 1);
        f.set(source, add(source, level.step));
      });
      filled(level.after);
    };
    write(0);
  });
}

const padModule = (form: Form): PrebuiltModule =>
  smallModule(`pad ${form.item} by ${form.piece} rank ${form.levels}${form.isSpread ? " spread" : ""}`, (module) =>
    exportPad(module, form),
  );

/** Most levels that a kernel has. */
const mostLevels = 16;

/**
 * How to pad in memory, as padInterior does; operands: the array, and the scalar to pad with.
 * @returns  null for a dtype unknown, or more axes than the kernel has
 */
export function planPad(
  dtype: string,
  shape: Shape,
  padding: readonly AxisPadding[],
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  if (!isElementType(dtype) || shape.length > mostLevels) return null;
  const item = itemBytes[dtype];
  const { start, levels, run } = layoutOf(shape, padding, item);
  const piece = pieceOf(run);
  const isSpread = piece !== "run" && (levels.at(-1)?.gap ?? 0) > 0;
  // A level moves on from where the level inside it has stopped.
  const numbers = levels.flatMap(({ count, stride, before, gap, after }, k) => {
    const inner = levels[k + 1] ?? { count: 0, stride: 0 };
    return [count, stride - inner.count * inner.stride, before, gap, after];
  });
  return {
    module: padModule({ levels: levels.length, item, piece, isSpread }),
    call: {
      function: "run",
      scratchBytes: 0,
      args: ({ operands: [source, value], results: [out] }) => [source! + start, value!, out!, run, ...numbers],
    },
  };
}
