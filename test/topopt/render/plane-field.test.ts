/**
 * What every picture of a field holds to: a field says its sizes itself, values row by row are told them, and both are one picture;
 * what is no field of the plane is refused, with what to do.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, jit } from "cotangent";
import type { NDArray } from "cotangent";
import { elementField, gridMesh } from "cotangent/fem";
import * as np from "cotangent/numpy";
import {
  animatedPng,
  boundaryPicture,
  comparisonPicture,
  contourSvg,
  deformedPicture,
  densityPng,
  designPicture,
} from "../../../topopt/render/index.ts";
import type { FieldSize } from "../../../topopt/render/index.ts";
import { decodePng } from "./png-decoder.ts";

type Given = Parameters<typeof densityPng>[0];
type Picture = string | Uint8Array;

/** Pictures that take values row by row. */
const pictures: Readonly<Record<string, (field: Given, size?: FieldSize) => Picture>> = {
  densityPng: (field, size) => densityPng(field, { ...size, scale: 2 }),
  animatedPng: (field, size) => animatedPng([field], { ...size, scale: 2 }),
  contourSvg: (field, size) => contourSvg(field, { ...size, levels: [0.3, 0.6] }),
  designPicture: (field, size) => designPicture(field, size),
  comparisonPicture: (density, size) => comparisonPicture({ designs: [{ density, caption: "c", ...size }] }),
};

/** Pictures that have the sizes from elsewhere, or from the field alone. */
const sized: Readonly<Record<string, (field: Given) => Picture>> = {
  boundaryPicture: (density) => boundaryPicture({ nelx: 3, nely: 2, supports: [], loads: [], density }),
  deformedPicture: (density) => deformedPicture({ density, displacement: np.zeros([3, 4, 2]) }),
};

/** Sizes and values of a field in the plane. */
const fields = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([nelx, nely]) =>
    fc.tuple(
      fc.constant({ nelx, nely }),
      fc.float64Array({ minLength: nelx * nely, maxLength: nelx * nely, min: -0.2, max: 1.2, noNaN: true }),
    ),
  );

const coded = (code: string): object => expect.objectContaining({ code });

describe.each(Object.entries(pictures))("%s", (_, draw) => {
  test("of an element field is that of its rows, and of its values with nelx and nely", () =>
    fc.assert(
      fc.property(fields, ([size, values]) => {
        const field = elementField(gridMesh(size), array(values, { shape: [size.nely, size.nelx] }));
        const expected = draw(field);
        expect(draw(field.toList() as number[][])).toEqual(expected);
        expect(draw(field, size)).toEqual(expected);
        expect(draw(values, size)).toEqual(expected);
        expect(draw([...values], size)).toEqual(expected);
      }),
      { numRuns: 20 },
    ));

  test("of zeros and ones is the same whatever kind of numbers they are", () => {
    const [bits, size] = [[0, 1, 1, 0, 1, 0], { nelx: 3, nely: 2 }];
    const expected = draw(bits, size);
    const kinds = [Float32Array, Float64Array, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Int32Array];
    for (const kind of kinds) expect(draw(kind.from(bits), size)).toEqual(expected);
    for (const dtype of ["bool", "int32", "uint32", "float32"] as const)
      expect(draw(array(bits, { shape: [2, 3], dtype }))).toEqual(expected);
  });

  test.each([
    ["values without sizes", [0, 1], {}],
    ["values with one size", [0, 1], { nelx: 2 }],
    ["values of another number", [0, 1, 1], { nelx: 2, nely: 1 }],
    ["a field that contradicts nelx", array([[0, 1]]), { nelx: 1 }],
    ["a field that contradicts nely", array([[0, 1]]), { nelx: 2, nely: 2 }],
    ["a number", array(1), { nelx: 1, nely: 1 }],
    ["no element", np.zeros([0, 3]), {}],
  ])("of %s is refused", (_name, field, size) => expect(() => draw(field, size)).toThrow(coded("ShapeMismatch")));
});

describe.each(Object.entries({ ...pictures, ...sized }))("%s", (name, draw) => {
  test("of a field in space is refused, and says how to look at one; what it says is drawn", () => {
    const field = elementField(gridMesh({ nelx: 3, nely: 2, nelz: 4 }), 0.5);
    expect(() => draw(field)).toThrow(coded("ShapeMismatch"));
    expect(() => draw(field)).toThrow(/\[4,2,3\].*field\.at\(0\)\.get\(\).*np\.mean\(field, \{ axis: 0 \}\)/u);
    expect(draw(field.at(0).get())).toEqual(draw(np.mean(field, { axis: 0 })));
  });

  test("of a value that is not finite is refused with its row and column", () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const field = array([
        [0, 1, 1],
        [0.5, bad, 1],
      ]);
      expect(() => draw(field)).toThrow(coded("InvalidElement"));
      expect(() => draw(field)).toThrow(/row 1, column 1/u);
      expect(() => draw(field)).toThrow(name);
    }
  });

  test("of a traced field is refused", () => {
    const trace = (field: NDArray): NDArray => {
      draw(field);
      return field;
    };
    expect(() => jit(trace)(np.zeros([2, 3]))).toThrow(coded("TracerConversion"));
  });
});

test("densityPng of an element field has a pixel an element, row 0 at the top", () => {
  const field = elementField(gridMesh({ nelx: 3, nely: 2 }), [
    [0, 1, 0.5],
    [1, 1, 0],
  ]);
  const { width, height, pixels } = decodePng(densityPng(field));
  expect([width, height, ...pixels]).toEqual([3, 2, 255, 0, 127, 0, 0, 255]);
});
