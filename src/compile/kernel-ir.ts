/**
 * Kernel IR: what fused groups turn into before a back end prints them. Plain data: a nest has counted loops,
 * strided loads and stores (affine in the loop counters), and assignments of scalar expressions to locals.
 * Counters, locals and buffers are numbers; loops run over static extents.
 */
import type { DType } from "../array/dtype.ts";
import type { ScalarExpression } from "../ir/lowering.ts";

/** Element `offset + sum of counter * stride` of a buffer, in elements; counters without a stride are left out. */
export interface Access {
  readonly buffer: number;
  readonly dtype: DType;
  readonly offset: number;
  readonly strides: readonly { readonly counter: number; readonly stride: number }[];
}

export type Statement =
  | {
      readonly kind: "loop";
      readonly counter: number;
      readonly extent: number;
      /** The loop walks part number `counter` of a longer one: it ends early where that ends, after `total` rounds. */
      readonly part: { readonly counter: number; readonly total: number } | null;
      readonly body: readonly Statement[];
    }
  | { readonly kind: "load"; readonly local: number; readonly access: Access }
  | { readonly kind: "set"; readonly local: number; readonly value: ScalarExpression }
  | { readonly kind: "store"; readonly access: Access; readonly value: ScalarExpression }
  | { readonly kind: "if"; readonly condition: ScalarExpression; readonly body: readonly Statement[] };

/** One function of the compiled program. */
export interface Nest {
  readonly name: string;
  /** Type of every local. */
  readonly locals: readonly DType[];
  readonly counters: number;
  readonly body: readonly Statement[];
}

// --- Text -------------------------------------------------------------------------------------

const showNumber = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

/** An expression as text; expressions of one primitive are a few levels deep. */
export const showExpression = (expression: ScalarExpression): string => {
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
      const { counter, extent, part, body } = statement;
      const end = part === null ? String(extent) : `min(${extent}, ${part.total} - ${extent}*i${part.counter})`;
      return `${indent}for i${counter} < ${end}\n${showBody(body, `${indent}  `)}`;
    }
    case "if":
      return `${indent}if ${showExpression(statement.condition)}\n${showBody(statement.body, `${indent}  `)}`;
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
