/**
 * Where printed text goes: the console, or a listener of the user's.
 */

type Printer = (text: string) => void;

const toConsole: Printer = (text) => {
  if (typeof console !== "undefined") console.log(text);
};

let printer: Printer = toConsole;

/** Hands one text, which may have several lines, to the listener. */
export const print = (text: string): void => printer(text);

/** Replaces the listener; null means console.log. */
export const setPrinter = (next: Printer | null): void => {
  printer = next ?? toConsole;
};
