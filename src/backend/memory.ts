/**
 * How much memory running programs hold: frames of the arena, and arrays of their own. Arguments belong to the caller,
 * and so do results once a program has returned. Counted where they are taken and given back, in every back end.
 */

let live = 0;
let peak = 0;

/** Counts bytes that a program has taken. */
export const hold = (bytes: number): void => {
  live += bytes;
  if (live > peak) peak = live;
};

/** Counts bytes that it has given back. */
export const release = (bytes: number): void => {
  live -= bytes;
};

/** Runs `body` while these bytes are held. */
export const holding = <T>(bytes: number, body: () => T): T => {
  hold(bytes);
  try {
    return body();
  } finally {
    release(bytes);
  }
};

/** Most bytes held at one time while `body` ran. */
export const measurePeak = (body: () => unknown): number => {
  const outer = peak;
  const before = live;
  peak = live;
  try {
    body();
    return peak - before;
  } finally {
    peak = Math.max(peak, outer);
  }
};
