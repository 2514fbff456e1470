/** Arguments at which elementary functions are tried: the edges of the number formats, and random bit patterns. */
import { readdirSync } from "node:fs";
import type { Precision } from "../../kernels/elementary/arithmetic.ts";
import { readTable, tableNames } from "../special/tables.ts";
import type { Numbers } from "./modules.ts";

export const arrayOf: Readonly<Record<Precision, Float64ArrayConstructor | Float32ArrayConstructor>> = {
  float64: Float64Array,
  float32: Float32Array,
};

const largest: Readonly<Record<Precision, number>> = { float64: Number.MAX_VALUE, float32: (2 - 2 ** -23) * 2 ** 127 };
const smallestNormal: Readonly<Record<Precision, number>> = { float64: 2 ** -1022, float32: 2 ** -126 };
const smallest: Readonly<Record<Precision, number>> = { float64: 2 ** -1074, float32: 2 ** -149 };

/** Zeros, infinities, NaN, the ends of the normal and subnormal numbers, small whole and half numbers, powers of two and their neighbours. */
export const specials = (precision: Precision): readonly number[] => {
  const unit = precision === "float64" ? 2 ** -52 : 2 ** -23;
  const tiny = smallestNormal[precision];
  const positive = [
    0,
    smallest[precision],
    3 * smallest[precision],
    tiny - smallest[precision],
    tiny,
    tiny * (1 + unit),
  ];
  positive.push(largest[precision], largest[precision] / 2, Infinity);
  for (let k = 0.5; k <= 4; k += 0.5) positive.push(k);
  for (let exponent = -8; exponent <= 12; exponent++)
    positive.push(2 ** exponent * (1 - unit / 2), 2 ** exponent, 2 ** exponent * (1 + unit));
  return [NaN, ...positive, ...positive.map((x) => -x)];
};

/** Whole numbers below 2^32, the same at every run. */
const randomWords = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return (word ^ (word >>> 16)) >>> 0;
  };
};

/** Numbers of random bits: NaN, infinities and subnormal numbers among them, all exponents equally often. */
export const randomBits = (precision: Precision, count: number, seed = 1): Numbers => {
  const words = randomWords(seed);
  const patterns = Uint32Array.from({ length: precision === "float64" ? 2 * count : count }, words);
  return precision === "float64" ? new Float64Array(patterns.buffer) : new Float32Array(patterns.buffer);
};

/** Numbers of random sign with magnitudes between 2^least and 2^most, all exponents equally often. */
export const randomNumbers = (precision: Precision, count: number, least: number, most: number, seed = 2): Numbers => {
  const words = randomWords(seed);
  const fraction = (): number => words() / 2 ** 32;
  const draw = (): number =>
    (words() & 1 ? 1 : -1) * 2 ** (least + (most - least) * fraction()) * (1 + fraction() * 2 ** -20);
  return arrayOf[precision].from(Float64Array.from({ length: count }, draw));
};

const adversarial = new Set(
  readdirSync(new URL("../reference/elementary/", import.meta.url)).map((file) => file.replace(/\.json$/, "")),
);

/** Names of the tables of a function, for readTable: that among the special functions, and the adversarial one. */
export const tablesOf = (name: string): readonly string[] => {
  const common = name === "logistic" ? "sigmoid" : name;
  const tables = tableNames.includes(common) ? [common] : [];
  return adversarial.has(name) ? [...tables, `../elementary/${name}`] : tables;
};

/** The arguments of a table, rounded to the precision. */
export const tableColumns = (table: string, precision: Precision): readonly Numbers[] =>
  readTable(table).arguments.map((column) => arrayOf[precision].from(column));

/** Every number of the list with every other one, as two columns. */
export const pairsOf = (values: readonly number[], precision: Precision): readonly [Numbers, Numbers] => [
  arrayOf[precision].from(values.flatMap((x) => values.map(() => x))),
  arrayOf[precision].from(values.flatMap(() => values)),
];
