/**
 * Running quantities of lines that stand side by side: what is carried is kept in scratch for a tile of columns, and a few
 * rows at a time pass by, so that memory is read as it lies, however many columns there are.
 */
import { i32, v128 } from "../assembler/index.ts";
import type { FunctionReference, Local, WasmModule } from "../assembler/index.ts";
import type { Running } from "./cumulative-steps.ts";
import { type Integers, integers } from "./lanes.ts";
import { type LineLanes, columnTile, tilePlaces } from "./lines.ts";
import { atMost } from "./matmul-blocking.ts";

const { add, sub, mul } = i32;

/** Rows that pass together. */
const rowsTogether = 4;

interface ColumnsForm {
  readonly lanes: LineLanes;
  readonly running: Running;
}

/** (columns, distance, source, second, out, carried): `distance` bytes from row to row, of either sign. */
type Pass = FunctionReference<Integers<6>, "none">;

/** Takes `rows` rows of a tile. */
function pass(module: WasmModule, { lanes, running }: ColumnsForm, rows: number, isFirst: boolean): Pass {
  const { item, count } = lanes;
  const take = isFirst ? running.begin : running.next;
  return module.func(`pass${rows}`, { params: integers(6) }, (f, columns, distance, source, second, out, carried) => {
    const toOut = f.hold(sub(out, source));
    const toSecond = f.hold(sub(second, source));
    const pointers: Local<"i32">[] = [source];
    for (let r = 1; r < rows; r += 1) pointers.push(f.hold(add(pointers[r - 1]!, distance)));
    const states = Array.from({ length: running.states }, () => f.local("v128"));
    const over = ({ load, store }: Pick<LineLanes, "load" | "store">, end: Local<"i32">, width: number): void =>
      f.for(f.local("i32"), 0, end, width, () => {
        if (!isFirst) states.forEach((state, k) => f.set(state, v128.load(carried, 16 * k)));
        for (const pointer of pointers) {
          const elements = [load(pointer)];
          if (running.operands === 2) elements.push(load(add(pointer, toSecond)));
          store(f, add(pointer, toOut), take(f, elements, states));
          f.set(pointer, add(pointer, width * item));
        }
        states.forEach((state, k) => f.store(carried, state, 16 * k));
        f.set(carried, add(carried, 16 * running.states));
      });
    const rest = f.hold(i32.rem_u(columns, count));
    over(lanes, f.hold(sub(columns, rest)), count);
    over({ load: lanes.loadOne, store: lanes.storeOne }, rest, 1);
  });
}

/** (columns, length, distance, source, second, out, carried): all rows of a tile. */
function tile(module: WasmModule, form: ColumnsForm): FunctionReference<Integers<7>, "none"> {
  const first = pass(module, form, 1, true);
  const several = pass(module, form, rowsTogether, false);
  const one = pass(module, form, 1, false);
  return module.func("tile", { params: integers(7) }, (f, columns, length, distance, source, second, out, carried) => {
    const sweep = (reference: Pass, rows: number): void => {
      f.call(reference, columns, distance, source, second, out, carried);
      for (const pointer of [source, second, out]) f.set(pointer, add(pointer, mul(distance, rows)));
      f.set(length, sub(length, rows));
    };
    sweep(first, 1);
    f.while(i32.ge_s(length, rowsTogether), () => sweep(several, rowsTogether));
    f.while(i32.ge_s(length, 1), () => sweep(one, 1));
  });
}

/** Bytes of scratch for blocks of so many columns. */
export const carriedBytes = (lanes: LineLanes, states: number, columns: number): number =>
  16 * states * tilePlaces(columns, lanes.count);

/**
 * Exports run(outer, block, columns, length, distance, source, second, out, carried): blocks that lie `block` bytes
 * apart; byte addresses of first rows.
 */
export function exportColumns(module: WasmModule, form: ColumnsForm): void {
  const { item } = form.lanes;
  const sweepTile = tile(module, form);
  module.func(
    "run",
    { params: integers(9), export: true },
    (f, outer, block, columns, length, distance, source, second, out, carried) => {
      const [k, left] = [f.local("i32"), f.local("i32")];
      f.for(k, 0, outer, 1, () => {
        f.for(left, 0, columns, columnTile, () => {
          const [x, y, z] = [source, second, out].map((pointer) => add(pointer, mul(left, item)));
          f.call(sweepTile, atMost(sub(columns, left), columnTile), length, distance, x!, y!, z!, carried);
        });
        for (const pointer of [source, second, out]) f.set(pointer, add(pointer, block));
      });
    },
  );
}
