/**
 * Laws of surfaces: closed, without branches, turned outwards, around exactly the elements above the level; and of the files made of them.
 */
import { inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { isoSurface, stl, threeMf } from "cotangent/topopt/files";
import type { IsoSurface } from "cotangent/topopt/files";
import { isXmlText, parseXml } from "../render/xml-checker.ts";

type Vector = readonly [number, number, number];

const cornersOf = ({ triangles }: IsoSurface): readonly Vector[] =>
  Array.from(
    { length: triangles.length / 3 },
    (_, k) => [...triangles.subarray(3 * k, 3 * k + 3)] as unknown as Vector,
  );

const placesOf = ({ vertices }: IsoSurface): readonly Vector[] =>
  Array.from({ length: vertices.length / 3 }, (_, k) => [...vertices.subarray(3 * k, 3 * k + 3)] as unknown as Vector);

const subtract = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

const volumeOf = (surface: IsoSurface): number => {
  const places = placesOf(surface);
  return cornersOf(surface).reduce((sum, [a, b, c]) => sum + dot(places[a]!, cross(places[b]!, places[c]!)) / 6, 0);
};

/** How often the surface goes around a point: the sum of the solid angles of its triangles over 4 pi (van Oosterom & Strackee 1983). */
const turnsAround = (surface: IsoSurface, point: Vector): number => {
  const towards = placesOf(surface).map((place) => subtract(place, point));
  return (
    cornersOf(surface).reduce((sum, corners) => {
      const [a, b, c] = corners.map((corner) => towards[corner]!) as unknown as [Vector, Vector, Vector];
      const [la, lb, lc] = [Math.hypot(...a), Math.hypot(...b), Math.hypot(...c)];
      const denominator = la * lb * lc + dot(a, b) * lc + dot(b, c) * la + dot(c, a) * lb;
      return sum + 2 * Math.atan2(dot(a, cross(b, c)), denominator);
    }, 0) /
    (4 * Math.PI)
  );
};

/** Every edge in exactly two triangles and in both directions; around every corner one ring of triangles; no triangle without an area. */
const expectClosed = (surface: IsoSurface): void => {
  const places = placesOf(surface);
  const faults: string[] = [];
  const directed = new Set<string>();
  const rings = new Map<number, Map<number, number>>();
  for (const corners of cornersOf(surface)) {
    const [a, b, c] = corners.map((corner) => places[corner]!) as unknown as [Vector, Vector, Vector];
    if (!(Math.hypot(...cross(subtract(b, a), subtract(c, a))) > 0)) faults.push(`${corners.join()} has no area`);
    corners.forEach((corner, k) => {
      const [next, last] = [corners[(k + 1) % 3]!, corners[(k + 2) % 3]!];
      const edge = `${corner} ${next}`;
      if (directed.has(edge)) faults.push(`${edge} is passed twice`);
      directed.add(edge);
      rings.set(corner, (rings.get(corner) ?? new Map()).set(next, last));
    });
  }
  for (const edge of directed) if (!directed.has(edge.split(" ").reverse().join(" "))) faults.push(`${edge} is open`);
  for (const [corner, ring] of rings) {
    const [start] = ring.keys();
    let [at, steps] = [ring.get(start!), 1];
    for (; at !== start && at !== undefined && steps <= ring.size; steps++) at = ring.get(at);
    if (at !== start || steps !== ring.size) faults.push(`${corner} has several rings`);
  }
  expect(faults).toEqual([]);
  expect(rings.size).toBe(places.length);
};

interface Field {
  readonly density: NDArray;
  readonly values: readonly number[];
  /** nelx, nely, nelz; nelz is 1 in the plane. */
  readonly counts: Vector;
}

const fieldOf = (counts: readonly number[], values: readonly number[]): Field => ({
  density: array([...values], { shape: [...counts].reverse() }),
  values,
  counts: [counts[0]!, counts[1]!, counts[2] ?? 1],
});

/** Random fields in space and in the plane: void and full, or grey, with values at the level and beside it. */
const fields = (largest: number): fc.Arbitrary<Field> =>
  fc
    .array(fc.integer({ min: 1, max: largest }), { minLength: 2, maxLength: 3 })
    .chain((counts) => {
      const size = counts.reduce((product, count) => product * count, 1);
      const value = fc.constantFrom(
        fc.constantFrom(0, 1),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(0, 0.5, 0.5 + 1e-16, 0.5 - 1e-16, 1, 1e300, -1e300),
      );
      return value
        .chain((each) => fc.array(each, { minLength: size, maxLength: size }))
        .map((values) => fieldOf(counts, values));
    })
    .filter(({ values }) => values.some((value) => value > 0.5));

const checkerboard = (counts: Vector, parity: number): Field => {
  const [nelx, nely, nelz] = counts;
  const values = Array.from(
    { length: nelx * nely * nelz },
    (_, k) => ((k % nelx) + (Math.floor(k / nelx) % nely) + Math.floor(k / (nelx * nely)) + parity) % 2,
  );
  return fieldOf(counts, values);
};

/** Bevels of a block's ends, in elements. */
const bevel = 0.01;

describe("isoSurface", () => {
  test("is closed, without branches, of positive volume and within the box", () =>
    fc.assert(
      fc.property(fields(6), ({ density, counts }) => {
        const surface = isoSurface(density);
        expectClosed(surface);
        expect(volumeOf(surface)).toBeGreaterThan(0);
        expect(surface.vertices.every((place, k) => place >= 0 && place <= counts[k % 3]!)).toBe(true);
      }),
    ));

  test("all 256 ways in which eight elements can be full or void are closed", () => {
    for (let bits = 1; bits < 256; bits++)
      expectClosed(
        isoSurface(
          fieldOf(
            [2, 2, 2],
            Array.from({ length: 8 }, (_, k) => (bits >> k) & 1),
          ).density,
        ),
      );
  });

  test("checkerboards and their complements are closed", () => {
    for (const counts of [
      [6, 6, 6],
      [5, 4, 3],
      [2, 2, 1],
    ] as const)
      for (const parity of [0, 1]) expectClosed(isoSurface(checkerboard(counts, parity).density));
    for (const parity of [0, 1]) expectClosed(isoSurface(checkerboard([6, 5, 1], parity).density.reshape([5, 6])));
  });

  test("goes once around the centre of each element above the level and not around others, rows being turned round", () =>
    fc.assert(
      fc.property(fields(4), ({ density, values, counts: [nelx, nely] }) => {
        const surface = isoSurface(density);
        values.forEach((value, k) => {
          const [column, row, layer] = [k % nelx, Math.floor(k / nelx) % nely, Math.floor(k / (nelx * nely))];
          const turns = turnsAround(surface, [column + 0.5, nely - row - 0.5, layer + 0.5]);
          expect(Math.abs(turns - (value > 0.5 ? 1 : 0))).toBeLessThan(1e-6);
        });
      }),
      { numRuns: 60 },
    ));

  test("a full block has its volume, but for twelve bevelled edges and eight corners", () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 3, maxLength: 3 }), (counts) => {
        const [a, b, c] = counts as unknown as Vector;
        const volume = volumeOf(isoSurface(fieldOf([a, b, c], new Array<number>(a * b * c).fill(1)).density));
        const alongEdges = 4 * (a + b + c - 6 * bevel) * (bevel ** 2 / 2);
        const atCorners = 8 * (5 / 6) * bevel ** 3;
        expect(Math.abs(volume - (a * b * c - alongEdges - atCorners))).toBeLessThan(1e-12 * a * b * c);
      }),
    ));

  test("a single element amid void is an octahedron", () => {
    const values = Array.from({ length: 27 }, (_, k) => (k === 13 ? 1 : 0));
    const surface = isoSurface(fieldOf([3, 3, 3], values).density);
    expect(surface.triangles).toHaveLength(3 * 8);
    expect(volumeOf(surface)).toBeCloseTo(1 / 6, 12);
  });

  test("a ball of smooth density has the ball's volume, with an error that falls with the square of the elements", () => {
    const errors = [10, 20, 40].map((n) => {
      const radius = 0.375 * n;
      const values = Array.from({ length: n ** 3 }, (_, k) => {
        const place = [k % n, Math.floor(k / n) % n, Math.floor(k / n ** 2)].map((at) => at + 0.5 - n / 2);
        return Math.min(1, Math.max(0, 0.5 + (radius - Math.hypot(...place)) / 4));
      });
      return 1 - volumeOf(isoSurface(fieldOf([n, n, n], values).density)) / ((4 / 3) * Math.PI * radius ** 3);
    });
    for (const [k, error] of errors.slice(1).entries()) {
      expect(errors[k]! / error).toBeGreaterThan(3.5);
      expect(errors[k]! / error).toBeLessThan(4.5);
    }
    expect(errors[2]).toBeLessThan(0.003);
  });

  test("designs of the plane have upright walls: volume is area times thickness", () =>
    fc.assert(
      fc.property(
        fields(5).filter(({ density }) => density.ndim === 2),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        ({ density, values, counts }, thickness) => {
          const surface = isoSurface(density, { thickness });
          const heights = new Set([...surface.vertices].filter((_, k) => k % 3 === 2));
          expect([...heights].sort((left, right) => left - right)).toEqual([0, thickness]);
          const [one, more] = [volumeOf(isoSurface(density)), volumeOf(surface)];
          expect(Math.abs(more - one * thickness)).toBeLessThan(1e-12 * (1 + more));
          if (values.every((value) => value > 0.5))
            expect(Math.abs(one - (counts[0] * counts[1] - 2 * bevel ** 2))).toBeLessThan(1e-12 * one);
        },
      ),
    ));

  test("size scales the box", () =>
    fc.assert(
      fc.property(fields(4), ({ density, counts }) => {
        const size = density.ndim === 3 ? [3, 5, 7] : [3, 5];
        const cell = size.reduce((product, length, axis) => (product * length) / counts[axis]!, 1);
        const volume = volumeOf(isoSurface(density));
        const scaled = volumeOf(isoSurface(density, { size }));
        expect(Math.abs(scaled - volume * cell)).toBeLessThan(1e-12 * (1 + volume) * cell);
      }),
    ));

  test("a design seen in a mirror, or with its axes exchanged, has a surface of the same volume", () => {
    const mirrors = ({ density }: Field): void => {
      const axes = density.shape.map((_, axis) => axis);
      const volume = volumeOf(isoSurface(density));
      for (const other of [...axes.map((axis) => np.flip(density, axis)), np.transpose(density)])
        expect(Math.abs(volumeOf(isoSurface(other)) - volume)).toBeLessThan(1e-9 * (1 + volume));
    };
    fc.assert(fc.property(fields(4), mirrors));
    // A quadrilateral out of plane with diagonals of equal length.
    const huge = [0, 0, 0, 0, -1e300, 0.4, 1e300, 1, 0, 0, 0.6, 0, 0.4, -1e300, 1, 1e300];
    mirrors(fieldOf([2, 4, 2], huge));
  });

  test.each([
    ["nothing above the level", [[0.2, 0.4]], {}, "InvalidOption"],
    ["NaN", [[NaN]], {}, "InvalidElement"],
    ["a field of one axis", [1, 1], {}, "ShapeMismatch"],
    ["a field without elements", array(new Float64Array(0), { shape: [0, 2] }), {}, "ShapeMismatch"],
    ["iso that is no number", [[1]], { iso: "0.5" }, "InvalidOption"],
    ["iso without end", [[1]], { iso: -Infinity }, "InvalidOption"],
    ["a size of another number of axes", [[1]], { size: [1, 1, 1] }, "InvalidOption"],
    ["a size of zero", [[1]], { size: [1, 0] }, "InvalidOption"],
    ["a thickness of a solid", [[[1]]], { thickness: 2 }, "InvalidOption"],
    ["an unknown option", [[1]], { level: 0.5 }, "UnknownOption"],
  ])("%s is refused", (_, density, options, code) => {
    for (const write of [isoSurface, stl, threeMf])
      expect(() => write(density as never, options as never)).toThrow(expect.objectContaining({ code }));
  });
});

/** Triangles of a binary STL file: corners joined where they are equal to the bit. */
const readStl = (file: Uint8Array): { readonly surface: IsoSurface; readonly normals: readonly Vector[] } => {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const count = view.getUint32(80, true);
  expect(file.length).toBe(84 + 50 * count);
  expect(Buffer.from(file.subarray(0, 5)).toString()).not.toBe("solid");
  const found = new Map<string, number>();
  const vertices: number[] = [];
  const triangles: number[] = [];
  const normals: Vector[] = [];
  const vector = (at: number): Vector => [0, 4, 8].map((k) => view.getFloat32(at + k, true)) as unknown as Vector;
  for (let facet = 0; facet < count; facet++) {
    const start = 84 + 50 * facet;
    normals.push(vector(start));
    for (const corner of [12, 24, 36].map((offset) => vector(start + offset))) {
      const key = corner.join();
      if (!found.has(key)) {
        found.set(key, found.size);
        vertices.push(...corner);
      }
      triangles.push(found.get(key)!);
    }
  }
  return { surface: { vertices: Float64Array.from(vertices), triangles: Uint32Array.from(triangles) }, normals };
};

describe("stl", () => {
  test("read back, its triangles join to the closed surface; normals are of unit length and agree with the corners", () =>
    fc.assert(
      fc.property(fields(4), ({ density }) => {
        const { surface, normals } = readStl(stl(density));
        expectClosed(surface);
        const volume = volumeOf(isoSurface(density));
        expect(Math.abs(volumeOf(surface) - volume)).toBeLessThan(1e-5 * (1 + volume));
        const places = placesOf(surface);
        cornersOf(surface).forEach(([a, b, c], k) => {
          const normal = cross(subtract(places[b]!, places[a]!), subtract(places[c]!, places[a]!));
          expect(Math.abs(Math.hypot(...normals[k]!) - 1)).toBeLessThan(1e-6);
          expect(dot(normal, normals[k]!)).toBeGreaterThan(0);
        });
      }),
      { numRuns: 60 },
    ));

  test("lengths at which single precision would close gaps between corners are refused", () => {
    for (const length of [1e300, 1e-300])
      expect(() => stl([[1]], { size: [length, 1] })).toThrow(expect.objectContaining({ code: "InvalidOption" }));
  });
});

/** Files of an archive whose sizes stand in front of them. */
const filesOf = (archive: Uint8Array): ReadonlyMap<string, string> => {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const files = new Map<string, string>();
  for (let at = 0; view.getUint32(at, true) === 0x04034b50;) {
    const [method, length, nameLength] = [
      view.getUint16(at + 8, true),
      view.getUint32(at + 18, true),
      view.getUint16(at + 26, true),
    ];
    const start = at + 30 + nameLength;
    const packed = archive.subarray(start, start + length);
    const content = method === 8 ? inflateRawSync(packed) : Buffer.from(packed);
    files.set(Buffer.from(archive.subarray(at + 30, start)).toString(), content.toString());
    at = start + length;
  }
  return files;
};

const withoutDeclaration = (text: string): string => text.replace('<?xml version="1.0" encoding="UTF-8"?>\n', "");

describe("threeMf", () => {
  test("holds the surface to the bit, reachable by the package's relationships", () =>
    fc.assert(
      fc.property(fields(3), ({ density }) => {
        const files = filesOf(threeMf(density));
        expect([...files.keys()]).toEqual(["[Content_Types].xml", "_rels/.rels", "3D/3dmodel.model"]);
        const target = parseXml(withoutDeclaration(files.get("_rels/.rels")!))[1]!.attributes["Target"]!;
        const elements = parseXml(withoutDeclaration(files.get(target.slice(1))!));
        const numbers = (element: string, keys: readonly string[]): number[] =>
          elements
            .filter(({ name }) => name === element)
            .flatMap(({ attributes }) => keys.map((key) => Number(attributes[key])));
        const { vertices, triangles } = isoSurface(density);
        expect(numbers("vertex", ["x", "y", "z"])).toEqual([...vertices]);
        expect(numbers("triangle", ["v1", "v2", "v3"])).toEqual([...triangles]);
      }),
      { numRuns: 40 },
    ));

  test("unit and title are in the model, markup in the title stays text", () => {
    for (const title of ["<item objectid='9'/>", "a & b ]]>", "a\u0000b"]) {
      const elements = parseXml(
        withoutDeclaration(filesOf(threeMf([[1]], { unit: "inch", title })).get("3D/3dmodel.model")!),
      );
      expect(elements[0]!.attributes["unit"]).toBe("inch");
      expect(elements.filter(({ name }) => name === "item")).toHaveLength(1);
      expect(elements.find(({ name }) => name === "metadata")!.text).toBe(isXmlText(title) ? title : "a\ufffdb");
    }
  });

  test("an unknown unit and a title that is no text are refused", () => {
    for (const options of [{ unit: "mile" }, { title: 3 }])
      expect(() => threeMf([[1]], options as never)).toThrow(expect.objectContaining({ code: "InvalidOption" }));
  });
});
