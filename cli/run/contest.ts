/** A contestant's run without a folder: what becomes of it, failures included, so that the others can go on. */
import type { GridSystem } from "../../library/fem/index.ts";
import { optimizeAsync } from "../../topopt/index.ts";
import type { OptimizeResult } from "../../topopt/index.ts";
import { CotangentError } from "../../src/error.ts";
import { describeFailure, Interruption } from "../failure.ts";
import type { Terminal } from "../output/terminal.ts";
import { buildOptions } from "./build-options.ts";
import type { Contestant } from "./contestants.ts";
import { isFailure } from "./run-plan.ts";

export interface Contest {
  readonly name: string;
  /** Null where the first design already has no value. */
  readonly result: OptimizeResult<unknown, GridSystem> | null;
  /** What has ended it before its time, with the code that tables show; null where nothing has. */
  readonly failure: { readonly code: string; readonly text: string } | null;
}

const failureOf = (error: unknown): NonNullable<Contest["failure"]> => ({
  code: error instanceof CotangentError ? error.code : "unexpected",
  text: describeFailure(error).text,
});

/**
 * @throws Interruption
 */
export const contest = async (
  { name, file }: Contestant,
  { listen }: Terminal,
  options: { readonly certificate?: boolean } = {},
): Promise<Contest> => {
  try {
    const asked = { ...buildOptions(file).options, ...options, stop: file.stop, callbacks: [listen] };
    const result = await optimizeAsync(asked);
    const { reason, failure, state } = result;
    if (!isFailure(reason)) return { name, result, failure: null };
    const nothingThrown = {
      code: "NotFinite",
      text: `a value or gradient is no number at iteration ${state.iteration}`,
    };
    return { name, result, failure: failure === null ? nothingThrown : failureOf(failure) };
  } catch (error) {
    if (error instanceof Interruption) throw error;
    return { name, result: null, failure: failureOf(error) };
  }
};
