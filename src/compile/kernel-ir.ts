/**
 * Kernel IR: what fused groups turn into before a back end prints them. Plain data: a nest has counted loops,
 * strided loads and stores (affine in the loop counters), and assignments of scalar expressions to locals.
 * Counters, locals and buffers are numbers; loops run over static extents.
 */
import type { DType } from "../array/dtype.ts";
import { childrenOf } from "../ir/lowering.ts";
import type { ScalarExpression } from "../ir/lowering.ts";

/** Element `offset + sum of counter * stride` of a buffer, in elements; counters without a stride are left out. */
export interface Access {
  readonly buffer: number;
  readonly dtype: DType;
  readonly offset: number;
  readonly strides: readonly { readonly counter: number; readonly stride: number }[];
}

/** One of the values that a run reduces. */
export type Term =
  /** Float sum: `total`, a float64 local, gains every block; `correction` what that loses. Null: there is one block. */
  | {
      readonly combine: "sum";
      readonly value: ScalarExpression;
      readonly total: number;
      readonly correction: number | null;
    }
  /** `total` becomes the combination of itself and all values, in any order. */
  | { readonly combine: "add" | "max" | "min"; readonly value: ScalarExpression; readonly total: number };

/** A loop over the elements of one reduction, in the order of operations of kernels/reduction.ts. */
export interface Run {
  readonly kind: "run";
  readonly counter: number;
  readonly extent: number;
  /** Loads and sets. */
  readonly body: readonly Statement[];
  readonly terms: readonly Term[];
}

export interface Loop {
  readonly kind: "loop";
  readonly counter: number;
  readonly extent: number;
  readonly body: readonly Statement[];
}

export type Statement =
  | Loop
  | Run
  | { readonly kind: "load"; readonly local: number; readonly access: Access }
  | { readonly kind: "set"; readonly local: number; readonly value: ScalarExpression }
  | { readonly kind: "store"; readonly access: Access; readonly value: ScalarExpression };

/** One function of the compiled program. */
export interface Nest {
  readonly name: string;
  /** Type of every local. */
  readonly locals: readonly DType[];
  readonly counters: number;
  readonly body: readonly Statement[];
  /** Buffers that rounds fill anew for themselves, and how many elements: rounds that run at the same time need as many each. */
  readonly refilled?: ReadonlyMap<number, number>;
}

/** The loop of a nest that is one loop, after loads and sets; null if it is something else. */
export const onlyLoop = ({ body }: Nest): Loop | null => {
  const loop = body.at(-1);
  if (loop?.kind !== "loop") return null;
  return body.slice(0, -1).every(({ kind }) => kind === "load" || kind === "set") ? loop : null;
};

/** Elements between neighbours along the counter. */
export const strideAlong = ({ strides }: Access, counter: number): number =>
  strides.find((term) => term.counter === counter)?.stride ?? 0;

/** The statements and all that stand inside them. */
export const statementsIn = (body: readonly Statement[]): Statement[] => {
  const found: Statement[] = [];
  const pending = [...body].reverse();
  for (let statement = pending.pop(); statement !== undefined; statement = pending.pop()) {
    found.push(statement);
    if (statement.kind === "loop" || statement.kind === "run") pending.push(...[...statement.body].reverse());
  }
  return found;
};

/** The expressions of a statement, without those of statements inside. */
export const valuesOf = (statement: Statement): readonly ScalarExpression[] => {
  if (statement.kind === "set" || statement.kind === "store") return [statement.value];
  return statement.kind === "run" ? statement.terms.map(({ value }) => value) : [];
};

/** The accesses of statements and of those inside them. */
export const accessesOf = (body: readonly Statement[]): Access[] =>
  statementsIn(body).flatMap((statement) =>
    statement.kind === "load" || statement.kind === "store" ? [statement.access] : [],
  );

/** The expression and all that stand inside it. */
export const expressionsIn = (root: ScalarExpression): ScalarExpression[] => {
  const found: ScalarExpression[] = [];
  const pending = [root];
  for (let expression = pending.pop(); expression !== undefined; expression = pending.pop()) {
    found.push(expression);
    pending.push(...childrenOf(expression));
  }
  return found;
};

/** Numbers of the locals that an expression reads. */
export const localsRead = (root: ScalarExpression): number[] =>
  expressionsIn(root).flatMap((expression) => (expression.op === "local" ? [expression.index] : []));

/** Locals that the statements set. */
export const localsSet = (body: readonly Statement[]): Set<number> =>
  new Set(
    statementsIn(body).flatMap((statement) => {
      if (statement.kind === "load" || statement.kind === "set") return [statement.local];
      if (statement.kind !== "run") return [];
      return statement.terms.flatMap((term) =>
        term.combine === "sum" && term.correction !== null ? [term.total, term.correction] : [term.total],
      );
    }),
  );

/** Extents of loops and runs by counter. */
export const extentsOf = (body: readonly Statement[]): ReadonlyMap<number, number> =>
  new Map(
    statementsIn(body).flatMap((statement) =>
      statement.kind === "loop" || statement.kind === "run" ? [[statement.counter, statement.extent] as const] : [],
    ),
  );

/** The first and the last element that an access reaches while these counters stand still. */
export const spanOf = (
  { offset, strides }: Access,
  still: readonly number[],
  extents: ReadonlyMap<number, number>,
): { readonly low: number; readonly high: number } => {
  let [low, high] = [offset, offset];
  for (const { counter, stride } of strides) {
    if (still.includes(counter)) continue;
    const reach = stride * (extents.get(counter)! - 1);
    if (reach < 0) low += reach;
    else high += reach;
  }
  return { low, high };
};

// --- Changes ----------------------------------------------------------------------------------

/** The statements with others in the place of each; those inside are changed first. */
export const changed = (
  body: readonly Statement[],
  change: (statement: Statement) => readonly Statement[],
): Statement[] =>
  body.flatMap((statement) =>
    change(
      statement.kind === "loop" || statement.kind === "run"
        ? { ...statement, body: changed(statement.body, change) }
        : statement,
    ),
  );

/** New numbers of counters and locals. */
export interface Numbering {
  readonly counter: (own: number) => number;
  readonly local: (own: number) => number;
}

/** An expression of one primitive is a few levels deep, so recursion is safe. */
const renumberedValue = (value: ScalarExpression, local: Numbering["local"]): ScalarExpression => {
  const inner = (x: ScalarExpression): ScalarExpression => renumberedValue(x, local);
  switch (value.op) {
    case "local":
      return { ...value, index: local(value.index) };
    case "constant":
      return value;
    case "unary":
    case "convert":
      return { ...value, x: inner(value.x) };
    case "binary":
    case "compare":
      return { ...value, x: inner(value.x), y: inner(value.y) };
    case "select":
      return { ...value, condition: inner(value.condition), x: inner(value.x), y: inner(value.y) };
    case "call":
      return { ...value, args: value.args.map(inner) };
  }
};

/** The statements with other counters and locals. */
export const renumbered = (body: readonly Statement[], numbering: Numbering): readonly Statement[] => {
  const { counter, local } = numbering;
  const access = (own: Access): Access => ({
    ...own,
    strides: own.strides.map((term) => ({ ...term, counter: counter(term.counter) })),
  });
  const value = (own: ScalarExpression): ScalarExpression => renumberedValue(own, local);
  const renumberedTerm = (term: Term): Term => {
    const common = { value: value(term.value), total: local(term.total) };
    return term.combine === "sum"
      ? { ...term, ...common, correction: term.correction === null ? null : local(term.correction) }
      : { ...term, ...common };
  };
  return body.map((statement): Statement => {
    switch (statement.kind) {
      case "loop":
        return { ...statement, counter: counter(statement.counter), body: renumbered(statement.body, numbering) };
      case "run":
        return {
          ...statement,
          counter: counter(statement.counter),
          body: renumbered(statement.body, numbering),
          terms: statement.terms.map(renumberedTerm),
        };
      case "load":
        return { ...statement, local: local(statement.local), access: access(statement.access) };
      case "set":
        return { ...statement, local: local(statement.local), value: value(statement.value) };
      case "store":
        return { ...statement, access: access(statement.access), value: value(statement.value) };
    }
  });
};

// --- Text -------------------------------------------------------------------------------------

/** A number as text, with the sign of zero. */
export const showNumber = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

/** An expression as text; expressions of one primitive are a few levels deep. */
const showExpression = (expression: ScalarExpression): string => {
  switch (expression.op) {
    case "local":
      return `v${expression.index}`;
    case "constant":
      return showNumber(expression.value);
    case "unary":
      return `${expression.name}(${showExpression(expression.x)})`;
    case "binary":
    case "compare":
      return `${expression.name}(${showExpression(expression.x)}, ${showExpression(expression.y)})`;
    case "select":
      return `select(${showExpression(expression.condition)}, ${showExpression(expression.x)}, ${showExpression(expression.y)})`;
    case "convert":
      return `${expression.dtype}(${showExpression(expression.x)})`;
    case "call":
      return `${expression.function}(${expression.args.map(showExpression).join(", ")})`;
  }
};

const showAccess = ({ buffer, offset, strides }: Access): string => {
  const terms = strides.map(({ counter, stride }) => (stride === 1 ? `i${counter}` : `${stride}*i${counter}`));
  return `b${buffer}[${[...(offset === 0 && terms.length > 0 ? [] : [offset]), ...terms].join(" + ")}]`;
};

const showStatement = (statement: Statement, indent: string): string => {
  switch (statement.kind) {
    case "loop": {
      const { counter, extent, body } = statement;
      return `${indent}for i${counter} < ${extent}\n${showBody(body, `${indent}  `)}`;
    }
    case "run": {
      const { counter, extent, body, terms } = statement;
      const lines = terms.map(
        ({ combine, value, total }) => `${indent}  v${total} = ${combine}(v${total}, ${showExpression(value)})\n`,
      );
      return `${indent}run i${counter} < ${extent}\n${showBody(body, `${indent}  `)}${lines.join("")}`;
    }
    case "load":
      return `${indent}v${statement.local} = ${showAccess(statement.access)}\n`;
    case "set":
      return `${indent}v${statement.local} = ${showExpression(statement.value)}\n`;
    case "store":
      return `${indent}${showAccess(statement.access)} = ${showExpression(statement.value)}\n`;
  }
};

const showBody = (body: readonly Statement[], indent: string): string =>
  body.map((statement) => showStatement(statement, indent)).join("");

/** A nest as readable text, one statement a line. */
export const showNest = (nest: Nest): string => `${nest.name}\n${showBody(nest.body, "  ")}`;
