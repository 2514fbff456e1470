/**
 * A check of what parts of a file ask of each other. It names the parts that it reads, and speaks when these are sound on their
 * own, so that faults elsewhere do not hide it and do not make it speak in error.
 */
import type { Remark } from "./geometry-checks.ts";
import type { FileSections } from "./sections.ts";

export interface Check {
  readonly needs: readonly (keyof FileSections)[];
  readonly remarks: (own: FileSections) => readonly Remark[];
}

/** A check that can read no other parts than those it names. */
export const check = <const K extends keyof FileSections>(
  needs: readonly K[],
  remarks: (own: Pick<FileSections, K>) => readonly Remark[],
): Check => ({ needs, remarks });
