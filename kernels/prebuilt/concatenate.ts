/**
 * Arrays joined along an axis as WebAssembly, equal with `concatenate` (kernels/gather.ts): the result is written from front to
 * end, in turn a run of every part. There is a small module for each number of parts and way of moving the runs.
 */
import { i32 } from "../assembler/index.ts";
import type { Local, WasmModule } from "../assembler/index.ts";
import { type Shape, elementCount } from "../numeric-array.ts";
import { integers } from "./lanes.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { type Piece, isElementType, itemBytes, moveOf, pieceOf } from "./runs.ts";
import { smallModule } from "./small-module.ts";

const { add } = i32;

/** Exports run(rounds, target, [source, bytes of a run]*). */
function exportJoin(module: WasmModule, parts: number, piece: Piece): void {
  const move = moveOf(module, piece);
  module.func("run", { params: integers(2 + 2 * parts), export: true }, (f, ...parameters) => {
    const [rounds, target, ...others] = parameters as unknown as readonly [
      Local<"i32">,
      Local<"i32">,
      ...Local<"i32">[],
    ];
    f.for(f.local("i32"), 0, rounds, 1, () => {
      for (let k = 0; k < parts; k += 1) {
        const [source, run] = others.slice(2 * k) as [Local<"i32">, Local<"i32">];
        move(f, target, source, run);
        f.set(source, add(source, run));
        f.set(target, add(target, run));
      }
    });
  });
}

/** Most parts: engines take a thousand parameters. */
const mostParts = 480;

/**
 * How to join arrays of equal sizes but for those along the axis.
 * @returns  null for a dtype unknown, or more parts than the kernel has
 */
export function planConcatenate(
  dtype: string,
  shapes: readonly Shape[],
  axis: number,
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  if (!isElementType(dtype) || shapes.length > mostParts) return null;
  const rounds = elementCount(shapes[0]!.slice(0, axis));
  const runs = shapes.map((shape) => elementCount(shape.slice(axis)) * itemBytes[dtype]);
  const piece = runs.every((run) => run === runs[0]) ? pieceOf(runs[0]!) : "run";
  return {
    module: smallModule(`concatenate ${shapes.length} by ${piece}`, (module) =>
      exportJoin(module, shapes.length, piece),
    ),
    call: {
      function: "run",
      scratchBytes: 0,
      args: ({ operands, results: [out] }) => [rounds, out!, ...runs.flatMap((run, k) => [operands[k]!, run])],
    },
  };
}
