/**
 * Running quantities of lines that are rows: several lines at once, a block of a few elements at a time, so that the sums
 * of one line do not wait for each other alone. Where lines run out, a line is computed more than once, with equal results.
 */
import { i32, select } from "../assembler/index.ts";
import type { FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import type { Running } from "./cumulative-steps.ts";
import { type Integers, type Vector, integers } from "./lanes.ts";
import type { LineLanes } from "./lines.ts";

const { add, sub, mul } = i32;

/** Lines that go on side by side, to hide the time that an addition takes. */
export const wideLines = 8;

export interface RowsForm {
  readonly lanes: LineLanes;
  readonly running: Running;
  readonly isReversed: boolean;
}

/** (lines, distance, length, source, second, out): at most as many lines as fit; byte addresses of first elements. */
type Group = FunctionReference<Integers<6>, "none">;

/** `vectors` vectors of lines from their first to their last element. */
function group(module: WasmModule, { lanes, running, isReversed }: RowsForm, vectors: number): Group {
  const { item, count, steps } = lanes;
  const step = isReversed ? -item : item;
  return module.func(
    `lines${vectors * count}`,
    { params: integers(6) },
    (f, lines, distance, length, source, second, out) => {
      const last = f.hold(sub(lines, 1));
      const pointers = Array.from({ length: vectors * count }, (_, k) =>
        f.hold(add(source, mul(distance, select(i32.lt_s(last, k), last, k)))),
      );
      const toOut = f.hold(sub(out, source));
      const toSecond = f.hold(sub(second, source));
      const states = Array.from({ length: vectors }, () =>
        Array.from({ length: running.states }, () => f.local("v128")),
      );
      /** Body for the operands' and the result's addresses of every vector of lines, `shift` bytes from their pointers. */
      const each = (
        body: (operands: Local<"i32">[][], targets: Local<"i32">[], states: readonly Local<"v128">[]) => void,
        shift: number,
      ): void =>
        states.forEach((state, v) => {
          const own = pointers.slice(v * count, (v + 1) * count);
          const at = shift === 0 ? own : own.map((pointer) => f.hold(add(pointer, shift)));
          const moved = (by: Local<"i32">): Local<"i32">[] => at.map((pointer) => f.hold(add(pointer, by)));
          body(running.operands === 1 ? [at] : [at, moved(toSecond)], moved(toOut), state);
        });
      const advance = (elements: number): void => {
        pointers.forEach((pointer) => f.set(pointer, add(pointer, elements * step)));
        f.set(length, sub(length, elements));
      };
      const single = (take: Running["next"]): void => {
        each((operands, targets, state) => lanes.scatter(f, targets, take(f, operands.map(lanes.gather), state)), 0);
        advance(1);
      };
      const block = (): void => {
        each(
          (operands, targets, state) => {
            const inputs = operands.map((addresses) => lanes.loadBlock(f, addresses));
            const results = new Array<Vector>(steps);
            for (let k = 0; k < steps; k += 1) {
              const place = isReversed ? steps - 1 - k : k;
              results[place] = f.hold(
                running.next(
                  f,
                  inputs.map((vector) => vector[place]!),
                  state,
                ),
              );
            }
            lanes.storeBlock(f, targets, results);
          },
          isReversed ? item - 16 : 0,
        );
        advance(steps);
      };
      single(running.begin);
      whileAtLeast(f, length, steps, block);
      whileAtLeast(f, length, 1, () => single(running.next));
    },
  );
}

const whileAtLeast = (f: Statements, left: Local<"i32">, least: number, body: () => void): void =>
  f.if(i32.ge_s(left, least), () =>
    f.loop((again) => {
      body();
      f.brIf(again, i32.ge_s(left, least));
    }),
  );

/** Exports run(lines, distance, length, source, second, out): all lines, `distance` bytes apart. */
export function exportRows(module: WasmModule, form: RowsForm): void {
  const { count } = form.lanes;
  const [wide, narrow] = [group(module, form, wideLines / count), group(module, form, 1)];
  module.func("run", { params: integers(6), export: true }, (f, lines, distance, length, source, second, out) => {
    const sweep = (reference: Group, lineCount: number): void => {
      f.call(reference, lines, distance, length, source, second, out);
      for (const pointer of [source, second, out]) f.set(pointer, add(pointer, mul(distance, lineCount)));
      f.set(lines, sub(lines, lineCount));
    };
    whileAtLeast(f, lines, wideLines, () => sweep(wide, wideLines));
    whileAtLeast(f, lines, 1, () => sweep(narrow, count));
  });
}
