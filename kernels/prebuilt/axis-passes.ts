/**
 * Folds along up to three axes as WebAssembly: a row of results along one axis goes to scratch, from where it is folded along
 * the next, so that only operands and results move through memory. Results are written from end to end.
 * Where the last axis is contiguous, as many lines as a vector has lanes are folded at once, interleaved.
 */
import { i32, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Global, Local, Statements, WasmModule } from "../assembler/index.ts";
import { least } from "./convolution-state.ts";
import { type Combination, type FoldRows, entryBytes, foldRows, foldVectors } from "./fold-rows.ts";
import type { Lanes } from "./lanes.ts";

const { add, and, mul, sub } = i32;

/** Axes that a call can fold along. */
export const passCount = 3;

/**
 * Numbers of one pass; sizes in bytes, addresses of tables and scratch. `slabs` arrays of `input` rows of `inner` bytes become
 * each `results` rows; `group` results are made before the next pass goes on with them.
 */
export const passNames = ["slabs", "input", "results", "inner", "group", "table", "step", "scratch"] as const;
/** Numbers of all passes; `passes` of them count, the last ones. `lines` is where interleaved lines are kept. */
export const wholePassNames = ["source", "target", "passes", "isContiguous", "lines"] as const;

type Named<Name extends string> = Readonly<Record<Name, Global<"i32">>>;
export type Pass = Named<(typeof passNames)[number]>;
export type PassState = Named<(typeof wholePassNames)[number]> & { readonly axes: readonly Pass[] };

export const registers = <Name extends string>(module: WasmModule, names: readonly Name[]): Named<Name> =>
  Object.fromEntries(names.map((name) => [name, module.global("i32", 0)])) as Named<Name>;

export const newPassState = (module: WasmModule): PassState => ({
  ...registers(module, wholePassNames),
  axes: Array.from({ length: passCount }, () => registers(module, passNames)),
});

// --- Interleaved lines ------------------------------------------------------------------------

/** (from, to, stride, rows, count): elements of `rows` lines, `stride` bytes apart, next to each other; missing lines repeat the last. */
export type Interleave = FunctionReference<readonly ["i32", "i32", "i32", "i32", "i32"], "none">;

/** Starts of as many lines as there are lanes; those from `rows` on are the last one again. */
const lineStarts = (
  f: Statements,
  { count }: Lanes,
  first: Local<"i32">,
  stride: Local<"i32">,
  rows: Local<"i32">,
): Local<"i32">[] => {
  const starts = [first];
  for (let r = 1; r < count; r += 1) {
    const previous = starts[r - 1]!;
    starts.push(f.hold(add(previous, mul(stride, i32.gt_s(rows, r)))));
  }
  return starts;
};

export const interleaveFunction = (module: WasmModule, lanes: Lanes): Interleave =>
  module.func(
    `interleave${lanes.bits}`,
    { params: ["i32", "i32", "i32", "i32", "i32"] },
    (f, from, to, stride, rows, count) => {
      const { item, bits } = lanes;
      const starts = lineStarts(f, lanes, from, stride, rows);
      const place = f.local("i32");
      const whole = f.hold(and(mul(count, item), -16));
      f.for(place, 0, whole, 16, () => {
        const columns = lanes.transpose(
          f,
          starts.map((start) => f.hold(v128.load(add(start, place)))),
        );
        columns.forEach((column, k) => f.store(to, column, 16 * k));
        f.set(to, add(to, 16 * lanes.count));
      });
      f.for(place, whole, mul(count, item), item, () => {
        starts.forEach((start, r) => f.storeLane(bits, add(to, r * item), lanes.splat(add(start, place)), 0));
        f.set(to, add(to, 16));
      });
    },
  );

/** (to, from, stride, rows, count): the inverse of `interleave`. */
export const separateFunction = (module: WasmModule, lanes: Lanes): Interleave =>
  module.func(
    `separate${lanes.bits}`,
    { params: ["i32", "i32", "i32", "i32", "i32"] },
    (f, to, from, stride, rows, count) => {
      const { item, bits } = lanes;
      const starts = lineStarts(f, lanes, to, stride, rows);
      const place = f.local("i32");
      const whole = f.hold(and(mul(count, item), -16));
      f.for(place, 0, whole, 16, () => {
        const lines = lanes.transpose(
          f,
          starts.map((_, k) => f.hold(v128.load(from, 16 * k))),
        );
        starts.forEach((start, r) => f.store(add(start, place), lines[r]!));
        f.set(from, add(from, 16 * lanes.count));
      });
      f.for(place, whole, mul(count, item), item, () => {
        // Lines that repeat get what the last has: all of their lanes are equal.
        const column = f.hold(v128.load(from));
        starts.forEach((start, r) => f.storeLane(bits, add(start, place), column, r));
        f.set(from, add(from, 16));
      });
    },
  );

/** Both ways between lines and lanes. */
export type Copies = { readonly interleave: Interleave; readonly separate: Interleave };

// --- Passes -----------------------------------------------------------------------------------

/** (source, slabs): folds along an axis and all that follow. */
type PassFunction = FunctionReference<readonly ["i32", "i32"], "none">;

const loadEntry = (
  f: Statements,
  entry: Local<"i32">,
): Readonly<Record<"offset" | "count" | "weights", Local<"i32">>> => ({
  offset: f.hold(i32.load(entry)),
  count: f.hold(i32.load(entry, 4)),
  weights: f.hold(i32.load(entry, 8)),
});

/** The last pass, when rows are contiguous: several lines at once. */
const contiguousPass = (
  module: WasmModule,
  lanes: Lanes,
  combination: Combination,
  { target, lines, axes }: PassState,
  { interleave, separate }: Copies,
): PassFunction => {
  const { input, results, table, step } = axes.at(-1)!;
  return module.func(`${combination.name}Lines${lanes.bits}`, { params: ["i32", "i32"] }, (f, source, slabs) => {
    const { item, count: most } = lanes;
    const lineBytes = f.hold(mul(input, item));
    const resultBytes = f.hold(mul(results, item));
    const stepOfLines = f.hold(step);
    const out = f.hold(add(lines, mul(input, 16)));
    f.while(slabs, () => {
      const rows = f.hold(least(slabs, most));
      f.call(interleave, source, lines, lineBytes, rows, input);
      const entry = f.hold(table);
      const to = f.hold(out);
      f.for(f.local("i32"), 0, results, 1, () => {
        const { offset, count, weights } = loadEntry(f, entry);
        const total = foldVectors(f, lanes, combination, {
          row: f.hold(add(lines, offset)),
          count,
          step: stepOfLines,
          weights,
        });
        f.store(to, total);
        f.set(to, add(to, 16));
        f.set(entry, add(entry, entryBytes));
      });
      f.call(separate, target, out, resultBytes, rows, results);
      f.set(source, add(source, mul(rows, lineBytes)));
      f.set(target, add(target, mul(rows, resultBytes)));
      f.set(slabs, sub(slabs, rows));
    });
  });
};

/** The last pass, row by row. */
const lastPass = (
  module: WasmModule,
  { bits }: Lanes,
  name: string,
  { target, axes }: PassState,
  fold: FoldRows,
): PassFunction => {
  const { input, results, inner, table, step } = axes.at(-1)!;
  return module.func(`${name}Last${bits}`, { params: ["i32", "i32"] }, (f, source, slabs) => {
    const to = f.hold(target);
    f.for(f.local("i32"), 0, slabs, 1, () => {
      const entry = f.hold(table);
      f.for(f.local("i32"), 0, results, 1, () => {
        const { offset, count, weights } = loadEntry(f, entry);
        f.call(fold, to, add(source, offset), inner, count, step, weights);
        f.set(to, add(to, inner));
        f.set(entry, add(entry, entryBytes));
      });
      f.set(source, add(source, mul(input, inner)));
    });
    f.set(target, to);
  });
};

/** A pass before others: a group of rows goes to scratch, then the next pass folds those. */
const earlierPass = (
  module: WasmModule,
  { bits }: Lanes,
  name: string,
  [pass, following]: readonly [Pass, Pass],
  fold: FoldRows,
  next: readonly { readonly when: Expression<"i32">; readonly call: PassFunction }[],
): PassFunction => {
  const { input, results, inner, group, table, step, scratch } = pass;
  return module.func(`${name}${bits}`, { params: ["i32", "i32"] }, (f, source, slabs) => {
    f.for(f.local("i32"), 0, slabs, 1, () => {
      const entry = f.hold(table);
      const left = f.hold(results);
      f.while(left, () => {
        const made = f.hold(least(left, group));
        const to = f.hold(scratch);
        f.for(f.local("i32"), 0, made, 1, () => {
          const { offset, count, weights } = loadEntry(f, entry);
          f.call(fold, to, add(source, offset), inner, count, step, weights);
          f.set(to, add(to, inner));
          f.set(entry, add(entry, entryBytes));
        });
        for (const { when, call } of next) f.if(when, () => f.call(call, scratch, mul(made, following.slabs)));
        f.set(left, sub(left, made));
      });
      f.set(source, add(source, mul(input, inner)));
    });
  });
};

/** All passes of a combination, from `source` to `target`. */
export const passesFunction = (
  module: WasmModule,
  lanes: Lanes,
  combination: Combination,
  state: PassState,
  copies: Copies,
): FunctionReference<readonly [], "none"> => {
  const { source, passes, isContiguous, axes } = state;
  const fold = foldRows(module, lanes, combination);
  const last = [
    { when: isContiguous as Expression<"i32">, call: contiguousPass(module, lanes, combination, state, copies) },
    { when: i32.eqz(isContiguous), call: lastPass(module, lanes, combination.name, state, fold) },
  ];
  const [first, middle, end] = axes as readonly [Pass, Pass, Pass];
  const inMiddle = earlierPass(module, lanes, `${combination.name}Middle`, [middle, end], fold, last);
  const next = [{ when: i32.const(1), call: inMiddle }];
  const inFirst = earlierPass(module, lanes, `${combination.name}First`, [first, middle], fold, next);
  return module.func(`${combination.name}Passes${lanes.bits}`, { params: [] }, (f) => {
    f.if(i32.eq(passes, 3), () => f.call(inFirst, source, first.slabs));
    f.if(i32.eq(passes, 2), () => f.call(inMiddle, source, middle.slabs));
    f.if(i32.eq(passes, 1), () => {
      for (const { when, call } of last) f.if(when, () => f.call(call, source, end.slabs));
    });
  });
};
