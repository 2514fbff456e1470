/**
 * Statements on all lanes: neighbouring rounds of one loop at a time, each in its lane. Loops inside go round for all lanes
 * together; runs inside reduce for every lane its own result.
 */
import { call, f32x4, f64x2, i32, v128 } from "../../kernels/assembler/index.ts";
import type { Address, Expression, FunctionBuilder, Local } from "../../kernels/assembler/index.ts";
import { isFloat } from "../array/dtype.ts";
import type { DType } from "../array/dtype.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import { localsRead, localsSet, statementsIn, strideAlong, valuesOf } from "../compile/kernel-ir.ts";
import type { Access, Nest, Run, Statement, Term } from "../compile/kernel-ir.ts";
import { loadAs } from "./wasm-expression.ts";
import type { Callees, Variable } from "./wasm-expression.ts";
import { loadLanes, splatLanes, storeLanes } from "./wasm-lane-memory.ts";
import type { LaneElements } from "./wasm-lane-memory.ts";
import type { Ahead, Pointers } from "./wasm-pointers.ts";
import { laneSums, writeRun } from "./wasm-run.ts";
import type { Fold, RunMode } from "./wasm-run.ts";
import { widthOf } from "./wasm-lane-count.ts";
import { encodeBinary, encodeConstant, encodeLanes, ofWidth, zeros } from "./wasm-vector.ts";
import type { LaneValue, Vector, VectorScope } from "./wasm-vector.ts";

type Load = Extract<Statement, { readonly kind: "load" }>;

/** What the writers of one nest share. */
export interface Writing {
  readonly f: FunctionBuilder<"none">;
  readonly nest: Nest;
  readonly pointers: Pointers;
  readonly callees: Callees;
  /** Locals as numbers. */
  readonly numbers: readonly Variable[];
  /** Whether elementary functions may be written out. */
  readonly isShort: boolean;
}

/** A value in variables. */
interface LaneLocal extends LaneValue {
  readonly vectors: readonly Local<"v128">[];
}

/** Locals of the nest in all lanes, as far as they are known. */
export type LaneLocals = Map<number, LaneLocal>;

/** Which rounds the lanes take: of the loop over `counter`, from where the pointers are on, or from some rounds ahead. */
export interface Front {
  readonly counter: number;
  readonly lanes: number;
  /** How many of the lanes stand for rounds that there are. */
  readonly present: number;
  readonly ahead?: Ahead;
  /** Whether elementary functions may be written out; else they are called. Default: where all lanes are present. */
  readonly isShort?: boolean;
  /** Vectors of loads that have been made before. */
  readonly loaded?: ReadonlyMap<Statement, Vector>;
}

/** Locals that the statements read, those their runs add to included. */
const readIn = (body: readonly Statement[]): number[] =>
  statementsIn(body).flatMap((statement) => [
    ...valuesOf(statement).flatMap(localsRead),
    ...(statement.kind === "run" ? statement.terms.map(({ total }) => total) : []),
  ]);

/** The locals that the statements and values read and do not set, in all lanes. */
export const outerLocals = (
  { f, nest, numbers }: Writing,
  body: readonly Statement[],
  values: readonly ScalarExpression[],
  lanes: number,
): LaneLocals => {
  const assigned = localsSet(body);
  const outer = [...new Set([...readIn(body), ...values.flatMap(localsRead)])].filter((local) => !assigned.has(local));
  return new Map(
    outer.map((local) => {
      const { vectors, width } = splatLanes(nest.locals[local]!, numbers[local]!, lanes);
      // All vectors are the same.
      return [local, { vectors: new Array<Local<"v128">>(vectors.length).fill(f.hold(vectors[0]!)), width }];
    }),
  );
};

/** Where expressions find their locals. */
export const scopeOf = (
  { f, callees, isShort }: Writing,
  front: Pick<Front, "lanes" | "present" | "isShort">,
  locals: LaneLocals,
): VectorScope => ({
  lanes: front.lanes,
  host: callees.host,
  elementary: (name, dtype) => {
    const known = callees.elementary(name, dtype);
    if (known === undefined) return undefined;
    return isShort && (front.isShort ?? front.present === front.lanes)
      ? (args) => callees.inline(f, name, dtype, args)
      : (args) => call(known, ...args);
  },
  local: (index) => locals.get(index)!,
  hold: (vector) => f.hold(vector),
});

/** Sets a local of all lanes; later rounds set the same variables. */
const keep = ({ f }: Writing, locals: LaneLocals, local: number, value: LaneValue, lanes: number): void => {
  const known = locals.get(local);
  if (known === undefined)
    locals.set(local, { vectors: value.vectors.map((vector) => f.hold(vector)), width: value.width });
  else {
    const vectors = ofWidth(value, known.width, lanes);
    known.vectors.forEach((variable, k) => f.set(variable, vectors[k]!));
  }
};

const elementsOf = ({ pointers }: Writing, access: Access, front: Front): LaneElements => ({
  dtype: access.dtype,
  stride: strideAlong(access, front.counter),
  lanes: front.lanes,
  present: front.present,
  address: (k): Address => {
    const [pointer, offset] = pointers.addressOf(access, [...(front.ahead ?? []), [front.counter, k]]);
    return { pointer, offset };
  },
});

const loadValue = (w: Writing, statement: Load, front: Front): LaneValue => {
  const { access } = statement;
  const known = front.loaded?.get(statement);
  if (known !== undefined) return { vectors: [known], width: widthOf(access.dtype) };
  if (strideAlong(access, front.counter) !== 0) return loadLanes(elementsOf(w, access, front));
  return splatLanes(access.dtype, loadAs(access.dtype, ...w.pointers.addressOf(access, front.ahead)), front.lanes);
};

/** Statements for the rounds of the front. */
export const writeLanes = (w: Writing, body: readonly Statement[], front: Front, locals: LaneLocals): void => {
  const { f, pointers } = w;
  const { lanes } = front;
  const scope = scopeOf(w, front, locals);
  for (const statement of body)
    switch (statement.kind) {
      case "load":
        keep(w, locals, statement.local, loadValue(w, statement, front), lanes);
        break;
      case "set":
        keep(w, locals, statement.local, encodeLanes(statement.value, scope), lanes);
        break;
      case "store":
        storeLanes(f, elementsOf(w, statement.access, front), encodeLanes(statement.value, scope));
        break;
      case "loop":
        pointers.moving(statement, (advance) =>
          f.for(f.local("i32"), 0, statement.extent, 1, () => {
            writeLanes(w, statement.body, front, locals);
            advance(1);
          }),
        );
        break;
      case "run":
        writeRunOnLanes(w, statement, front, locals);
    }
};

// --- Extrema of floats ------------------------------------------------------------------------

/** Extrema of floats: NaN and the sign of zero need care. */
export const isExtremum = (term: Term): term is Fold =>
  (term.combine === "max" || term.combine === "min") && isFloat(term.value.dtype);

/** Four times faster than max and min, but careless of NaN and of the sign of zero. */
export const quickExtremum = ({ combine, value }: Term, x: Vector, y: Vector): Vector => {
  const instructions = value.dtype === "float64" ? f64x2 : f32x4;
  return combine === "max" ? instructions.pmax(x, y) : instructions.pmin(x, y);
};

export const isNaN = (x: Vector, dtype: DType): Vector => {
  const instructions = dtype === "float64" ? f64x2 : f32x4;
  return instructions.ne(x, x);
};

const isZero = (x: Vector, dtype: DType): Vector =>
  (dtype === "float64" ? f64x2 : f32x4).eq(x, encodeConstant(0, dtype));

/** The run without its stores, for these terms alone. */
export const onceMore = (run: Run, terms: readonly Term[]): Run => ({
  ...run,
  body: run.body.filter(({ kind }) => kind !== "store"),
  terms,
});

/** Extrema are found by the quick instructions, and once more with care where there is a NaN or one of them is a zero. */
const writeRunOnLanes = (w: Writing, run: Run, front: Front, locals: LaneLocals): void => {
  const { f, pointers } = w;
  const { lanes } = front;
  const scope = scopeOf(w, front, locals);
  const extrema = run.terms.filter(isExtremum);
  const unordered = new Map(extrema.map(({ total, value }) => [total, f.hold(encodeConstant(0, value.dtype))]));
  const mode = (isCareful: boolean): RunMode => ({
    ...laneSums(f, lanes, (index) => locals.get(index)!.vectors),
    element: (inner) => writeLanes(w, inner, front, locals),
    value: (expression) => encodeLanes(expression, scope).vectors,
    fold: (term) => {
      const { combine, value, total } = term;
      const known = locals.get(total)!;
      const flags = isCareful ? undefined : unordered.get(total);
      ofWidth(encodeLanes(value, scope), known.width, lanes).forEach((x, k) => {
        const variable = known.vectors[k]!;
        if (flags === undefined) return f.set(variable, encodeBinary(combine, variable, x, value.dtype));
        const held = f.hold(x);
        f.set(variable, quickExtremum(term, variable, held));
        f.set(flags, v128.or(flags, isNaN(held, value.dtype)));
      });
    },
  });
  writeRun(f, pointers, run, mode(false));
  if (extrema.length === 0) return;
  const doubtful = extrema.flatMap(({ total, value }) => [
    unordered.get(total)!,
    ...locals.get(total)!.vectors.map((vector) => isZero(vector, value.dtype)),
  ]);
  f.if(v128.any_true(doubtful.reduce<Vector>((x, y) => v128.or(x, y), zeros)), () =>
    writeRun(f, pointers, onceMore(run, extrema), mode(true)),
  );
};

/** Whether any lane of the mask is set, of several masks. */
export const anyTrue = (masks: readonly Vector[]): Expression<"i32"> =>
  masks.map((mask) => v128.any_true(mask)).reduce((x, y) => i32.or(x, y));
