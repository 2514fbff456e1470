/**
 * Nests in parts that threads run at the same time: each takes a share of the rounds of the outermost loop. Rounds that
 * are independent give the same bits whoever runs them, so the number of threads changes nothing but the time.
 */
import type { ScalarExpression } from "../ir/lowering.ts";
import { changed, statementsIn, strideAlong, valuesOf } from "./kernel-ir.ts";
import type { Loop, Nest, Statement } from "./kernel-ir.ts";

/** Shares begin at multiples of this, where the loop is long: a line of the cache, and whole vectors. */
const grain = 64;

/** Estimated cost of a call, in instructions. */
const callCost = 16;

const costOf = (root: ScalarExpression): number => {
  let cost = 0;
  const pending = [root];
  for (let expression = pending.pop(); expression !== undefined; expression = pending.pop()) {
    cost += expression.op === "call" ? callCost : 1;
    if (expression.op === "unary" || expression.op === "convert") pending.push(expression.x);
    else if (expression.op === "binary" || expression.op === "compare") pending.push(expression.x, expression.y);
    else if (expression.op === "select") pending.push(expression.condition, expression.x, expression.y);
    else if (expression.op === "call") pending.push(...expression.args);
  }
  return cost;
};

/** Estimated instructions of the statements. */
export const workOf = (body: readonly Statement[]): number =>
  body.reduce((sum, statement) => {
    const own = 1 + valuesOf(statement).reduce((total, value) => total + costOf(value), 0);
    const isLoop = statement.kind === "loop" || statement.kind === "run";
    return sum + (isLoop ? statement.extent * (workOf(statement.body) + own) : own);
  }, 0);

/** The only loop, if everything beside it is done before it and changes no memory. */
const outermost = ({ body }: Nest): Loop | null => {
  const loop = body.at(-1);
  if (loop?.kind !== "loop") return null;
  return body.slice(0, -1).every(({ kind }) => kind === "load" || kind === "set") ? loop : null;
};

/** Whether every round writes elements of its own, and no sum goes on from round to round. */
const hasIndependentRounds = ({ refilled }: Nest, { body, counter }: Loop): boolean => {
  const known = new Set<number>();
  for (const statement of statementsIn(body)) {
    if (statement.kind === "load" || statement.kind === "set") known.add(statement.local);
    if (statement.kind === "run" && statement.terms.some(({ total }) => !known.has(total))) return false;
    if (statement.kind !== "store" || refilled?.has(statement.access.buffer) === true) continue;
    if (statement.access.strides.every((own) => own.counter !== counter)) return false;
  }
  return true;
};

/** The statements for rounds from a later one on. */
const movedStatements = (body: readonly Statement[], counter: number, rounds: number): readonly Statement[] =>
  changed(body, (statement) => {
    if (statement.kind !== "load" && statement.kind !== "store") return [statement];
    const { access } = statement;
    return [{ ...statement, access: { ...access, offset: access.offset + strideAlong(access, counter) * rounds } }];
  });

/** The statements with places of their own for what every round fills anew. */
const withOwnPlaces = (body: readonly Statement[], refilled: Nest["refilled"], part: number): readonly Statement[] =>
  changed(body, (statement) => {
    if (statement.kind !== "load" && statement.kind !== "store") return [statement];
    const { access } = statement;
    const size = refilled?.get(access.buffer) ?? 0;
    return [{ ...statement, access: { ...access, offset: access.offset + part * size } }];
  });

/** Where each of `count` shares of `extent` begins, and the end. */
export const sharesOf = (extent: number, count: number): readonly number[] => {
  const unit = extent >= 2 * count * grain ? grain : 1;
  return Array.from({ length: count + 1 }, (_, k) =>
    k === count ? extent : unit * Math.round((extent * k) / (count * unit)),
  );
};

/** The nest as `count` nests that may run at the same time; null if it cannot be shared, or if that does not pay. */
export const partsOf = (nest: Nest, count: number, leastWork: number): readonly Nest[] | null => {
  const loop = outermost(nest);
  if (count < 2 || loop === null || loop.extent < count || workOf(nest.body) < leastWork) return null;
  if (!hasIndependentRounds(nest, loop)) return null;
  const shares = sharesOf(loop.extent, count);
  return Array.from({ length: count }, (_, k) => {
    const [from, to] = [shares[k]!, shares[k + 1]!];
    const body = withOwnPlaces(movedStatements(loop.body, loop.counter, from), nest.refilled, k);
    const own: Loop = { ...loop, extent: to - from, body };
    return { ...nest, name: `${nest.name} part ${k}`, body: [...nest.body.slice(0, -1), own] };
  });
};
