/** Golden files of this folder: each states its source and conventions. */
import { readFileSync } from "node:fs";

export interface Golden {
  readonly "compliance-24x16": {
    readonly cases: readonly {
      readonly problem: "mbb" | "bridge" | "tensile" | "michell";
      readonly nelx: number;
      readonly nely: number;
      readonly density: "uniform0.5" | "uniform0.4" | "sin";
      readonly filter: boolean;
      readonly compliance: number;
      /** Of the whole gradient and of entries, numbered column by column from the top left. */
      readonly gradient: { readonly index: readonly number[]; readonly value: readonly number[]; readonly norm2: number; readonly sum: number; readonly min: number; readonly max: number };
    }[];
  };
  readonly "mbb-96x64": {
    readonly consistent: { readonly objective: readonly number[]; readonly constraint: readonly number[] };
    readonly row_major_first_iteration: { readonly objective: readonly number[] };
  };
  readonly "mbb-60x20": {
    readonly cases: readonly {
      readonly nelx: number;
      readonly nely: number;
      readonly filter: "sensitivity" | "density";
      readonly rmin: number;
      /** By iteration, from 1. */
      readonly compliance: Readonly<Record<string, number>>;
      readonly final_volume: number;
      readonly final_change: number;
    }[];
  };
}

export const readGolden = <Name extends keyof Golden>(name: Name): Golden[Name] => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8")) as Golden[Name];
