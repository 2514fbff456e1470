/**
 * Loops with transposed operands: stores go along the innermost axis, some loads along another. Both axes are then cut into
 * tiles, so that the lines of memory that a tile touches stay in the cache until all their elements are used.
 */
import { v128 } from "../../kernels/assembler/index.ts";
import { doubles, singles } from "../../kernels/prebuilt/lanes.ts";
import { localsRead, strideAlong } from "../compile/kernel-ir.ts";
import type { Loop, Statement } from "../compile/kernel-ir.ts";
import { hasIndependentRounds } from "../compile/parts.ts";
import { canTakeLanes } from "./wasm-choice.ts";
import { callCount, mostCalls } from "./wasm-expression.ts";
import { outerLocals, writeLanes } from "./wasm-lanes.ts";
import type { Front, LaneLocals, Writing } from "./wasm-lanes.ts";
import { lanesOf, widthOf } from "./wasm-lane-count.ts";
import type { Vector } from "./wasm-vector.ts";

/** Loops inside each other that may go round in any order. */
interface Tiling {
  /** Loops around the tiles. */
  readonly around: readonly Loop[];
  /** The axis of the transposed loads. */
  readonly across: Loop;
  /** The axis of the stores; its body is what all is about. */
  readonly along: Loop;
  /** Loads and sets that stand outside the innermost loop. */
  readonly outside: readonly Statement[];
}

/** The loops inside each other, each of which holds nothing else but loads and sets before the next one. */
const chainOf = (loop: Loop): readonly Loop[] | null => {
  const chain = [loop];
  for (;;) {
    const { body } = chain.at(-1)!;
    const inner = body.at(-1);
    const isSimple = body.slice(0, -1).every(({ kind }) => kind === "load" || kind === "set");
    if (inner?.kind === "loop") {
      if (!isSimple) return null;
      chain.push(inner);
    } else return body.every(({ kind }) => kind === "load" || kind === "set" || kind === "store") ? chain : null;
  }
};

/** How the loop and those inside it are best tiled; null where that does not pay, or rounds depend on each other. */
export const tilingOf = (loop: Loop): Tiling | null => {
  const tiling = anyTilingOf(loop);
  return tiling !== null && isWorthTiling(tiling) ? tiling : null;
};

/** The tiling along the axis of the first load that is transposed. */
const anyTilingOf = (loop: Loop): Tiling | null => {
  const chain = chainOf(loop);
  const along = chain?.at(-1);
  if (chain === null || along === undefined || chain.length === 1 || !canTakeLanes(along)) return null;
  if (!chain.every((loop) => hasIndependentRounds(loop))) return null;
  const outer = chain.slice(0, -1);
  for (const statement of along.body) {
    if (statement.kind === "store" && strideAlong(statement.access, along.counter) !== 1) return null;
    if (statement.kind !== "load") continue;
    const stride = (one: Loop): number => Math.abs(strideAlong(statement.access, one.counter));
    const closer = outer.filter((one) => stride(one) > 0 && stride(one) < stride(along));
    if (closer.length === 0) continue;
    const across = closer.reduce((best, one) => (stride(one) < stride(best) ? one : best));
    return {
      across,
      along,
      around: outer.filter((one) => one !== across),
      outside: outer.flatMap(({ body }) => body.slice(0, -1)),
    };
  }
  return null;
};

/** For every statement outside, how many of the loops, in their new order, it has to stand in. */
const levelsOf = (outside: readonly Statement[], order: readonly number[]): readonly number[] => {
  const known = new Map<number, number>();
  return outside.map((statement) => {
    let level = 0;
    if (statement.kind === "load")
      for (const { counter } of statement.access.strides) level = Math.max(level, order.indexOf(counter) + 1);
    if (statement.kind === "set")
      for (const local of localsRead(statement.value)) level = Math.max(level, known.get(local) ?? 0);
    if (statement.kind === "load" || statement.kind === "set") known.set(statement.local, level);
    return level;
  });
};

/** Statements of a body that is written out for eight rows, a line of memory of float64; longer ones for fewer. */
const shortBody = 6;
/** Longer bodies cost more than badly used lines of memory. */
const longestBody = 40;

/** Rows of a tile: as many as there are lanes at least, so that what is transposed can be turned in registers. */
const rowsFor = (body: readonly Statement[], lanes: number): number =>
  callCount(body) > 0 ? lanes : body.length <= shortBody ? 8 : 4;

/** What stands outside the innermost loop is done again in every tile. */
const isWorthTiling = ({ along, outside }: Tiling): boolean =>
  along.body.length + outside.length <= longestBody && callCount(outside) === 0;

/** @param one  writes statements for a single round of all loops */
export const writeTiled = (w: Writing, tiling: Tiling, one: (body: readonly Statement[]) => void): void => {
  const { f, pointers } = w;
  const { around, across, along, outside } = tiling;
  const lanes = lanesOf(along.body);
  const whole = along.extent - (along.extent % lanes);
  const order = [...around, across].map(({ counter }) => counter);
  const levels = levelsOf(outside, order);
  const at = (level: number): Statement[] => outside.filter((_, k) => levels[k] === level);
  const body = [...at(order.length), ...along.body];
  const down = { counter: across.counter, body };
  const right = { counter: along.counter, body };
  const rows = rowsFor(body, lanes);
  const isShort = callCount(body) * rows <= mostCalls;

  /** All lanes of some rows; transposed loads take all lanes of a column instead, and are turned. */
  const writeBlock = (count: number, outer: LaneLocals): void => {
    const columns = count === 1 ? [] : body.filter((statement) => isTurned(statement, tiling, lanes));
    for (let first = 0; first < count; first += lanes) {
      const turned = columns.map((statement) => [statement, turnedRows(w, tiling, statement, lanes, first)] as const);
      for (let row = first; row < Math.min(count, first + lanes); row++) {
        const loaded = new Map(turned.map(([statement, vectors]) => [statement, vectors[row - first]!]));
        const ahead = [[across.counter, row]] as const;
        const front: Front = {
          counter: along.counter,
          lanes,
          present: lanes,
          ahead,
          loaded,
          isShort: isShort && count > 1,
        };
        writeLanes(w, body, front, new Map(outer));
      }
    }
  };
  const writeBlocks = (): void =>
    pointers.moving(down, (lower) => {
      const outer = outerLocals(w, body, [], lanes);
      const full = Math.floor(across.extent / rows);
      for (const [count, rounds] of [
        [rows, full],
        [1, across.extent - full * rows],
      ] as const) {
        if (rounds === 0) continue;
        f.for(f.local("i32"), 0, rounds, 1, () => {
          pointers.moving(right, (further) =>
            f.for(f.local("i32"), 0, whole, lanes, () => {
              writeBlock(count, outer);
              further(lanes);
            }),
          );
          lower(count);
        });
      }
    });
  const writeRest = (): void =>
    pointers.moving(down, (lower) =>
      f.for(f.local("i32"), 0, across.extent, 1, () => {
        pointers.moving(right, (further) => {
          further(whole);
          f.for(f.local("i32"), whole, along.extent, 1, () => {
            one(body);
            further(1);
          });
        });
        lower(1);
      }),
    );
  const writeLevel = (level: number): void => {
    one(at(level));
    const loop = around[level];
    if (loop === undefined) {
      if (whole > 0) writeBlocks();
      if (whole < along.extent) writeRest();
      return;
    }
    pointers.moving(loop, (advance) =>
      f.for(f.local("i32"), 0, loop.extent, 1, () => {
        writeLevel(level + 1);
        advance(1);
      }),
    );
  };
  writeLevel(0);
};

/** Whether lanes can take a column of what the statement loads. */
const isTurned = (statement: Statement, { across, along }: Tiling, lanes: number): boolean =>
  statement.kind === "load" &&
  statement.access.dtype !== "bool" &&
  (lanes * widthOf(statement.access.dtype)) / 128 === 1 &&
  strideAlong(statement.access, across.counter) === 1 &&
  Math.abs(strideAlong(statement.access, along.counter)) > 1;

/** As many rows as there are lanes, from row `first` on, of what the statement loads. */
const turnedRows = (
  { f, pointers }: Writing,
  { across, along }: Tiling,
  statement: Statement,
  lanes: number,
  first: number,
): readonly Vector[] => {
  const { access } = statement as Extract<Statement, { readonly kind: "load" }>;
  const columns = Array.from({ length: lanes }, (_, column) => {
    const [pointer, offset] = pointers.addressOf(access, [
      [across.counter, first],
      [along.counter, column],
    ]);
    return f.hold(v128.load(pointer, offset));
  });
  return (lanes === 2 ? doubles : singles).transpose(f, columns);
};
