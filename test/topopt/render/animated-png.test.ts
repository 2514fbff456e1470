/**
 * Laws of animated PNG files, checked with a decoder of its own: what is shown is what was given, for as long as was asked.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import { animatedPng, colormaps, densityPng } from "../../../topopt/render/index.ts";
import { decodeAnimation, decodePng } from "./png-decoder.ts";

const animations = fc
  .record({
    nelx: fc.integer({ min: 1, max: 7 }),
    nely: fc.integer({ min: 1, max: 7 }),
    scale: fc.integer({ min: 1, max: 3 }),
    delay: fc.integer({ min: 1, max: 65535 }),
    loops: fc.integer({ min: 0, max: 5 }),
    colormap: fc.constantFrom("gray" as const, "viridis" as const),
  })
  .chain((options) => {
    const length = options.nelx * options.nely;
    const value = fc.constantFrom(0, 0.25, 1);
    const frame = fc.oneof(
      fc.array(value, { minLength: length, maxLength: length }),
      fc.constant(new Array<number>(length).fill(1)),
    );
    return fc.record({ options: fc.constant(options), frames: fc.array(frame, { minLength: 1, maxLength: 8 }) });
  });

describe("animatedPng", () => {
  test("a viewer shows the frames in order, each as densityPng has it and for its whole time", () =>
    fc.assert(
      fc.property(animations, ({ options, frames }) => {
        const { delay, loops, ...picture } = options;
        const animation = decodeAnimation(animatedPng(frames, options));
        expect(animation.loops).toBe(loops);
        const stills = frames.map((frame) => Buffer.from(decodePng(densityPng(frame, picture)).pixels).toString("hex"));
        const shown = animation.frames.map(({ pixels }) => Buffer.from(pixels).toString("hex"));
        let at = 0;
        for (const [k, { milliseconds }] of animation.frames.entries())
          for (let spent = 0; spent < milliseconds; spent += delay) expect(shown[k]).toBe(stills[at++]);
        expect(at).toBe(frames.length);
      }),
    ));

  test("equal frames in a row are one, unless its time would not fit into 16 bits", () => {
    const frame = [0, 1];
    const size = { nelx: 2, nely: 1 };
    const times = (delay: number): number[] =>
      decodeAnimation(animatedPng([frame, frame, frame], { ...size, delay })).frames.map(
        ({ milliseconds }) => milliseconds,
      );
    expect(times(100)).toEqual([300]);
    expect(times(30_000)).toEqual([60_000, 30_000]);
  });

  test("a frame that changes one element of many costs less than a tenth of a whole one", () => {
    const noise = Float64Array.from({ length: 4096 }, (_, k) => (Math.imul(k + 1, 0x9e3779b1) >>> 0) / 2 ** 32);
    const other = noise.slice();
    other[2000] = 0;
    const size = { nelx: 64, nely: 64 };
    const [one, two] = [animatedPng([noise], size), animatedPng([noise, other], size)];
    expect(two.length - one.length).toBeLessThan(one.length / 10);
  });

  test("programs without animation show the first frame, and arrays say their size themselves", () => {
    const file = animatedPng([array([[0, 1, 0.5]]), array([[1, 1, 1]])], { colormap: "viridis" });
    const { width, height, pixels } = decodePng(file);
    expect([width, height]).toEqual([3, 1]);
    expect([...pixels]).toEqual([0, 1, 0.5].flatMap((value) => [...colormaps.viridis(value)]));
  });

  test("equal frames give equal bytes", () => {
    const frames = [array([[0, 1]]), array([[1, 0]])];
    expect(animatedPng(frames)).toEqual(animatedPng(frames));
  });

  test.each([
    ["no frame", [], {}, "InvalidOption"],
    ["frames of two sizes", [array([[1]]), array([[1, 0]])], {}, "InvalidOption"],
    ["values without a size", [[1, 0]], {}, "ShapeMismatch"],
    ["values of another size", [[1, 0, 1]], { nelx: 2, nely: 1 }, "ShapeMismatch"],
    ["a size that is no number of elements", [[1]], { nelx: 0.5, nely: 2 }, "InvalidOption"],
    ["an array of another size", [array([[1, 0]])], { nelx: 3 }, "ShapeMismatch"],
    ["NaN", [array([[1, NaN]])], {}, "InvalidElement"],
    ["scale 0", [array([[1]])], { scale: 0 }, "InvalidOption"],
    ["a scale of too many bytes", [array([[1]])], { scale: 1e6 }, "TooLarge"],
    ["delay 0", [array([[1]])], { delay: 0 }, "InvalidOption"],
    ["a delay beyond 16 bits", [array([[1]])], { delay: 65536 }, "InvalidOption"],
    ["loops -1", [array([[1]])], { loops: -1 }, "InvalidOption"],
    ["an unknown map", [array([[1]])], { colormap: "toString" }, "InvalidOption"],
    ["an unknown option", [array([[1]])], { speed: 2 }, "UnknownOption"],
  ] as const)("%s is refused", (_, frames, options, code) =>
    expect(() => animatedPng(frames as never, options as never)).toThrow(expect.objectContaining({ code })),
  );
});
