/** Reference tables of test/reference/special, written by scripts/tables/special-tables.py; their form stands there. */
import { readdirSync, readFileSync } from "node:fs";

export interface ReferenceTable {
  /** One column per argument. */
  readonly arguments: readonly Float64Array[];
  /** Exact results, rounded to float64. */
  readonly values: Float64Array;
  /** What rounding took away, in ulp of the value. */
  readonly remainders: Float64Array;
}

const folder = new URL("../reference/special/", import.meta.url);

const bytesOf = (text: string): ArrayBuffer => {
  const { buffer, byteOffset, byteLength } = Buffer.from(text, "base64");
  return (buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength);
};

/** Names of all tables. */
export const tableNames: readonly string[] = readdirSync(folder)
  .map((file) => file.replace(/\.json$/, ""))
  .sort();

export const readTable = (name: string): ReferenceTable => {
  const stored = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as {
    readonly arguments: readonly string[];
    readonly values: string;
    readonly remainders: string;
  };
  return {
    arguments: stored.arguments.map((column) => new Float64Array(bytesOf(column))),
    values: new Float64Array(bytesOf(stored.values)),
    remainders: Float64Array.from(new Int8Array(bytesOf(stored.remainders)), (part) => part / 256),
  };
};

const words = new BigInt64Array(1);
const number = new Float64Array(words.buffer);

/** The distance of a number of this magnitude to the next. */
const ulpOf = (x: number): number => {
  number[0] = Math.abs(x);
  const exponent = Number(words[0]! >> 52n);
  return 2 ** (Math.max(exponent, 1) - 1075);
};

/** |seen - exact| in ulp of the larger one of the value and `floor`; infinite for a wrong infinity or NaN. */
export const ulpError = (seen: number, value: number, remainder: number, floor = 0): number => {
  if (seen === value && !Number.isFinite(value)) return 0;
  if (!Number.isFinite(seen) || !Number.isFinite(value)) return Infinity;
  const unit = ulpOf(value);
  return Math.abs((seen - value) / unit - remainder) * Math.min(1, unit / ulpOf(Math.max(Math.abs(value), floor)));
};
