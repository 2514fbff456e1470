/** Laws of lean networks and of the memory sweep: equal gradients, less memory, plans that running programs keep. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, jit, tree } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { inChunks, memoryCsv, memorySweep, rematerialized } from "cotangent/topopt";
import type { MemorySweepOptions } from "cotangent/topopt";
import { memoryPicture } from "cotangent/topopt/render";
import { measurePeak } from "../../../src/backend/index.ts";
import { sweptProgram } from "../../../topopt/analysis/memory-sweep.ts";
import { floats, relativeGap, wave } from "../../fem/fields.ts";
import { parseXml, withClass } from "../render/xml-checker.ts";

const coded = (code: string): object => expect.objectContaining({ code });

const layers = [
  nn.dense(2, 6, { dtype: "float64" }),
  nn.activation(nn.tanh),
  nn.dense(6, 3, { dtype: "float64" }),
] as const;
const plain = nn.sequential(...layers);
const params = plain.init(random.key(2));
type Params = typeof params;

const gradientOf = (network: nn.Network<Params>, x: NDArray): Params =>
  grad((p: Params) => np.mean(np.square(network.apply(p, x))))(params) as Params;

const expectSame = (seen: Params, wanted: Params): void =>
  tree.leaves(wanted).forEach((leaf, k) => {
    expect(relativeGap(tree.leaves(seen)[k] as NDArray, leaf as NDArray)).toBeLessThan(1e-13);
  });

describe("a lean network", () => {
  test("in any number of chunks has the values and gradients of the plain one", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 24 }), (points, chunks) => {
        const x = wave([points, 2], 3);
        const chunked = inChunks(plain, chunks);
        expect(relativeGap(chunked.apply(params, x), plain.apply(params, x))).toBeLessThan(1e-14);
        expectSame(gradientOf(chunked, x), gradientOf(plain, x));
      }),
      { numRuns: 25 },
    ));

  test("with layers that are computed again has the gradients of the plain one, in chunks and at once", () => {
    const [first, tanh, last] = layers;
    const lean = nn.sequential(rematerialized(first), rematerialized(tanh), rematerialized(last));
    const x = wave([13, 2], 1);
    expectSame(gradientOf(lean, x), gradientOf(plain, x));
    expectSame(gradientOf(inChunks(lean, 4), x), gradientOf(plain, x));
  });

  test("takes the shapes of inputs that the plain one takes: fields, one point, none", () => {
    for (const shape of [[3, 5, 2], [2], [0, 2], [2, 0, 2]]) {
      const x = np.ones(shape);
      expect(inChunks(plain, 4).apply(params, x).shape).toEqual(plain.apply(params, x).shape);
    }
  });

  test("has the same bits on every back end", () => {
    const x = wave([11, 2], 5);
    const f = (p: Params): Params =>
      grad((q: Params) => np.mean(np.square(inChunks(plain, 3).apply(q, x))))(p) as Params;
    const bits = (backend: "interpreter" | "js" | "wasm"): readonly number[] =>
      tree.leaves(jit(f, { backend })(params as never)).flatMap((leaf) => Array.from(floats(leaf as NDArray)));
    expect(bits("js")).toEqual(bits("interpreter"));
    expect(bits("wasm")).toEqual(bits("interpreter"));
  });

  test("refuses a number of chunks that is none", () => {
    for (const chunks of [0, 1.5, Number.NaN]) expect(() => inChunks(plain, chunks)).toThrow(coded("InvalidOption"));
  });
});

describe("a sweep", () => {
  test("has a row for every size and depth, whose parts add up to the peak", () => {
    const rows = memorySweep({ depths: [1, 2, 3], sizes: [4, 8], width: 8 });
    expect(rows.map(({ size, depth }) => [size, depth])).toEqual([4, 8].flatMap((n) => [1, 2, 3].map((d) => [n, d])));
    for (const { depth, size, points, peakBytes, temporaryBytes, argumentBytes, outputBytes } of rows) {
      const count = 8 * 3 + (depth - 1) * 8 * 9 + 9;
      expect(points).toBe(size * size);
      expect(outputBytes).toBe(4 * count + 4);
      expect(argumentBytes).toBe(4 * count + 8 * points);
      expect(peakBytes).toBe(temporaryBytes + argumentBytes + outputBytes);
    }
  });

  test("grows with every layer by the activations of its points and units, and a bit for their kinks", () => {
    const bytes = memorySweep({ depths: [2, 3, 4, 5], sizes: [50], width: 64 }).map((row) => row.temporaryBytes);
    bytes.slice(1).forEach((next, k) => {
      const perUnit = (next - bytes[k]!) / (2500 * 64);
      expect(perUnit >= 4 && perUnit < 7).toBe(true);
    });
  });

  test("of the largest published network needs more than 7 GB plain, and less than 1 GB in 16 chunks", () => {
    const largest = { depths: [9], sizes: [900] } as const;
    const [whole] = memorySweep(largest);
    const [chunked] = memorySweep({ ...largest, chunks: 16 });
    const [both] = memorySweep({ ...largest, chunks: 16, checkpoint: true });
    expect(whole!.peakBytes).toBeGreaterThan(7e9);
    expect(chunked!.peakBytes).toBeLessThan(1e9);
    expect(both!.peakBytes).toBeLessThan(chunked!.peakBytes);
    expect([chunked!.argumentBytes, chunked!.outputBytes]).toEqual([whole!.argumentBytes, whole!.outputBytes]);
  });

  test("takes other networks", () => {
    const make = (depth: number, width: number): readonly nn.Network<any>[] => [
      nn.dense(2, width),
      ...Array.from({ length: depth - 1 }, () => nn.sequential(nn.activation(np.sin), nn.dense(width, width))),
    ];
    const [row] = memorySweep({ depths: [2], sizes: [5], width: 4, make });
    expect(row!.outputBytes).toBe(4 * (12 + 20) + 4);
  });

  const variants: readonly MemorySweepOptions[] = [
    {},
    { checkpoint: true },
    { chunks: 5 },
    { chunks: 5, checkpoint: true },
  ];
  test.each(variants)("with %j plans what the running program holds, within ten percent", (variant) => {
    const options = { ...variant, depths: [3], sizes: [40], width: 32 };
    const [row] = memorySweep(options);
    const [f, own, points] = sweptProgram(options, 3, 40);
    const compiled = jit(f as never) as typeof f;
    compiled(own, points);
    const held = measurePeak(() => compiled(own, points));
    const planned = row!.peakBytes - row!.argumentBytes;
    expect(Math.abs(held - planned) / held, `held ${held}, planned ${planned}`).toBeLessThan(0.1);
  });

  test("refuses what is no sweep", () => {
    const faults = [{ depths: [] }, { sizes: [0] }, { width: 2.5 }, { chunks: 0 }, { checkpoint: 1 }, { make: 3 }];
    for (const fault of faults) expect(() => memorySweep(fault as object)).toThrow(coded("InvalidOption"));
    expect(() => memorySweep({ depth: [2] } as object)).toThrow(coded("UnknownOption"));
  });
});

describe("tables and pictures of a sweep", () => {
  const rows = memorySweep({ depths: [1, 2], sizes: [4, 6], width: 4 });

  test("the table reads back to the rows", () => {
    const [header, ...lines] = memoryCsv(rows).trimEnd().split("\r\n");
    const names = header!.split(",");
    expect(lines.map((line) => Object.fromEntries(line.split(",").map((cell, k) => [names[k], Number(cell)])))).toEqual(
      rows,
    );
  });

  test("the picture has a line for every size, the largest first, whatever the order of rows", () => {
    const svg = memoryPicture(rows, { title: "a < b" });
    const elements = parseXml(svg);
    expect(withClass(elements, "series")).toHaveLength(2);
    expect(elements.filter(({ name }) => name === "title").map(({ text }) => text)).toEqual([
      "a < b",
      "6 × 6",
      "4 × 4",
    ]);
    expect(memoryPicture(rows.toReversed(), { title: "a < b" })).toBe(svg);
  });

  test("the picture refuses no rows, and options that it does not know", () => {
    expect(() => memoryPicture([])).toThrow(coded("InvalidOption"));
    expect(() => memoryPicture(rows, { titel: "" } as object)).toThrow(coded("UnknownOption"));
  });
});
