/**
 * Which buffers a step may write over those it reads: a nest where every element is read in the same round, before it is
 * written, and nowhere else; a kernel that says so. Then an array that nobody needs afterwards gives its place to the result.
 */
import { itemSize } from "../array/dtype.ts";
import type { Access, Nest, Statement } from "./kernel-ir.ts";
import type { ControlStep, UnreleasedStep } from "./steps.ts";

/** The one place of all accesses of a buffer; null if they are in several, or of both kinds. */
interface Uses {
  readonly isStored: boolean;
  place: string | null;
}

/** Statements that run together, and how elements are addressed there. */
const placeOf = (body: number, { dtype, offset, strides }: Access): string => {
  let text = `${body} ${itemSize(dtype)} ${offset}`;
  for (const { counter, stride } of strides) text += ` ${counter}:${stride}`;
  return text;
};

/** Uses by buffer. A body that is run twice (extrema look again for signs of zero) is in two places. */
const usesOf = (nest: Nest): ReadonlyMap<number, Uses> => {
  const uses = new Map<number, Uses>();
  const pending: { readonly body: readonly Statement[]; readonly loops: number }[] = [{ body: nest.body, loops: 0 }];
  for (let number = 0; number < pending.length; number++) {
    let hasStored = false;
    const { body, loops } = pending[number]!;
    for (const statement of body)
      if (statement.kind === "loop" || statement.kind === "run") {
        const inner = { body: statement.body, loops: loops + 1 };
        pending.push(inner);
        const isRunTwice =
          statement.kind === "run" && statement.terms.some(({ combine }) => combine === "max" || combine === "min");
        if (isRunTwice) pending.push(inner);
      } else if (statement.kind !== "set") {
        const { access } = statement;
        const isStored = statement.kind === "store";
        // What is loaded after something is stored has no place that may be written over, nor what other rounds meet again.
        const isOnce = access.strides.length === loops && (isStored || !hasStored);
        const place = isOnce ? placeOf(number, access) : null;
        hasStored ||= isStored;
        const known = uses.get(access.buffer);
        if (known === undefined) uses.set(access.buffer, { isStored, place });
        else if (known.place !== place || isStored || known.isStored) known.place = null;
      }
  }
  return uses;
};

/** For every buffer that the nest writes, those it reads whose places the results may take. */
export const overwritable = (nest: Nest): ReadonlyMap<number, readonly number[]> => {
  const uses = usesOf(nest);
  const readAt = new Map<string, number[]>();
  for (const [buffer, { isStored, place }] of uses) {
    if (isStored || place === null) continue;
    const known = readAt.get(place);
    if (known === undefined) readAt.set(place, [buffer]);
    else known.push(buffer);
  }
  const found = new Map<number, readonly number[]>();
  for (const [buffer, { isStored, place }] of uses) {
    const candidates = isStored && place !== null ? readAt.get(place) : undefined;
    if (candidates !== undefined) found.set(buffer, candidates);
  }
  return found;
};

/** Results of a loop whose rounds change them in place: the first value may lie there from the start. */
const keptState = ({ control, operands, results, spare }: Omit<ControlStep, "releases">): [number, number][] => {
  if (control.kind === "cond") return [];
  const first = control.kind === "scan" ? control.constCount : control.conditionConstants + control.bodyConstants;
  return spare.flatMap((other, k): [number, number][] => {
    const operand = operands[first + k] as number;
    const isOwn = other === null && operands.indexOf(operand) === operands.lastIndexOf(operand);
    return isOwn ? [[results[k]!, operand]] : [];
  });
};

/** Results of a kernel or loop that may take over one operand each, and that operand. */
export const takenOver = (step: UnreleasedStep): ReadonlyMap<number, number> => {
  if (step.kind === "control") return new Map(keptState(step));
  if (step.kind !== "kernel" || step.routine.call.overwrites !== true) return new Map();
  const [first, ...others] = step.operands;
  return new Map(others.includes(first!) ? [] : [[step.results[0]!, first!]]);
};

/** For every buffer that the step writes, those it reads whose places the results may take. */
export const overwritten = (step: UnreleasedStep): ReadonlyMap<number, readonly number[]> =>
  step.kind === "nest"
    ? overwritable(step.nest)
    : new Map([...takenOver(step)].map(([result, operand]) => [result, [operand]]));
