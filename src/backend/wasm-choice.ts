/**
 * Which loops of a nest run on lanes: of the loops that may, those along which elements lie closest. Rounds of a loop may run
 * on lanes if none needs what another has computed. The choice is by strides alone and states no times.
 */
import { sumLanes } from "../../kernels/reduction.ts";
import { distance, leavesOf } from "../compile/closeness.ts";
import { accessesOf, statementsIn, strideAlong, valuesOf } from "../compile/kernel-ir.ts";
import type { Loop, Run, Statement } from "../compile/kernel-ir.ts";
import { hasIndependentRounds } from "../compile/parts.ts";
import { callCount, vectorsOfCalls } from "./wasm-expression.ts";
import { runsAcross } from "./wasm-run-across.ts";
import { isVectorizable, lanesOf } from "./wasm-lane-count.ts";

/** Whether lanes can take the rounds of a loop. */
export const canTakeLanes = (loop: Loop): boolean =>
  loop.extent >= lanesOf(loop.body) &&
  statementsIn(loop.body).flatMap(valuesOf).every(isVectorizable) &&
  // Sums of bools wrap at a byte, which masks cannot.
  !statementsIn(loop.body).some(
    (statement) =>
      statement.kind === "run" &&
      statement.terms.some(({ combine, value }) => combine === "add" && value.dtype === "bool"),
  ) &&
  hasIndependentRounds(loop);

/** Loops of fewer rounds leave most of a call to their last rounds. */
const isLongLeaf = (leaf: Loop | Run): boolean =>
  leaf.kind === "run" ? runsAcross(leaf) : leaf.extent >= sumLanes && canTakeLanes(leaf);

/** Whether lanes take the rounds of this loop, rather than those of loops inside it, or none. */
export const takesLanes = (loop: Loop): boolean => {
  if (!canTakeLanes(loop)) return false;
  const own = distance(loop.body, loop.counter);
  const leaves = leavesOf(loop.body);
  const holdsAll = (inner: Loop): boolean =>
    leaves.every((leaf) => [inner, ...statementsIn(inner.body)].includes(leaf));
  const isSurpassed = statementsIn(loop.body).some(
    (inner) =>
      inner.kind === "loop" && canTakeLanes(inner) && distance(inner.body, inner.counter) < own && holdsAll(inner),
  );
  if (isSurpassed) return false;
  if (leaves.length === 0) return true;
  const inLeaves = leaves.reduce((sum, leaf) => sum + distance(leaf.body, leaf.counter), 0);
  return !(leaves.every(isLongLeaf) && inLeaves <= own);
};

/** Statements of loops whose rounds are taken by four or by two vectors at a time; longer ones keep the machine busy. */
const [fewest, few] = [6, 16];

const holdsLoops = (body: readonly Statement[]): boolean => body.some(({ kind }) => kind === "loop" || kind === "run");

/** Lanes of a loop: more than one vector where they share constants, or wait for memory or for each other. */
export const widestLanes = ({ extent, counter, body }: Loop): number => {
  const lanes = lanesOf(body);
  const calls = callCount(body);
  const isClose = accessesOf(body).every((access) => Math.abs(strideAlong(access, counter)) <= 1);
  const { length } = statementsIn(body);
  const byLength = !isClose ? 1 : length <= fewest ? 4 : length <= few && !holdsLoops(body) ? 2 : 1;
  let vectors = calls > 0 ? vectorsOfCalls(calls) : byLength;
  while (vectors > 1 && extent < vectors * lanes) vectors /= 2;
  return vectors * lanes;
};
