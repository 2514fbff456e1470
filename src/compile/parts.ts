/**
 * Nests in parts that threads run at the same time: each takes a share of the rounds of the outermost loop. Rounds that
 * are independent give the same bits whoever runs them, so the number of threads changes nothing but the time.
 */
import type { ScalarExpression } from "../ir/lowering.ts";
import {
  changed,
  expressionsIn,
  localsRead,
  localsSet,
  onlyLoop,
  statementsIn,
  strideAlong,
  valuesOf,
} from "./kernel-ir.ts";
import type { Loop, Nest, Statement } from "./kernel-ir.ts";

/** Shares begin at multiples of this, where the loop is long: a line of the cache, and whole vectors. */
const grain = 64;

/** A call in instructions, roughly: a measure of time, where `functionFlops` in cost.ts counts floating-point operations. */
const callCost = 16;

const costOf = (root: ScalarExpression): number =>
  expressionsIn(root).reduce((cost, { op }) => cost + (op === "call" ? callCost : 1), 0);

/** Estimated instructions of the statements. */
export const workOf = (body: readonly Statement[]): number =>
  body.reduce((sum, statement) => {
    const own = 1 + valuesOf(statement).reduce((total, value) => total + costOf(value), 0);
    const isLoop = statement.kind === "loop" || statement.kind === "run";
    return sum + (isLoop ? statement.extent * (workOf(statement.body) + own) : own);
  }, 0);

/**
 * Whether no value goes from round to round: every local that is set is set before it is read, every store has its own place.
 * @param refilled  buffers of which rounds at the same time have one each
 */
export const hasIndependentRounds = ({ body, counter }: Loop, refilled: Nest["refilled"] = new Map()): boolean => {
  const assigned = localsSet(body);
  const known = new Set<number>();
  for (const statement of statementsIn(body)) {
    if (statement.kind === "store" && strideAlong(statement.access, counter) === 0)
      if (!refilled.has(statement.access.buffer)) return false;
    const read = valuesOf(statement).flatMap(localsRead);
    if (statement.kind === "run") read.push(...statement.terms.map(({ total }) => total));
    // The body of a run stands before its terms; it is looked at after the run itself.
    const later = statement.kind === "run" ? localsSet(statement.body) : known;
    if (read.some((local) => assigned.has(local) && !known.has(local) && !later.has(local))) return false;
    if (statement.kind === "load" || statement.kind === "set") known.add(statement.local);
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
  const loop = onlyLoop(nest);
  if (count < 2 || loop === null || loop.extent < count || workOf(nest.body) < leastWork) return null;
  if (!hasIndependentRounds(loop, nest.refilled)) return null;
  const shares = sharesOf(loop.extent, count);
  return Array.from({ length: count }, (_, k) => {
    const [from, to] = [shares[k]!, shares[k + 1]!];
    const body = withOwnPlaces(movedStatements(loop.body, loop.counter, from), nest.refilled, k);
    const own: Loop = { ...loop, extent: to - from, body };
    return { ...nest, name: `${nest.name} part ${k}`, body: [...nest.body.slice(0, -1), own] };
  });
};
