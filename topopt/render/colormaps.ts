/**
 * Colour maps for element fields: a value in [0, 1] to red, green, blue in 0..255.
 * gray is the convention of topology optimization: 0 is void and white, 1 is material and black.
 * Source: viridis by van der Walt and Smith (2015, CC0), every fifth of its 256 colours, interpolated (within 1 of the full table).
 */

/** Red, green and blue, integers in 0..255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Names of the colour maps. */
export type ColormapName = "gray" | "viridis";

const viridisColours: string =
  "44015446085c471063481769481d6f482475472a7a46307e453781433d844142873f4889" +
  "3d4e8a3a538b38598c355e8d33638d31688e2e6d8e2c718e2a768e297b8e27808e25848e" +
  "23898e218e8d20928c1f978b1e9c891fa18821a58524aa8328ae802eb37c35b7793dbc74" +
  "46c06f50c46a5ac86465cb5e70cf577cd25089d54895d840a2da37b0dd2fbddf26cae11f" +
  "d8e219e5e419f1e51dfde725";

const viridisTable: Uint8Array = Uint8Array.from({ length: viridisColours.length / 2 }, (_, byte) =>
  Number.parseInt(viridisColours.slice(2 * byte, 2 * byte + 2), 16),
);

function viridis(value: number): Rgb {
  const intervals = viridisTable.length / 3 - 1;
  const place = value * intervals;
  const entry = Math.min(Math.floor(place), intervals - 1);
  const weight = place - entry;
  const channel = (offset: number): number =>
    Math.round(viridisTable[3 * entry + offset]! * (1 - weight) + viridisTable[3 * entry + 3 + offset]! * weight);
  return [channel(0), channel(1), channel(2)];
}

function gray(value: number): Rgb {
  const level = 255 - Math.round(value * 255);
  return [level, level, level];
}

/**
 * Colour maps by name.
 * Each takes a value in [0, 1] and returns its colour; what lies outside is the caller's to clamp.
 */
export const colormaps: Readonly<Record<ColormapName, (value: number) => Rgb>> = { gray, viridis };

/**
 * Pixels of a field.
 * @param values  finite; those outside [0, 1] take the colour of the nearer end
 * @param name    colour map
 * @returns       one byte a value for gray, three for colours
 */
export function fieldPixels(values: ArrayLike<number>, name: ColormapName): Uint8Array<ArrayBuffer> {
  const channels = name === "gray" ? 1 : 3;
  const pixels = new Uint8Array(values.length * channels);
  for (let at = 0; at < values.length; at++) {
    const colour = colormaps[name](Math.min(1, Math.max(0, values[at]!)));
    for (let channel = 0; channel < channels; channel++) pixels[at * channels + channel] = colour[channel]!;
  }
  return pixels;
}
