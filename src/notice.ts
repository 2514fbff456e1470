/**
 * Notices: something worth knowing that is not an error. Each key is told once per process.
 */
import { recent } from "./recent.ts";

type Listener = (code: string, message: string) => void;

const toConsole: Listener = (code, message) => {
  if (typeof console !== "undefined") console.warn(`cotangent ${code}: ${message}`);
};

/** Keys remembered; what is about one of ever new things may be told again after so many others. */
const keysKept = 1024;

let listener: Listener = toConsole;
let told = recent<string, true>(keysKept);

/** Tells the listener, the first time this key comes up. */
export const notify = (code: string, key: string, message: string): void => {
  if (told.get(`${code} ${key}`) === true) return;
  told.set(`${code} ${key}`, true);
  listener(code, message);
};

/** Replaces the listener (null: console.warn) and forgets what was told. Returns nothing. */
export const setNoticeListener = (next: Listener | null): void => {
  listener = next ?? toConsole;
  told = recent<string, true>(keysKept);
};
