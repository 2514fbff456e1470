/**
 * One line in order: records are distributed by digits of their keys, the lowest first (radix sort), from one place to
 * another and back; digits that are equal in all keys are passed over. Short lines are sorted by insertion. Both are stable.
 * Source: Knuth, The Art of Computer Programming 3, 5.2.5 (distribution) and 5.2.1 (insertion).
 */
import { call, i32 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { type Integers, doubles, integers, singles } from "./lanes.ts";
import type { Keys, Records } from "./sort-records.ts";

const { add, sub, mul } = i32;

/** Values of a digit, and bytes of its table: a count, later an address, for every value. */
const digitBits = 8;
const digitMask = 2 ** digitBits - 1;
const tableBytes = 4 * (digitMask + 1);

/** Bytes of the tables of all digits. */
export const tablesBytes = ({ bits }: Records): number => (bits / digitBits) * tableBytes;

/** Lines up to this length are sorted by insertion. */
const shortest = 64;

export interface LineForm {
  readonly keys: Keys;
  readonly records: Records;
  /** Whether the result is the indices rather than the elements. */
  readonly isOrder: boolean;
}

const repeat = (f: Statements, count: Local<"i32">, body: (round: Local<"i32">) => void): void => {
  const round = f.local("i32");
  f.for(round, 0, count, 1, () => body(round));
};

const advance = (f: Statements, pointer: Local<"i32">, bytes: Local<"i32"> | number): void =>
  f.set(pointer, add(pointer, bytes));

/** Address of the entry of a digit. */
const entryOf = (table: Expression<"i32">, digit: Expression<"i32">): Expression<"i32"> =>
  add(table, i32.shl(digit, 2));

/** (count, source, stride, flip, records, tables): writes records and counts digits; 1 if there is a -0 to be put in place. */
type MakeRecords = FunctionReference<Integers<6>, "i32">;

function makeRecords(module: WasmModule, { keys, records, isOrder }: LineForm, isCounted: boolean): MakeRecords {
  const { isNegativeZero } = keys;
  return module.func(
    "make",
    { params: integers(6), result: "i32" },
    (f, count, source, stride, flip, target, tables) => {
      const found = f.local("i32");
      repeat(f, count, (round) => {
        const key = f.hold(keys.load(f, source, flip));
        const record = f.hold(records.make(key, round));
        f.store(target, record);
        if (isCounted)
          for (let shift = 0; shift < records.bits; shift += digitBits) {
            const table = add(tables, (shift / digitBits) * tableBytes);
            const entry = f.hold(entryOf(table, records.digit(record, i32.const(shift), digitMask)));
            f.store(entry, add(i32.load(entry), 1));
          }
        if (isNegativeZero !== null && !isOrder) f.set(found, i32.or(found, isNegativeZero(source)));
        advance(f, source, stride);
        advance(f, target, records.bytes);
      });
      return found;
    },
  );
}

/** (count, records): in order, each record moved before those that it must precede. */
function insertion(module: WasmModule, { load, bytes, isBehind }: Records): FunctionReference<Integers<2>, "none"> {
  return module.func("insert", { params: integers(2) }, (f, count, start) => {
    const end = f.hold(add(start, mul(count, bytes)));
    const next = f.hold(add(start, bytes));
    f.while(i32.lt_u(next, end), () => {
      const record = f.hold(load(next));
      const place = f.hold(next);
      f.while(i32.gt_u(place, start), (exit) => {
        const before = f.hold(load(sub(place, bytes)));
        f.brIf(exit, i32.eqz(isBehind(before, record)));
        f.store(place, before);
        f.set(place, sub(place, bytes));
      });
      f.store(place, record);
      advance(f, next, bytes);
    });
  });
}

/** (count, from, to, shift, table): records by one digit; the table of its counts becomes one of addresses. */
function distribute(module: WasmModule, { load, bytes, digit }: Records): FunctionReference<Integers<5>, "none"> {
  return module.func("distribute", { params: integers(5) }, (f, count, from, to, shift, table) => {
    const place = f.hold(to);
    const value = f.local("i32");
    f.for(value, 0, tableBytes, 4, () => {
      const entry = f.hold(add(table, value));
      const bytesThere = f.hold(mul(i32.load(entry), bytes));
      f.store(entry, place);
      advance(f, place, bytesThere);
    });
    repeat(f, count, () => {
      const record = f.hold(load(from));
      const entry = f.hold(entryOf(table, digit(record, shift, digitMask)));
      const target = f.hold(i32.load(entry));
      f.store(target, record);
      f.store(entry, add(target, bytes));
      advance(f, from, bytes);
    });
  });
}

/** (count, records, out, stride, flip): the elements, or their indices. */
function writeResult(module: WasmModule, { keys, records, isOrder }: LineForm): FunctionReference<Integers<5>, "none"> {
  return module.func("write", { params: integers(5) }, (f, count, from, out, stride, flip) =>
    repeat(f, count, () => {
      if (isOrder) f.store(out, records.index(from));
      else keys.store(f, out, records.key(from), flip);
      advance(f, from, records.bytes);
      advance(f, out, stride);
    }),
  );
}

/** (count, source, out, stride): zeros of the result, which stand together, get the signs that they have in the source. */
function placeZeros(module: WasmModule, { bits }: Keys): FunctionReference<Integers<4>, "none"> {
  const { load, eq } = (bits === 64 ? doubles : singles).scalar;
  return module.func("zeros", { params: integers(4) }, (f, count, source, out, stride) => {
    f.while(i32.eqz(eq(load(out), 0)), () => advance(f, out, stride));
    repeat(f, count, () => {
      const x = f.hold(load(source));
      f.if(eq(x, 0), () => {
        f.store(out, x);
        advance(f, out, stride);
      });
      advance(f, source, stride);
    });
  });
}

/** (count, source, stride, out, outStride, flip, first, second, tables): strides in bytes, places for records. */
export type SortLine = FunctionReference<Integers<9>, "none">;

export function sortLine(module: WasmModule, form: LineForm): SortLine {
  const { keys, records, isOrder } = form;
  const [plain, counted] = [makeRecords(module, form, false), makeRecords(module, form, true)];
  const insert = insertion(module, records);
  const distributeBy = distribute(module, records);
  const write = writeResult(module, form);
  const zeros = keys.isNegativeZero === null || isOrder ? null : placeZeros(module, keys);
  const params = integers(9);
  return module.func("line", { params }, (f, count, source, stride, out, outStride, flip, first, second, tables) => {
    const [from, to] = [f.hold(first), f.hold(second)];
    const hasNegativeZero = f.local("i32");
    f.if(
      i32.le_s(count, shortest),
      () => {
        f.set(hasNegativeZero, call(plain, count, source, stride, flip, from, tables));
        f.call(insert, count, from);
      },
      () => {
        f.memoryFill(tables, 0, tablesBytes(records));
        f.set(hasNegativeZero, call(counted, count, source, stride, flip, from, tables));
        const shift = f.local("i32");
        f.for(shift, 0, records.bits, digitBits, () => {
          const table = f.hold(add(tables, mul(shift, tableBytes / digitBits)));
          const digit = records.digit(records.load(from), shift, digitMask);
          f.if(i32.ne(i32.load(entryOf(table, digit)), count), () => {
            f.call(distributeBy, count, from, to, shift, table);
            const swapped = f.hold(from);
            f.set(from, to);
            f.set(to, swapped);
          });
        });
      },
    );
    f.call(write, count, from, out, outStride, flip);
    if (zeros !== null) f.if(hasNegativeZero, () => f.call(zeros, count, source, out, stride));
  });
}
