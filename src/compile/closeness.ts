/**
 * How loops walk through memory. Rounds that touch neighbouring elements can share vectors and lines of memory; back ends and
 * passes therefore prefer the loops along which strides are small.
 */
import { statementsIn, strideAlong } from "./kernel-ir.ts";
import type { Loop, Run, Statement } from "./kernel-ir.ts";

/** Strides from which on distance no longer matters: every element lies in a line of memory of its own. */
const far = 16;
/** Lanes are stored one by one where they are no neighbours, which is dearer than loading them so. */
const storeWeight = 2;

/** How far apart neighbouring rounds touch memory, over all accesses. */
export const distance = (body: readonly Statement[], counter: number): number =>
  statementsIn(body).reduce((sum, statement) => {
    if (statement.kind !== "load" && statement.kind !== "store") return sum;
    const stride = Math.min(far, Math.abs(strideAlong(statement.access, counter)));
    return sum + (statement.kind === "store" ? storeWeight * stride : stride);
  }, 0);

/** The innermost loops and runs among the statements. */
export const leavesOf = (body: readonly Statement[]): (Loop | Run)[] =>
  statementsIn(body).filter(
    (statement): statement is Loop | Run =>
      statement.kind === "run" ||
      (statement.kind === "loop" && statement.body.every(({ kind }) => kind !== "loop" && kind !== "run")),
  );

/** Whether the rounds of a loop lie closer to each other than those of the innermost loops in it do. */
export const isClosest = ({ body, counter }: Loop): boolean =>
  distance(body, counter) < leavesOf(body).reduce((sum, leaf) => sum + distance(leaf.body, leaf.counter), 0);
