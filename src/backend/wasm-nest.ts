/**
 * Nests as WebAssembly. Where rounds are independent, lanes take the loop whose elements lie closest in memory, its last
 * rounds one by one; loops and runs inside it then work for every lane's own result. A run over neighbours takes them as lanes.
 */
import type { Expression, FunctionBuilder, Local } from "../../kernels/assembler/index.ts";
import { callCount, encode, encodeBinary, loadAs, mostCalls, wasmType } from "./wasm-expression.ts";
import type { Callees, Variable } from "./wasm-expression.ts";
import type { BufferPlan } from "../compile/buffer-plan.ts";
import type { Loop, Nest, Statement } from "../compile/kernel-ir.ts";
import { outerLocals, writeLanes } from "./wasm-lanes.ts";
import type { Front, Writing } from "./wasm-lanes.ts";
import { takesLanes, widestLanes } from "./wasm-choice.ts";
import { pointersOf } from "./wasm-pointers.ts";
import { numberSums, writeRun } from "./wasm-run.ts";
import type { RunMode } from "./wasm-run.ts";
import { runsAcross, writeRunAcross } from "./wasm-run-across.ts";
import { tilingOf, writeTiled } from "./wasm-tile.ts";
import { lanesOf } from "./wasm-lane-count.ts";

/** Writes one nest as the body of a function of the frame's base. */
export const writeNest = (
  f: FunctionBuilder<"none">,
  base: Local<"i32">,
  nest: Nest,
  plan: BufferPlan,
  callees: Callees,
): void => {
  const numbers: Variable[] = nest.locals.map((dtype) => f.local(wasmType(dtype)));
  const pointers = pointersOf(f, base, nest, plan);
  const { addressOf } = pointers;
  const isShort = callCount(nest.body) <= 2 * mostCalls;
  const writing: Writing = { f, nest, pointers, callees, numbers, isShort };

  const writeOne = (statement: Statement): void => {
    switch (statement.kind) {
      case "load":
        return f.set(numbers[statement.local]!, loadAs(statement.access.dtype, ...addressOf(statement.access)));
      case "store": {
        const [pointer, offset] = addressOf(statement.access);
        const encoded = encode(statement.value, numbers, callees);
        if (statement.access.dtype === "bool") return f.store8(pointer, encoded as Expression<"i32">, offset);
        return f.store(pointer, encoded, offset);
      }
      case "set":
        return f.set(numbers[statement.local]!, encode(statement.value, numbers, callees));
      case "run":
        return runsAcross(statement) ? writeRunAcross(writing, statement) : writeRun(f, pointers, statement, oneByOne);
      case "loop": {
        const tiling = tilingOf(statement);
        if (tiling !== null) return writeTiled(writing, tiling, write);
        return takesLanes(statement) ? writeOnLanes(statement) : writeLoop(statement);
      }
    }
  };
  const write = (body: readonly Statement[]): void => body.forEach(writeOne);

  const writeLoop = (loop: Loop, from = 0): void =>
    pointers.moving(loop, (advance) => {
      if (from > 0) advance(from);
      f.for(f.local("i32"), from, loop.extent, 1, () => {
        write(loop.body);
        advance(1);
      });
    });

  const oneByOne: RunMode = {
    ...numberSums(f, (index) => numbers[index]! as Local<"f64">),
    element: write,
    value: (expression) => [encode(expression, numbers, callees)],
    fold: ({ combine, value, total }) =>
      f.set(numbers[total]!, encodeBinary(combine, numbers[total]!, encode(value, numbers, callees), value.dtype)),
  };

  /** Rounds of the loop, as many at once as there are lanes. */
  const writeRounds = (body: readonly Statement[], front: Front, count: number, advance: (rounds: number) => void) => {
    const outer = outerLocals(writing, body, [], front.lanes);
    f.for(f.local("i32"), 0, count, 1, () => {
      writeLanes(writing, body, front, new Map(outer));
      advance(front.lanes);
    });
  };

  const writeOnLanes = (loop: Loop): void => {
    const { extent, body, counter } = loop;
    let done = 0;
    pointers.moving(loop, (advance) => {
      for (const lanes of new Set([widestLanes(loop), lanesOf(body)])) {
        const count = Math.floor((extent - done) / lanes);
        if (count === 0) continue;
        // The first of them take nearly all rounds.
        writeRounds(body, { counter, lanes, present: lanes, isShort: done === 0 }, count, advance);
        done += count * lanes;
      }
    });
    if (done < extent) writeLoop(loop, done);
  };

  write(nest.body);
};
