/**
 * Lanes: copies of a loop body that work on different places at once, so that sums which must each go in
 * order do not wait for one another. Every copy has its own locals; accesses are shifted.
 */
import type { DType } from "../array/dtype.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import type { Access, Statement } from "./kernel-ir.ts";

type Names = ReadonlyMap<number, number>;

/** The expression with its locals renamed. Expressions of one primitive are a few levels deep. */
export const renameLocals = (expression: ScalarExpression, names: Names): ScalarExpression => {
  const inner = (x: ScalarExpression): ScalarExpression => renameLocals(x, names);
  switch (expression.op) {
    case "local":
      return names.has(expression.index) ? { ...expression, index: names.get(expression.index)! } : expression;
    case "constant":
      return expression;
    case "unary":
    case "convert":
      return { ...expression, x: inner(expression.x) };
    case "binary":
    case "compare":
      return { ...expression, x: inner(expression.x), y: inner(expression.y) };
    case "select":
      return { ...expression, condition: inner(expression.condition), x: inner(expression.x), y: inner(expression.y) };
    case "call":
      return { ...expression, args: expression.args.map(inner) };
  }
};

/** One copy of straight-line statements; `move` shifts its accesses. What it sets are new locals, appended to `locals`. */
export const laneOf = (
  body: readonly Statement[],
  locals: DType[],
  move: (access: Access) => Access,
): { readonly body: Statement[]; readonly names: Names } => {
  const names = new Map<number, number>();
  const fresh = (local: number): number => {
    names.set(local, locals.length);
    locals.push(locals[local]!);
    return locals.length - 1;
  };
  const copy = body.map((statement): Statement => {
    switch (statement.kind) {
      case "load":
        return { ...statement, local: fresh(statement.local), access: move(statement.access) };
      case "set": {
        const value = renameLocals(statement.value, names);
        return { ...statement, local: fresh(statement.local), value };
      }
      case "store":
        return { ...statement, access: move(statement.access), value: renameLocals(statement.value, names) };
      default:
        return statement;
    }
  });
  return { body: copy, names };
};
