/**
 * Laws of the PNG writer, checked with a decoder that knows only the standard and Node's zlib.
 * Source: PNG (W3C 2003), sections 5 and 9.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { colormaps, densityPng, designPicture, grayPng, rgbPng } from "../../../topopt/render/index.ts";
import { decodePng } from "./png-decoder.ts";

const coded = (code: string): object => expect.objectContaining({ code });

/** What enlarging by an integer means. */
function enlarged(pixels: Uint8Array, width: number, height: number, channels: number, scale: number): Uint8Array {
  const out: number[] = [];
  for (let row = 0; row < height * scale; row++)
    for (let column = 0; column < width * scale; column++)
      for (let channel = 0; channel < channels; channel++)
        out.push(pixels[(Math.floor(row / scale) * width + Math.floor(column / scale)) * channels + channel]!);
  return Uint8Array.from(out);
}

const pictures = (
  channels: number,
): fc.Arbitrary<{ width: number; height: number; pixels: Uint8Array; scale: number }> =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(1, 3, 255),
    )
    .chain(([width, height, scale, largest]) => {
      const length = width * height * channels;
      return fc
        .uint8Array({ minLength: length, maxLength: length, max: largest })
        .map((pixels) => ({ width, height, pixels, scale }));
    });

describe("grayPng and rgbPng", () => {
  test.each([
    ["grayPng", grayPng, 1],
    ["rgbPng", rgbPng, 3],
  ] as const)("%s decodes to the same pixels, every one enlarged to a square, with right CRCs", (_, writer, channels) =>
    fc.assert(
      fc.property(pictures(channels), (picture) => {
        const { width, height, pixels, scale } = picture;
        const decoded = decodePng(writer(picture));
        expect(decoded.types).toEqual(["IHDR", "IDAT", "IEND"]);
        expect([decoded.width, decoded.height, decoded.channels]).toEqual([width * scale, height * scale, channels]);
        expect(Buffer.compare(decoded.pixels, enlarged(pixels, width, height, channels, scale))).toBe(0);
      }),
    ),
  );

  test("a scale that makes more bytes than an array may have is refused before anything is made", () => {
    const pixels = Uint8Array.of(0);
    expect(() => densityPng([[1]], { scale: 1e6 })).toThrow(coded("TooLarge"));
    expect(() => densityPng([[1]], { scale: 1e6 })).toThrow("densityPng: scale 1000000 of 1 x 1");
    expect(() => grayPng({ width: 1, height: 1, pixels, scale: 2 ** 40 })).toThrow(coded("TooLarge"));
    const tall = Array.from({ length: 1e5 }, () => [1]);
    expect(() => designPicture(tall, { width: 1e5 })).toThrow(coded("TooLarge"));
    expect(() => designPicture(tall, { width: 1e5 })).toThrow("designPicture: scale 512 of 1 x 100000");
  });

  test("a picture of one element is small, however wide it is drawn", () => {
    expect(designPicture([[1]], { width: 1e5 }).length).toBeLessThan(1e4);
  });

  test("sizes that are no positive integers and pixels of another length are refused", () => {
    const pixels = new Uint8Array(4);
    expect(() => grayPng({ width: 2, height: 3, pixels })).toThrow("4 bytes of pixels. 2 x 3 pixels of 1 bytes need 6");
    expect(() => rgbPng({ width: 2, height: 2, pixels })).toThrow(coded("ShapeMismatch"));
    for (const bad of [0, -1, 1.5, Number.NaN, Infinity]) {
      expect(() => grayPng({ width: bad, height: 2, pixels })).toThrow(`width ${bad}`);
      expect(() => grayPng({ width: 2, height: 2, pixels, scale: bad })).toThrow(`scale ${bad}`);
      expect(() => rgbPng({ width: 2, height: bad, pixels })).toThrow(coded("InvalidOption"));
      expect(() => grayPng(bad as never)).toThrow(coded("InvalidOption"));
      expect(() => grayPng({ width: 1, height: 1, pixels: bad as never })).toThrow(`pixels ${bad}`);
    }
  });
});

describe("densityPng", () => {
  test("density 0 is white, 1 is black, row 0 is the top", () => {
    const decoded = decodePng(densityPng([0, 1, 0.5, 0], { nelx: 2, nely: 2 }));
    expect([...decoded.pixels]).toEqual([255, 0, 127, 255]);
  });

  test("a denser element is never lighter", () =>
    fc.assert(
      fc.property(fc.float64Array({ minLength: 2, maxLength: 40, min: -0.5, max: 1.5, noNaN: true }), (density) => {
        const { pixels } = decodePng(densityPng(density, { nelx: density.length, nely: 1 }));
        for (let one = 0; one < density.length; one++)
          for (let other = 0; other < density.length; other++)
            if (density[one]! > density[other]!) expect(pixels[one]!).toBeLessThanOrEqual(pixels[other]!);
      }),
    ));

  test("values outside of [0, 1] take the colour of the nearer end", () => {
    for (const colormap of ["gray", "viridis"] as const)
      expect(densityPng([-0.1, 1 + 1e-9], { nelx: 2, nely: 1, colormap })).toEqual(
        densityPng([0, 1], { nelx: 2, nely: 1, colormap }),
      );
  });

  test.each([
    ["scale 0", { scale: 0 }, "InvalidOption"],
    ["scale 1.5", { scale: 1.5 }, "InvalidOption"],
    ["an unknown map", { colormap: "toString" }, "InvalidOption"],
    ["an unknown option", { size: 8 }, "UnknownOption"],
  ])("%s is refused by its name", (_, options, code) =>
    expect(() => densityPng([[0, 1]], options as never)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(/^densityPng: /u) }),
    ),
  );

  test("viridis pixels are the colours of the map", () => {
    const density = Float64Array.from({ length: 64 }, (_, at) => at / 63);
    const decoded = decodePng(densityPng(density, { nelx: 8, nely: 8, colormap: "viridis", scale: 1 }));
    expect([...decoded.pixels]).toEqual([...density].flatMap((value) => [...colormaps.viridis(value)]));
  });

  test("the documented example holds", () =>
    expect(String.fromCharCode(...densityPng([0, 0.5, 1, 1], { nelx: 2, nely: 2, scale: 8 }).subarray(1, 4))).toBe(
      "PNG",
    ));

  test("a black and white design of 96 x 64 at 8 pixels an element stays below 6 kB", () => {
    const density = Float64Array.from({ length: 96 * 64 }, (_, at) =>
      Math.sin((at % 96) / 5) * Math.cos(Math.floor(at / 96) / 7) > 0 ? 1 : 0,
    );
    expect(densityPng(density, { nelx: 96, nely: 64, scale: 8 }).length).toBeLessThan(6000);
  });
});

describe("colormaps", () => {
  test("every colour is three integers in 0..255 and ends are the published ones", () => {
    for (const map of Object.values(colormaps))
      for (let at = 0; at <= 1000; at++)
        for (const channel of map(at / 1000))
          expect(Number.isInteger(channel) && channel >= 0 && channel <= 255).toBe(true);
    expect(colormaps.viridis(0)).toEqual([0x44, 0x01, 0x54]);
    expect(colormaps.viridis(1)).toEqual([0xfd, 0xe7, 0x25]);
    expect(colormaps.gray(0)).toEqual([255, 255, 255]);
    expect(colormaps.gray(1)).toEqual([0, 0, 0]);
  });

  test("viridis grows lighter all the way", () => {
    const lightness = Array.from({ length: 101 }, (_, at) => {
      const [red, green, blue] = colormaps.viridis(at / 100);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
    expect(lightness.slice(1).every((value, at) => value > lightness[at]!)).toBe(true);
  });
});
