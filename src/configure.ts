/**
 * Library-wide settings. There are few: what a call needs, the call takes as an option.
 */
import { setMaxElements } from "./array/storage.ts";
import { showValue } from "./describe.ts";
import { InvalidOption } from "./error.ts";
import { setNoticeListener } from "./notice.ts";
import { requireOptions } from "./options.ts";
import { setPrinter } from "./output.ts";
import { setRelaxed, setThreadCount } from "./machine.ts";

export interface Settings {
  /** Elements one array may have before TooLarge is thrown. Default 2^31. */
  readonly maxElements?: number;
  /** Receives notices (code, message), each told once; null restores console.warn. */
  readonly onNotice?: ((code: string, message: string) => void) | null;
  /** Receives what debugPrint prints; null restores console.log. */
  readonly onPrint?: ((text: string) => void) | null;
  /**
   * Checks that cost time. jit traces twice and refuses functions that are not pure; LeakedTracer names the line that
   * made the tracer; customRoot refuses an answer that is no root, customJvp a rule that is not linear in the tangents. Default false.
   */
  readonly debug?: boolean;
  /**
   * Threads that compiled programs use, the caller's included; 1 to 64, default 1. The results are the same bits for any number.
   * Where memory cannot be shared (pages that are not cross-origin isolated) programs run on one, and a notice says so.
   */
  readonly threads?: number;
  /**
   * Lets matrix products fuse multiplication and addition where the engine has relaxed SIMD (Node 21 and later, Chromium): faster, but the last
   * bits then depend on the machine, and differ from those of the other back ends. Default false.
   */
  readonly relaxed?: boolean;
  /** Throws FoundNaN at the operation that first makes a NaN; compiled functions run on the interpreter. Default false. */
  readonly debugNans?: boolean;
  /** Throws FoundInfinity likewise. Default false. */
  readonly debugInfs?: boolean;
}

let debugging = false;
let findsNans = false;
let findsInfinities = false;

/** Whether `configure({ debug: true })` is in force. */
export const isDebugging = (): boolean => debugging;

/** Whether the first operation that makes a NaN is to be named. */
export const isFindingNans = (): boolean => findsNans;

/** Whether the first operation that makes an infinity is to be named. */
export const isFindingInfinities = (): boolean => findsInfinities;

/** Whether results are looked at, operation by operation. */
export const findsNumberFaults = (): boolean => findsNans || findsInfinities;

const mostThreads = 64;
const known: readonly string[] = [
  "maxElements",
  "onNotice",
  "onPrint",
  "debug",
  "debugNans",
  "debugInfs",
  "threads",
  "relaxed",
];

/**
 * Changes library-wide settings; those left out stay as they are.
 * @throws UnknownOption, InvalidOption
 * @example configure({ maxElements: 2 ** 31 }) // undefined
 */
export const configure = (settings: Settings): void => {
  requireOptions("configure", settings, known, true);
  const { maxElements, onNotice, onPrint, debug, debugNans, debugInfs, threads, relaxed } = settings;
  if (maxElements !== undefined && !(typeof maxElements === "number" && maxElements > 0))
    throw new InvalidOption("configure", `maxElements ${showValue(maxElements)}`, "Give a positive number");
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= mostThreads))
    throw new InvalidOption(
      "configure",
      `threads ${showValue(threads)}`,
      `Give a whole number from 1 to ${mostThreads}`,
    );
  for (const [name, value] of Object.entries({ debug, debugNans, debugInfs, relaxed }))
    if (value !== undefined && typeof value !== "boolean")
      throw new InvalidOption("configure", `${name} ${showValue(value)}`, "Give true or false");
  for (const [name, value] of Object.entries({ onNotice, onPrint }))
    if (value !== undefined && value !== null && typeof value !== "function")
      throw new InvalidOption("configure", `${name} ${showValue(value)}`, "Give a function, or null for the console");
  if (debug !== undefined) debugging = debug;
  if (debugNans !== undefined) findsNans = debugNans;
  if (debugInfs !== undefined) findsInfinities = debugInfs;
  if (maxElements !== undefined) setMaxElements(maxElements);
  if (onNotice !== undefined) setNoticeListener(onNotice);
  if (threads !== undefined) setThreadCount(threads);
  if (relaxed !== undefined) setRelaxed(relaxed);
  if (onPrint !== undefined) setPrinter(onPrint);
};
