/** Products of elements in WebAssembly against the readable ones, to the bit. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementProducts } from "../../../kernels/multifrontal/element-products.ts";
import { applyElements, elementForms } from "../../../kernels/sparse/element-operator.ts";
import type { ElementMesh } from "../../../kernels/sparse/element-operator.ts";
import { brickElementNodes, gridElementNodes } from "../../../kernels/sparse/grid.ts";
import { h8Elasticity, h8Heat } from "../../../kernels/sparse/hexahedron.ts";
import { q4Heat, q4PlaneStress } from "../../../kernels/sparse/quadrilateral.ts";
import { seeds, smallGrids, uniform } from "../sparse/systems.ts";

const counts = fc.record({ grid: smallGrids, nelz: fc.integer({ min: 0, max: 3 }), isHeat: fc.boolean() });

/** A mesh, its element matrix, its number of dofs; nelz 0 is a plane one. */
const meshOf = ({ grid: { nelx, nely }, nelz, isHeat }: typeof counts extends fc.Arbitrary<infer T> ? T : never) => {
  const isPlane = nelz === 0;
  const dofsPerNode = isHeat ? 1 : isPlane ? 2 : 3;
  const mesh: ElementMesh = {
    elementNodes: isPlane ? gridElementNodes(nelx, nely) : brickElementNodes(nelx, nely, nelz),
    nodesPerElement: isPlane ? 4 : 8,
    dofsPerNode,
  };
  const plane = isHeat ? q4Heat(1, 0.7) : q4PlaneStress(0.3, 1, 0.7);
  const brick = isHeat ? h8Heat(1, 0.7, 0.4) : h8Elasticity(0.3, 1, 0.7, 0.4);
  const dofs = dofsPerNode * (nelx + 1) * (nely + 1) * (nelz + 1);
  return { mesh, matrix: isPlane ? plane : brick, dofs, elements: nelx * nely * Math.max(1, nelz) };
};

describe("products of elements in WebAssembly have the bits of the reference", () => {
  it("K(E) u, also where elements are absent and where fields are large", () => {
    fc.assert(
      fc.property(counts, seeds, (count, seed) => {
        const { mesh, matrix, dofs, elements } = meshOf(count);
        const modulus = uniform(elements, seed).map((x) => (x < 0.1 ? 0 : 10 ** (-9 * x)));
        const u = uniform(dofs, seed + 1).map((x) => 1e3 * (x - 0.5));
        const [seen, expected] = [new Float64Array(dofs), new Float64Array(dofs)];
        elementProducts(mesh, matrix).apply(modulus, u, seen);
        applyElements(mesh, matrix, modulus, u, expected);
        expect(seen).toEqual(expected);
      }),
    );
  });

  it("with dofs that count as zero, as for fields that are zero there, and leaves the fields alone", () => {
    fc.assert(
      fc.property(counts, seeds, fc.boolean(), (count, seed, isSame) => {
        const { mesh, matrix, dofs, elements } = meshOf(count);
        const [modulus, u] = [uniform(elements, seed), uniform(dofs, seed + 1)];
        const v = isSame ? u : uniform(dofs, seed + 2);
        const [zerosOfU, zerosOfV] = [0.3, 0.6].map((share, k) =>
          Int32Array.from([...uniform(dofs, seed + 3 + k)].flatMap((x, dof) => (x < share ? [dof] : []))),
        ) as [Int32Array, Int32Array];
        const without = (field: Float64Array, zeros: Int32Array) =>
          field.map((value, dof) => (zeros.includes(dof) ? 0 : value));
        const products = elementProducts(mesh, matrix);
        const [image, forms] = [new Float64Array(dofs), new Float64Array(elements)];
        const copies = [u.slice(), v.slice()];
        applyElements(mesh, matrix, modulus, without(u, zerosOfU), image);
        expect(products.image(modulus, u, zerosOfU).slice()).toEqual(image);
        elementForms(mesh, matrix, without(u, zerosOfU), without(v, zerosOfV), forms);
        const seen = new Float64Array(elements);
        products.forms(u, v, seen, zerosOfU, zerosOfV);
        expect(seen).toEqual(forms);
        expect([u, v]).toEqual(copies);
      }),
    );
  });

  it("u_e' K0 v_e, of two fields and of a field with itself", () => {
    fc.assert(
      fc.property(counts, seeds, fc.boolean(), (count, seed, isSame) => {
        const { mesh, matrix, dofs, elements } = meshOf(count);
        const u = uniform(dofs, seed).map((x) => x - 0.5);
        const v = isSame ? u : uniform(dofs, seed + 1);
        const [seen, expected] = [new Float64Array(elements), new Float64Array(elements)];
        elementProducts(mesh, matrix).forms(u, v, seen);
        elementForms(mesh, matrix, u, v, expected);
        expect(seen).toEqual(expected);
      }),
    );
  });
});
