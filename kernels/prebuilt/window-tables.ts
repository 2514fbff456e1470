/**
 * Tables of windows as WebAssembly: per result along an axis where its first tap lies and how many there are, as `tapsAlong`
 * (kernels/windows.ts) says.
 */
import { i32, select } from "../assembler/index.ts";
import type { FunctionReference, Global, WasmModule } from "../assembler/index.ts";
import { least, most } from "./convolution-state.ts";
import { entryBytes } from "./fold-rows.ts";

const { add, sub, mul, div_s: div, rem_s: rem } = i32;

/** Numbers of one axis: those of its windows, and the distance of its elements in bytes. */
export const windowNames = ["window", "stride", "low", "baseDilation", "windowDilation", "tapStep", "unit"] as const;

export type WindowAxis = Readonly<Record<(typeof windowNames)[number] | "input" | "results" | "table", Global<"i32">>>;

/** Writes the table of an axis. */
export const windowTable = (module: WasmModule, axis: WindowAxis): FunctionReference<readonly [], "none"> =>
  module.func("writeTable", { params: [] }, (f) => {
    const { window, stride, low, baseDilation, windowDilation, tapStep, unit, input, results, table } = axis;
    const entry = f.hold(table);
    const result = f.local("i32");
    f.for(result, 0, results, 1, () => {
      const start = f.hold(sub(mul(result, stride), low));
      const tap = f.hold(most(div(sub(sub(windowDilation, 1), start), windowDilation), 0));
      const position = f.hold(add(start, mul(tap, windowDilation)));
      f.while(i32.and(i32.lt_s(tap, window), i32.ne(rem(position, baseDilation), 0)), () => {
        f.set(tap, add(tap, 1));
        f.set(position, add(position, windowDilation));
      });
      const span = f.hold(sub(mul(sub(input, 1), baseDilation), start));
      const last = least(select(i32.lt_s(span, 0), i32.const(-1), div(span, windowDilation)), sub(window, 1));
      const count = f.hold(most(add(div(sub(add(last, tapStep), tap), tapStep), 0), 0));
      f.set(count, select(i32.lt_s(last, tap), i32.const(0), count));
      f.store(entry, select(count, mul(div(position, baseDilation), unit), i32.const(0)));
      f.store(entry, count, 4);
      f.set(entry, add(entry, entryBytes));
    });
  });
