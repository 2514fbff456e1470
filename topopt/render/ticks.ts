/**
 * Tick values of an axis and their labels: steps of 1, 2 or 5 times a power of ten, decades where the axis is logarithmic.
 * Ticks cover the range: the first is at most the smallest value, the last at least the largest.
 * Source: the 1-2-5 rule of d3-array's `ticks` (Bostock), with the step rounded up so that ticks are few.
 */

/** Magnitudes beyond which a value is not drawn: tick arithmetic must not overflow or underflow. */
export const largestMagnitude = 1e200;

/** Whether a range is too narrow for ticks within it; such values are drawn as a constant in the middle of the axis. */
export function isNarrow(smallest: number, largest: number): boolean {
  return largest - smallest < Math.max(1e-6 * Math.abs(smallest), 1e-6 * Math.abs(largest), 1 / largestMagnitude);
}

/** 10^exponent times mantissa, exact where a double can be. */
function scaled(mantissa: number, exponent: number): number {
  return exponent >= 0 ? mantissa * 10 ** exponent : mantissa / 10 ** -exponent;
}

/** Smallest step of 1, 2 or 5 times a power of ten with at most `count` steps in the span. */
function niceStep(span: number, count: number): { readonly mantissa: number; readonly exponent: number } {
  const raw = span / count;
  const exponent = Math.floor(Math.log10(raw));
  const mantissa = [1, 2, 5].find((candidate) => scaled(candidate, exponent) >= raw * (1 - 1e-12));
  return mantissa === undefined ? { mantissa: 1, exponent: exponent + 1 } : { mantissa, exponent };
}

/**
 * Ticks of a linear axis that cover [smallest, largest].
 * @param smallest  at least -1e200
 * @param largest   at least `smallest`, at most 1e200
 * @param count     steps wanted at most over the range; 2 or more
 * @returns         increasing multiples of one nice step, at most count + 2 of them; a range of no width is widened first
 */
export function linearTicks(smallest: number, largest: number, count: number): readonly number[] {
  let low = smallest;
  let high = largest;
  if (isNarrow(low, high)) {
    const size = Math.max(Math.abs(low), Math.abs(high));
    const margin = size < 1e-190 ? 1 : size / 2;
    low -= margin;
    high += margin;
  }
  const { mantissa, exponent } = niceStep(high - low, count);
  const step = scaled(mantissa, exponent);
  let first = Math.floor(low / step);
  let last = Math.ceil(high / step);
  while (scaled(first * mantissa, exponent) > low) first--;
  while (scaled(last * mantissa, exponent) < high) last++;
  return Array.from({ length: last - first + 1 }, (_, at) => scaled((first + at) * mantissa, exponent));
}

const mantissaSets: readonly (readonly number[])[] = [[1], [1, 2, 5], [1, 2, 3, 5, 7], [1, 2, 3, 4, 5, 6, 7, 8, 9]];

/** The set's ticks from the last one at or below `low` to the first one at or above `high`. */
function coveringTicks(mantissas: readonly number[], low: number, high: number): readonly number[] {
  const all: number[] = [];
  for (let decade = Math.floor(Math.log10(low)) - 1; decade <= Math.ceil(Math.log10(high)) + 1; decade++)
    for (const mantissa of mantissas) all.push(scaled(mantissa, decade));
  const first = all.findLastIndex((tick) => tick <= low);
  const last = all.findIndex((tick) => tick >= high);
  return all.slice(first, last + 1);
}

/**
 * Ticks of a logarithmic axis that cover [smallest, largest].
 * Whole decades (or every n-th) over long ranges, 1-2-5 or finer over short ones, a linear step within less than a factor of about two.
 * @param smallest  at least 1e-200
 * @param largest   at least `smallest`, at most 1e200
 * @param count     ticks wanted over the range; 4 or more
 * @returns         increasing positive ticks
 */
export function logTicks(smallest: number, largest: number, count: number): readonly number[] {
  const narrow = isNarrow(smallest, largest);
  const low = narrow ? smallest / 2 : smallest;
  const high = narrow ? largest * 2 : largest;
  const decades = Math.log10(high) - Math.log10(low);
  if (decades > count) {
    const step = Math.ceil(decades / count);
    let first = Math.floor(Math.log10(low) / step) * step;
    let last = Math.ceil(Math.log10(high) / step) * step;
    if (scaled(1, first) > low) first -= step;
    if (scaled(1, last) < high) last += step;
    return Array.from({ length: (last - first) / step + 1 }, (_, at) => scaled(1, first + at * step));
  }
  for (const mantissas of mantissaSets) {
    const ticks = coveringTicks(mantissas, low, high);
    if (ticks.filter((tick) => tick >= low && tick <= high).length >= 3) return ticks;
  }
  return linearTicks(low, high, count);
}

/**
 * Unlabelled grid values between consecutive decades: 2 to 9 times each.
 * @param ticks  ticks of a logarithmic axis
 * @returns      increasing values between the first and the last tick; empty unless the ticks are consecutive decades
 */
export function minorLogTicks(ticks: readonly number[]): readonly number[] {
  const decades = ticks.map((tick) => Math.round(Math.log10(tick)));
  const consecutive = ticks.every(
    (tick, at) => tick === scaled(1, decades[at]!) && (at === 0 || decades[at]! - decades[at - 1]! === 1),
  );
  if (!consecutive) return [];
  return decades.slice(0, -1).flatMap((decade) => [2, 3, 4, 5, 6, 7, 8, 9].map((mantissa) => scaled(mantissa, decade)));
}

const superscripts: Readonly<Record<string, string>> = {
  "-": "⁻",
  "0": "⁰",
  "1": "¹",
  "2": "²",
  "3": "³",
  "4": "⁴",
  "5": "⁵",
  "6": "⁶",
  "7": "⁷",
  "8": "⁸",
  "9": "⁹",
};

function powerOfTen(exponent: number): string {
  return `10${[...String(exponent)].map((character) => superscripts[character]!).join("")}`;
}

/** Thousands by commas, a true minus sign. */
function typographic(decimal: string): string {
  const [whole, fraction] = decimal.replace("-", "−").split(".");
  const grouped = whole!.replace(/(?<=\d)(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/**
 * A number for people: up to `digits` significant digits, powers of ten for very large and very small ones.
 * @param value   finite
 * @param digits  significant digits, 1 to 15
 * @returns       such as "1,250", "−0.0103", "2.5×10⁻⁷"
 */
export function readableNumber(value: number, digits: number = 4): string {
  if (value === 0) return "0";
  const [mantissa, exponentText] = value.toExponential(digits - 1).split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return typographic(String(Number(value.toPrecision(digits))));
  const shortest = String(Number(mantissa)).replace("-", "−");
  return `${shortest === "1" ? "" : shortest === "−1" ? "−" : `${shortest}×`}${powerOfTen(exponent)}`;
}

/**
 * Labels of ticks, in one notation for the whole axis and with as many digits as tell them apart.
 * @param ticks  increasing, from linearTicks or logTicks
 * @returns      one label per tick, all different
 */
export function tickLabels(ticks: readonly number[]): readonly string[] {
  const size = Math.max(...ticks.map(Math.abs));
  const smallest = Math.min(...ticks.filter((tick) => tick !== 0).map(Math.abs));
  const gap = ticks.length < 2 ? size || 1 : Math.min(...ticks.slice(1).map((tick, at) => tick - ticks[at]!));
  const geometric = ticks.length > 2 && ticks[0]! > 0 && (ticks.at(-1)! - ticks.at(-2)!) / gap > 1.5;
  const plain = size < 1e6 && (geometric ? smallest : size) >= 1e-3;
  if (geometric)
    return ticks.map((tick) =>
      plain ? typographic(String(tick)) : scientificLabel(tick, 0, Math.floor(Math.log10(tick) + 1e-9)),
    );
  const gapExponent = Math.floor(Math.log10(gap) + 1e-9);
  if (plain)
    return ticks.map((tick) => typographic(tick.toFixed(Math.max(0, -gapExponent)).replace(/^-(?=[0.]+$)/, "")));
  const exponent = Math.floor(Math.log10(size) + 1e-9);
  return ticks.map((tick) => scientificLabel(tick, exponent - gapExponent, exponent));
}

/** tick as mantissa times 10^exponent, the mantissa with a fixed number of decimals. */
function scientificLabel(tick: number, decimals: number, exponent: number): string {
  if (tick === 0) return "0";
  const mantissa = (exponent >= 0 ? tick / 10 ** exponent : tick * 10 ** -exponent).toFixed(decimals);
  if (mantissa === "1") return powerOfTen(exponent);
  return `${mantissa.replace("-", "−")}×${powerOfTen(exponent)}`;
}
