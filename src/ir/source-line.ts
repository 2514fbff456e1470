/**
 * Source lines: the user's line that is running, read from the engine's stack trace. Slow, so only asked for
 * under the switches that look for faults. Frames of the library are known by the folder of this file; in a
 * bundle, where everything is one file, there is no such folder and the line is unknown.
 */

/** Frames deeper than this are not looked at. */
const deepestStack = 100;

/** `at f (file:///a/b.ts:1:2)` of V8, `f@http://a/b.js:1:2` of the others. */
const placePattern = /((?:[a-z][a-z-]*:\/\/|\/|[A-Za-z]:[\\/])[^\s()]*?:\d+:\d+)\)?$/;

const stackLines = (): readonly string[] => {
  const engine = Error as { stackTraceLimit?: number };
  const limit = engine.stackTraceLimit;
  engine.stackTraceLimit = deepestStack;
  const stack = new Error("a stack trace").stack ?? "";
  if (limit !== undefined) engine.stackTraceLimit = limit;
  return stack.split("\n");
};

const placeOf = (frame: string): string | undefined => placePattern.exec(frame.trim())?.[1];

let root: string | null | undefined;

/** Folder of the library with a slash at its end, or null where this file has been merged into another. */
const libraryRoot = (): string | null => {
  if (root !== undefined) return root;
  const own = stackLines()
    .map(placeOf)
    .find((place) => place !== undefined);
  const at = own === undefined ? -1 : own.search(/src\/ir\/source-line\.[jt]s/);
  root = at < 0 ? null : own!.slice(0, at);
  return root;
};

const storeys = ["kernels/", "src/", "ops/", "transforms/", "library/", "topopt/", "index."];

/** Drops the protocol of local files, which some frames have and some not. */
const bare = (place: string): string => place.replace(/^file:\/\//, "");

/**
 * "file:line:column" of the innermost frame outside the library; undefined where there is none before
 * a frame of the function called `boundary`.
 */
export const sourceLine = (boundary: string): string | undefined => {
  const folder = libraryRoot();
  if (folder === null) return undefined;
  const prefix = bare(folder);
  for (const frame of stackLines()) {
    if (frame.includes(boundary)) return undefined;
    const place = placeOf(frame);
    if (place === undefined) continue;
    const path = bare(place);
    if (path.startsWith(prefix) && storeys.some((storey) => path.startsWith(storey, prefix.length))) continue;
    if (path.startsWith("node:")) continue;
    return path;
  }
  return undefined;
};
