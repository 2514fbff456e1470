/**
 * Things of varying size known by a name, so that an array of fixed shape can stand for them in a program.
 * The store is bounded: the least recently used go first, the newest always stays. Whoever asks for one that has gone
 * makes it again; nothing depends on it being there but time.
 */

export interface TicketStore<T> {
  /** Keeps a thing, in place of what the ticket stood for before. */
  readonly put: (ticket: string, thing: T, size: number) => void;
  /** What the ticket stands for, now the most recently used; undefined when it has gone. */
  readonly get: (ticket: string) => T | undefined;
}

/** A store of things whose sizes add up to at most `capacity`, unless a single one is larger. */
export const ticketStore = <T>(capacity: number): TicketStore<T> => {
  // A Map iterates in the order of insertion: the least recently used come first.
  const entries = new Map<string, { readonly thing: T; readonly size: number }>();
  let total = 0;
  const remove = (ticket: string): void => {
    total -= entries.get(ticket)?.size ?? 0;
    entries.delete(ticket);
  };
  return {
    put: (ticket, thing, size) => {
      remove(ticket);
      entries.set(ticket, { thing, size });
      total += size;
      for (const oldest of entries.keys()) {
        if (total <= capacity || oldest === ticket) return;
        remove(oldest);
      }
    },
    get: (ticket) => {
      const entry = entries.get(ticket);
      if (entry === undefined) return undefined;
      entries.delete(ticket);
      entries.set(ticket, entry);
      return entry.thing;
    },
  };
};
