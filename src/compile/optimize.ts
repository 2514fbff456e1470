/**
 * The passes on a jaxpr, in order: calls are replaced by what they call, equations are simplified and shared, and what
 * nobody reads goes. Jaxprs that equations hold are finished first. Finished jaxprs are known, and stay as they are.
 */
import type { Jaxpr } from "../ir/jaxpr.ts";
import { removeUnread } from "./dead-code.ts";
import { inlineCalls } from "./inline.ts";
import { simplify } from "./simplify.ts";

const finished = new WeakMap<Jaxpr, Jaxpr>();

/**
 * The same function with the same bits by less work.
 * @param applied  told the name of every rule that is applied, also in jaxprs that equations hold
 */
export const optimize = (jaxpr: Jaxpr, applied?: (rule: string) => void): Jaxpr => {
  const known = applied === undefined ? finished.get(jaxpr) : undefined;
  if (known !== undefined) return known;
  const options = { optimize: (held: Jaxpr) => optimize(held, applied), ...(applied === undefined ? {} : { applied }) };
  let result = inlineCalls(jaxpr);
  // Who reads what is counted once it matters, and again once what shared a value is gone.
  for (let countsReaders = false; ; countsReaders = true) {
    let isShared = false;
    const simpler = simplify(result, { ...options, countsReaders, shared: () => (isShared = true) });
    const left = removeUnread(simpler);
    const isFinal = !isShared || (countsReaders && left === simpler);
    result = left;
    if (isFinal) break;
  }
  finished.set(jaxpr, result);
  finished.set(result, result);
  return result;
};
