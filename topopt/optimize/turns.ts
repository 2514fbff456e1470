/** Between iterations: callbacks, and letting the rest of a program have its turn. */
import { InvalidProblem } from "../../src/error.ts";
import type { IterationEntry } from "./entry.ts";
import type { Callback, Moment } from "./options.ts";

const isPromise = (value: unknown): boolean =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";

/**
 * Calls callbacks that nobody waits for.
 * @throws InvalidProblem  one returns a promise
 */
export const callAll = <P>(
  { asked, callbacks }: { readonly asked: string; readonly callbacks: readonly Callback<P>[] },
  entry: IterationEntry,
  moment: Moment<P>,
): void => {
  for (const callback of callbacks)
    if (isPromise(callback(entry, moment)))
      throw new InvalidProblem(asked, "a callback that returned a promise", "Use optimizeAsync, which waits for it");
};

interface Immediate {
  readonly setImmediate?: (run: () => void) => unknown;
}

/**
 * Resolves after timers, input and output that are due. In Node by setImmediate; in browsers by a message, since timers wait
 * four milliseconds there.
 */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    const { setImmediate } = globalThis as Immediate;
    if (setImmediate !== undefined) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
