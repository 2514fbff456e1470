/** Paths in commands that somebody may copy. */

const isWindows = process.platform === "win32";

/** What shells take as it stands. */
const plain = isWindows ? /^[\w.:\\/][\w.:\\/-]*$/u : /^[\w./:@%+=,][\w./:@%+=,-]*$/u;

/** A path as one word of a command: in quotes where a shell would read it as something else. */
export const shellWord = (path: string): string => {
  if (plain.test(path)) return path;
  return isWindows ? `"${path}"` : `'${path.replaceAll("'", String.raw`'\''`)}'`;
};
