/** Letting the rest of a program have its turn. */

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
