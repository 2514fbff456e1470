/**
 * Library-wide settings. There are few: what a call needs, the call takes as an option.
 */
import { setMaxElements } from "./array/dtype.ts";
import { InvalidOption } from "./error.ts";
import { setNoticeListener } from "./notice.ts";
import { requireOptions } from "./options.ts";

export interface Settings {
  /** Elements one array may have before TooLarge is thrown. Default 2^31. */
  readonly maxElements?: number;
  /** Receives notices (code, message), each told once; null restores console.warn. */
  readonly onNotice?: ((code: string, message: string) => void) | null;
  /** Checks that cost time: jit traces twice and refuses functions that are not pure. Default false. */
  readonly debug?: boolean;
}

let debugging = false;

/** Whether `configure({ debug: true })` is in force. */
export const isDebugging = (): boolean => debugging;

const known: readonly string[] = ["maxElements", "onNotice", "debug"];

/**
 * Changes library-wide settings; those left out stay as they are.
 * @throws UnknownOption, InvalidOption
 * @example configure({ maxElements: 2 ** 31 }) // undefined
 */
export const configure = (settings: Settings): void => {
  requireOptions("configure", settings, known, true);
  const { maxElements, onNotice, debug } = settings;
  if (maxElements !== undefined && !(maxElements > 0))
    throw new InvalidOption("configure", `maxElements ${maxElements}`, "Give a positive number");
  if (debug !== undefined) debugging = debug;
  if (maxElements !== undefined) setMaxElements(maxElements);
  if (onNotice !== undefined) setNoticeListener(onNotice);
};
