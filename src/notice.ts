/**
 * Notices: something worth knowing that is not an error. Each key is told once per process.
 */

type Listener = (code: string, message: string) => void;

const toConsole: Listener = (code, message) => {
  if (typeof console !== "undefined") console.warn(`cotangent ${code}: ${message}`);
};

let listener: Listener = toConsole;
const told = new Set<string>();

/** Tells the listener, the first time this key comes up. */
export const notify = (code: string, key: string, message: string): void => {
  if (told.has(`${code} ${key}`)) return;
  told.add(`${code} ${key}`);
  listener(code, message);
};

/** Replaces the listener (null: console.warn) and forgets what was told. Returns nothing. */
export const setNoticeListener = (next: Listener | null): void => {
  listener = next ?? toConsole;
  told.clear();
};
