/**
 * Nests as WebAssembly. A loop whose rounds are independent runs on all lanes of a vector, its last rounds one by one;
 * loops and runs inside it then work for every lane's own result. A run over neighbours takes them as lanes.
 */
import { f32x4, f64x2, i32, i32x4 } from "../../kernels/assembler/index.ts";
import type { Expression, FunctionBuilder, Local } from "../../kernels/assembler/index.ts";
import { compareExpression, constantExpression } from "../ir/lowering.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import type { BufferPlan } from "../compile/buffer-plan.ts";
import { accessesOf, localsRead, statementsIn, valuesOf } from "../compile/kernel-ir.ts";
import type { Nest, Run, Statement, Term } from "../compile/kernel-ir.ts";
import { encode, encodeBinary as combineNumbers, loadAs, wasmType } from "./wasm-expression.ts";
import type { Callees, Variable } from "./wasm-expression.ts";
import { pointersOf, strideAlong } from "./wasm-pointers.ts";
import { laneSums, numberSums, runsAcross, writeRun, writeRunAcross } from "./wasm-run.ts";
import type { AcrossMode, Fold, RunMode } from "./wasm-run.ts";
import {
  bytesOfBools,
  encodeBinary as combineLanes,
  encodeConstant,
  encodeLanes,
  isVectorizable,
  lanesOf,
  loadLanes,
  ofWidth,
  splatLanes,
} from "./wasm-vector.ts";
import type { Lanes, LaneValue, VectorScope } from "./wasm-vector.ts";

type Builder = FunctionBuilder<"none">;
type Loop = Extract<Statement, { readonly kind: "loop" }>;
/** A vector in a local variable. */
interface LaneLocal extends LaneValue {
  readonly vector: Local<"v128">;
}

/** Locals that the statements set or that their runs add to. */
const assignedIn = (body: readonly Statement[]): Set<number> => {
  const assigned = new Set<number>();
  for (const statement of statementsIn(body)) {
    if (statement.kind === "load" || statement.kind === "set") assigned.add(statement.local);
    if (statement.kind === "run")
      for (const term of statement.terms) {
        assigned.add(term.total);
        if (term.combine === "sum" && term.correction !== null) assigned.add(term.correction);
      }
  }
  return assigned;
};

/** Locals that the statements read, those their runs add to included. */
const readIn = (body: readonly Statement[]): Set<number> =>
  new Set(
    statementsIn(body).flatMap((statement) => [
      ...valuesOf(statement).flatMap(localsRead),
      ...(statement.kind === "run" ? statement.terms.map(({ total }) => total) : []),
    ]),
  );

/** Whether no value goes from round to round: every local that is set is set before it is read. */
const hasIndependentRounds = (body: readonly Statement[]): boolean => {
  const assigned = assignedIn(body);
  const known = new Set<number>();
  for (const statement of statementsIn(body)) {
    const read = valuesOf(statement).flatMap(localsRead);
    if (statement.kind === "run") read.push(...statement.terms.map(({ total }) => total));
    // The body of a run stands before its terms; it is looked at after the run itself.
    const later = statement.kind === "run" ? assignedIn(statement.body) : known;
    if (read.some((local) => assigned.has(local) && !known.has(local) && !later.has(local))) return false;
    if (statement.kind === "load" || statement.kind === "set") known.add(statement.local);
  }
  return true;
};

/** Whether lanes can take the rounds of a loop. */
const runsOnLanes = ({ counter, extent, body }: Loop): boolean =>
  extent >= lanesOf(body) &&
  statementsIn(body).every((statement) => {
    if (statement.kind === "store") return strideAlong(statement.access, counter) === 1;
    // Sums of bools wrap at a byte, which masks cannot.
    const isBoolSum = ({ combine, value }: Term): boolean => combine === "add" && value.dtype === "bool";
    return statement.kind !== "run" || !(runsAcross(statement) || statement.terms.some(isBoolSum));
  }) &&
  accessesOf(body).every((access) => [0, 1].includes(strideAlong(access, counter))) &&
  statementsIn(body).flatMap(valuesOf).every(isVectorizable) &&
  hasIndependentRounds(body);

/** Writes one nest as the body of a function of the frame's base. */
export const writeNest = (f: Builder, base: Local<"i32">, nest: Nest, plan: BufferPlan, callees: Callees): void => {
  const locals: Variable[] = nest.locals.map((dtype) => f.local(wasmType(dtype)));
  const pointers = pointersOf(f, base, nest, plan);
  const { addressOf } = pointers;

  // --- One by one -----------------------------------------------------------------------------

  const writeOne = (statement: Statement): void => {
    switch (statement.kind) {
      case "load":
        return f.set(locals[statement.local]!, loadAs(statement.access.dtype, ...addressOf(statement.access)));
      case "store": {
        const [pointer, offset] = addressOf(statement.access);
        const encoded = encode(statement.value, locals, callees);
        if (statement.access.dtype === "bool") return f.store8(pointer, encoded as Expression<"i32">, offset);
        return f.store(pointer, encoded, offset);
      }
      case "set":
        return f.set(locals[statement.local]!, encode(statement.value, locals, callees));
      case "run":
        return runsAcross(statement)
          ? writeRunAcross(f, pointers, statement, across)
          : writeRun(f, pointers, statement, numbers);
      case "loop":
        return runsOnLanes(statement) ? writeOnLanes(statement) : writeLoop(statement, write);
    }
  };
  const write = (body: readonly Statement[]): void => body.forEach(writeOne);

  const writeLoop = (loop: Loop, inside: (body: readonly Statement[]) => void, from = 0): void =>
    pointers.moving(loop, (advance) => {
      if (from > 0) advance(from);
      f.for(f.local("i32"), from, loop.extent, 1, () => {
        inside(loop.body);
        advance(1);
      });
    });

  const foldNumber = ({ combine, value, total }: Fold, x: Expression<"i32" | "f32" | "f64">): void =>
    f.set(locals[total]!, combineNumbers(combine, locals[total]!, x, value.dtype));

  const numbers: RunMode = {
    ...numberSums(f, (index) => locals[index]! as Local<"f64">),
    element: (body) => write(body),
    value: (expression) => encode(expression, locals, callees),
    fold: (term) => foldNumber(term, encode(term.value, locals, callees)),
  };

  // --- On all lanes ---------------------------------------------------------------------------

  /** The locals that the statements read and do not set, in all lanes. */
  const splatOuter = (body: readonly Statement[], values: readonly ScalarExpression[]): Map<number, LaneLocal> => {
    const assigned = assignedIn(body);
    const read = new Set([...readIn(body), ...values.flatMap(localsRead)]);
    return new Map(
      [...read]
        .filter((local) => !assigned.has(local))
        .map((local) => {
          const { vector, width } = splatLanes(nest.locals[local]!, locals[local]!);
          return [local, { vector: f.hold(vector), width }];
        }),
    );
  };

  const scopeOf = (lanes: Lanes, values: ReadonlyMap<number, LaneLocal>): VectorScope => ({
    ...callees,
    lanes,
    local: (index) => values.get(index)!,
    hold: (vector) => f.hold(vector),
  });

  /** Sets a local of all lanes; later rounds set the same variable. */
  const keep = (values: Map<number, LaneLocal>, local: number, value: LaneValue): void => {
    const known = values.get(local);
    if (known === undefined) values.set(local, { vector: f.hold(value.vector), width: value.width });
    else f.set(known.vector, ofWidth(value, known.width));
  };

  const storeLanes = ({ access, value }: Extract<Statement, { readonly kind: "store" }>, scope: VectorScope): void => {
    const [pointer, offset] = addressOf(access);
    const encoded = encodeLanes(value, scope);
    const { lanes } = scope;
    if (access.dtype === "bool")
      f.storeLane(lanes === 4 ? 32 : 16, i32.add(pointer, i32.const(offset)), bytesOfBools(encoded), 0);
    else if (lanes === 2 && access.dtype !== "float64")
      f.storeLane(64, i32.add(pointer, i32.const(offset)), encoded.vector, 0);
    else f.store(pointer, encoded.vector, offset);
  };

  /** Statements for as many rounds of the loop over `counter` as there are lanes. */
  const writeLanes = (
    body: readonly Statement[],
    counter: number,
    lanes: Lanes,
    values: Map<number, LaneLocal>,
    ahead: number,
  ): void => {
    const scope = scopeOf(lanes, values);
    for (const statement of body)
      switch (statement.kind) {
        case "load": {
          const { access, local } = statement;
          const address = addressOf(access, counter, ahead);
          const isShared = strideAlong(access, counter) === 0;
          const { dtype } = access;
          keep(
            values,
            local,
            isShared ? splatLanes(dtype, loadAs(dtype, ...address)) : loadLanes(dtype, ...address, lanes),
          );
          break;
        }
        case "set":
          keep(values, statement.local, encodeLanes(statement.value, scope));
          break;
        case "store":
          storeLanes(statement, scope);
          break;
        case "loop":
          writeLoop(statement, (inner) => writeLanes(inner, counter, lanes, values, ahead));
          break;
        case "run":
          writeRun(f, pointers, statement, {
            ...laneSums(f, (index) => values.get(index)!.vector),
            element: (inner) => writeLanes(inner, counter, lanes, values, ahead),
            value: (expression) => encodeLanes(expression, scope).vector,
            fold: ({ combine, value, total }) => {
              const known = values.get(total)!;
              const x = ofWidth(encodeLanes(value, scope), known.width);
              f.set(known.vector, combineLanes(combine, known.vector, x, value.dtype));
            },
          });
      }
  };

  const writeOnLanes = (loop: Loop): void => {
    const { counter, extent, body } = loop;
    const lanes = lanesOf(body);
    const whole = extent - (extent % lanes);
    const outer = splatOuter(body, []);
    pointers.moving(loop, (advance) =>
      f.for(f.local("i32"), 0, whole, lanes, () => {
        writeLanes(body, counter, lanes, new Map(outer), 0);
        advance(lanes);
      }),
    );
    if (whole < extent) writeLoop(loop, write, whole);
  };

  // --- Along a run ----------------------------------------------------------------------------

  const lanesOfNumbers = (
    dtype: string,
    vector: Expression<"v128">,
    lanes: number,
  ): Expression<"i32" | "f32" | "f64">[] =>
    Array.from({ length: lanes }, (_, lane) =>
      dtype === "float64"
        ? f64x2.extract_lane(vector, lane)
        : dtype === "float32"
          ? f32x4.extract_lane(vector, lane)
          : i32x4.extract_lane(vector, lane),
    );
  const outerOfRuns = new Map<Run, Map<number, LaneLocal>>();
  const across: AcrossMode = {
    ...numberSums(f, (index) => locals[index]! as Local<"f64">),
    before: (run) => {
      outerOfRuns.set(
        run,
        splatOuter(
          run.body,
          run.terms.map(({ value }) => value),
        ),
      );
    },
    elements: (run, ahead) => {
      const { counter, body, terms } = run;
      const lanes = lanesOf(
        body,
        terms.map(({ value }) => value),
      );
      const values = new Map(outerOfRuns.get(run)!);
      writeLanes(body, counter, lanes, values, ahead);
      const scope = scopeOf(lanes, values);
      return terms.map(({ value }) => encodeLanes(value, scope));
    },
    combine: (name, dtype, x, y) => combineLanes(name, x, y, dtype),
    constant: encodeConstant,
    isZero: ({ total, value }) =>
      encode(
        compareExpression("eq", { op: "local", index: total, dtype: value.dtype }, constantExpression(0, value.dtype)),
        locals,
        callees,
      ) as Expression<"i32">,
    again: (run) => writeRun(f, pointers, run, numbers),
    foldLanes: (term, vector, lanes) => {
      for (const x of lanesOfNumbers(term.value.dtype, vector, lanes)) foldNumber(term, x);
    },
  };

  write(nest.body);
};
