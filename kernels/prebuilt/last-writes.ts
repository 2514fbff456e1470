/**
 * lastWrites as WebAssembly, equal with kernels/indexing.ts: tuples are visited from the last to the first, and one whose place is
 * taken, or out of range, becomes -1. Scratch holds a byte for every place.
 */
import { i32 } from "../assembler/index.ts";
import type { Local, WasmModule } from "../assembler/index.ts";
import type { IndexGeometry, OutOfRange } from "../indexing.ts";
import { elementCount } from "../numeric-array.ts";
import { integers } from "./lanes.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { type IndexForm, isIndexType, mostDepth, nameOf, rowAt } from "./places.ts";
import { smallModule } from "./small-module.ts";

const { add, sub } = i32;

/** Exports run(batch, rows, indices, out, taken, places, extent*); the addresses are those of the last element of the batch. */
function exportLastWrites(module: WasmModule, form: IndexForm): void {
  const { depth } = form;
  module.func("run", { params: integers(6 + depth), export: true }, (f, ...parameters) => {
    const [batch, rows, indices, out, taken, places, ...extents] = parameters as readonly Local<"i32">[] as readonly [
      ...SixLocals,
      ...Local<"i32">[],
    ];
    f.for(f.local("i32"), 0, batch, 1, () => {
      f.memoryFill(taken, 0, places);
      f.for(f.local("i32"), 0, rows, 1, () => {
        f.set(indices, sub(indices, 4 * depth));
        f.set(out, sub(out, 4 * depth));
        for (let k = 0; k < depth; k += 1) f.store(out, i32.const(-1), 4 * k);
        f.block((missing) => {
          const { row, indices: kept } = rowAt(f, form, indices, extents, missing);
          const place = f.hold(add(taken, row));
          f.brIf(missing, i32.load8_u(place));
          f.store8(place, i32.const(1));
          kept.forEach((index, k) => f.store(out, index, 4 * k));
        });
      });
    });
  });
}

type L = Local<"i32">;
type SixLocals = [L, L, L, L, L, L];

/**
 * How to find the writes that last.
 * @param type  dtype of the tuples, the only operand
 * @returns     null for a dtype unknown, or more indices in a tuple than the kernel takes
 */
export function planLastWrites(
  type: string,
  { batch, extents, rows }: IndexGeometry,
  outOfRange: OutOfRange,
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  if (!isIndexType(type) || extents.length > mostDepth) return null;
  const form: IndexForm = { depth: extents.length, type, outOfRange };
  const places = elementCount(extents);
  const bytes = batch * rows * 4 * form.depth;
  return {
    module: smallModule(`lastWrites ${nameOf(form)}`, (module) => exportLastWrites(module, form)),
    call: {
      function: "run",
      scratchBytes: places,
      args: ({ operands: [indices], results: [out], scratch }) => [
        batch,
        rows,
        indices! + bytes,
        out! + bytes,
        scratch,
        places,
        ...extents,
      ],
    },
  };
}
