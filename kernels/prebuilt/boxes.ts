/**
 * Boxes of arrays: dynamicSlice and dynamicUpdateSlice as WebAssembly, equal with copyStrided (kernels/gather.ts).
 * Axes through which both sides step without a gap are one; what is left of the last is a run of neighbours. There is
 * a small module for each number of axes and way of moving the runs.
 */
import { i32, select } from "../assembler/index.ts";
import type { Expression, FunctionBuilder, Local, WasmModule } from "../assembler/index.ts";
import { type Shape, rowMajorStrides } from "../numeric-array.ts";
import { integers } from "./lanes.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { type IndexType, isIndexType } from "./places.ts";
import { type Piece, copyWhole, isElementType, itemBytes, moveOf, pieceOf } from "./runs.ts";
import { smallModule } from "./small-module.ts";

const { add, mul } = i32;

/** An axis of a box: how often, and by how many bytes the pointers move each time, once what is inside has moved them. */
interface Axis {
  readonly length: number;
  readonly sourceStep: number;
  readonly targetStep: number;
}

/** A box of runs of `run` bytes. */
interface Box {
  readonly axes: readonly Axis[];
  readonly run: number;
}

/** The box of `sizes` elements in contiguous arrays of two shapes. */
function boxOf(sizes: Shape, source: Shape, target: Shape, item: number): Box {
  if (sizes.includes(0)) return { axes: [], run: 0 };
  const [sourceStrides, targetStrides] = [rowMajorStrides(source), rowMajorStrides(target)];
  const axes: { length: number; sourceStride: number; targetStride: number }[] = [];
  let run = item;
  for (let axis = sizes.length - 1; axis >= 0; axis -= 1) {
    const length = sizes[axis]!;
    if (length === 1) continue;
    const [sourceStride, targetStride] = [sourceStrides[axis]! * item, targetStrides[axis]! * item];
    const inner = axes[0];
    if (inner === undefined && sourceStride === run && targetStride === run) run *= length;
    else if (
      inner !== undefined &&
      sourceStride === inner.length * inner.sourceStride &&
      targetStride === inner.length * inner.targetStride
    )
      inner.length *= length;
    else axes.unshift({ length, sourceStride, targetStride });
  }
  const moved = axes.map(({ length, sourceStride, targetStride }, k) => {
    const inner = axes[k + 1] ?? { length: 0, sourceStride: 0, targetStride: 0 };
    return {
      length,
      sourceStep: sourceStride - inner.length * inner.sourceStride,
      targetStep: targetStride - inner.length * inner.targetStride,
    };
  });
  return { axes: moved, run };
}

/** An axis along which the box may lie at several places: the greatest start, and bytes from one place to the next. */
interface SlidingAxis {
  readonly axis: number;
  readonly greatest: number;
  readonly stride: number;
}

const slidingAxes = (extents: Shape, sizes: Shape, item: number): readonly SlidingAxis[] => {
  const strides = rowMajorStrides(extents);
  return extents.flatMap((extent, axis) =>
    sizes[axis]! < extent ? [{ axis, greatest: extent - sizes[axis]!, stride: strides[axis]! * item }] : [],
  );
};

/** The start nearest to the one asked for at which the box lies inside. */
const clamped = (
  f: FunctionBuilder<"none">,
  start: Local<"i32">,
  greatest: Local<"i32">,
  type: IndexType,
): Expression<"i32"> => {
  const most = f.hold(select(i32.gt_u(start, greatest), greatest, start));
  return type === "uint32" ? most : select(i32.lt_s(start, 0), i32.const(0), most);
};

interface Form {
  readonly isUpdate: boolean;
  readonly sliding: number;
  readonly starts: IndexType;
  readonly rank: number;
  readonly piece: Piece;
}

/**
 * Exports run(source, target, run, [whole, bytes], [start, greatest, stride]*, [length, sourceStep, targetStep]*): the box slides in the
 * source of a slice, and in the target of an update, which is `bytes` bytes copied from `whole` before.
 */
function exportBox(module: WasmModule, { isUpdate, sliding, starts, rank, piece }: Form): void {
  const move = moveOf(module, piece);
  const count = 3 + (isUpdate ? 2 : 0) + 3 * (sliding + rank);
  module.func("run", { params: integers(count), export: true }, (f, ...parameters) => {
    const [source, target, run, ...others] = parameters as readonly Local<"i32">[] as [
      Local<"i32">,
      Local<"i32">,
      Local<"i32">,
      ...Local<"i32">[],
    ];
    if (isUpdate) copyWhole(f, target, others.shift()!, others.shift()!);
    const slides = isUpdate ? target : source;
    for (let k = 0; k < sliding; k += 1) {
      const [place, greatest, stride] = others.splice(0, 3) as [Local<"i32">, Local<"i32">, Local<"i32">];
      const start = f.hold(i32.load(place));
      f.set(slides, add(slides, mul(clamped(f, start, greatest, starts), stride)));
    }
    const along = (axis: number): void => {
      if (axis === rank) return move(f, target, source, run);
      const [length, sourceStep, targetStep] = others.slice(3 * axis) as [Local<"i32">, Local<"i32">, Local<"i32">];
      f.for(f.local("i32"), 0, length, 1, () => {
        along(axis + 1);
        f.set(source, add(source, sourceStep));
        f.set(target, add(target, targetStep));
      });
    };
    along(0);
  });
}

const boxModule = (form: Form): PrebuiltModule => {
  const { isUpdate, sliding, starts, rank, piece } = form;
  const name = isUpdate ? "dynamicUpdateSlice" : "dynamicSlice";
  return smallModule(`${name} ${piece} rank ${rank} at ${sliding} ${starts}`, (module) => exportBox(module, form));
};

/** Most axes of which a box may consist. */
const mostAxes = 16;

interface Operand {
  readonly shape: Shape;
  readonly dtype: string;
}

/**
 * How to read the box of `sizes` that begins at `starts`, or nearest to it.
 * @param starts  dtype of the vector of starts, the second operand
 * @returns       null for a dtype unknown, or more axes than the kernel has
 */
export function planDynamicSlice(
  { shape, dtype }: Operand,
  starts: string,
  sizes: Shape,
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  return planBox({ shape, dtype }, starts, sizes, false);
}

/**
 * How to write an update to the box that begins at `starts` of a copy of an operand; operands: that, the update, the starts.
 * @param sizes    shape of the update
 * @returns        null for a dtype unknown, or more axes than the kernel has
 */
export function planDynamicUpdateSlice(
  { shape, dtype }: Operand,
  starts: string,
  sizes: Shape,
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  return planBox({ shape, dtype }, starts, sizes, true);
}

function planBox(
  { shape, dtype }: Operand,
  starts: string,
  sizes: Shape,
  isUpdate: boolean,
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  if (!isElementType(dtype) || !isIndexType(starts) || shape.length > mostAxes) return null;
  const item = itemBytes[dtype];
  const { axes, run } = isUpdate ? boxOf(sizes, sizes, shape, item) : boxOf(sizes, shape, sizes, item);
  const sliding = run === 0 ? [] : slidingAxes(shape, sizes, item);
  // An update of all that there is leaves nothing of the operand.
  const bytes = run > 0 && sliding.length === 0 ? 0 : item * shape.reduce((product, extent) => product * extent, 1);
  const lengths = axes.flatMap(({ length, sourceStep, targetStep }) => [length, sourceStep, targetStep]);
  return {
    module: boxModule({ isUpdate, sliding: sliding.length, starts, rank: axes.length, piece: pieceOf(run) }),
    call: {
      function: "run",
      scratchBytes: 0,
      overwrites: isUpdate,
      args: ({ operands, results: [out] }) => {
        const first = operands.at(-1)!;
        const slides = sliding.flatMap(({ axis, greatest, stride }) => [first + 4 * axis, greatest, stride]);
        return isUpdate
          ? [operands[1]!, out!, run, operands[0]!, bytes, ...slides, ...lengths]
          : [operands[0]!, out!, run, ...slides, ...lengths];
      },
    },
  };
}
