/** Smallest accepted pivots that WebAssembly computes of the elements, against the reference, to the bit. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { arrange } from "../../../kernels/multifrontal/arrangement.ts";
import { directSolver } from "../../../kernels/multifrontal/direct-solver.ts";
import { headerWord } from "../../../kernels/multifrontal/layout.ts";
import { multifrontalModule } from "../../../kernels/multifrontal/module.ts";
import { instantiate } from "../../../kernels/prebuilt/module.ts";
import { analyzeElements } from "../../../kernels/sparse/analysis.ts";
import type { Analysis } from "../../../kernels/sparse/analysis.ts";
import { thresholdsOf } from "../../../kernels/sparse/diagonal.ts";
import { referenceKernel } from "../../../kernels/sparse/factor-kernel.ts";
import { brickElementNodes, gridElementNodes } from "../../../kernels/sparse/grid.ts";
import type { ElementValues } from "../../../kernels/sparse/multifrontal.ts";
import { nestedDissection } from "../../../kernels/sparse/nested-dissection.ts";
import { seeds, smallGrids, uniform } from "../sparse/systems.ts";

/** An analysis of a plane or space mesh with one to three dofs per node, some of them fixed. */
const analyses = fc
  .record({
    grid: smallGrids,
    nelz: fc.integer({ min: 0, max: 2 }),
    dofsPerNode: fc.integer({ min: 1, max: 3 }),
    seeds,
  })
  .map(({ grid: { nelx, nely }, nelz, dofsPerNode, seeds: seed }): Analysis => {
    const isPlane = nelz === 0;
    const nodeCount = (nelx + 1) * (nely + 1) * (nelz + 1);
    return analyzeElements({
      nodeCount,
      dofsPerNode,
      elementNodes: isPlane ? gridElementNodes(nelx, nely) : brickElementNodes(nelx, nely, nelz),
      nodesPerElement: isPlane ? 4 : 8,
      order: nestedDissection(isPlane ? [nely, nelx] : [nelz, nely, nelx]),
      fixed: Uint8Array.from(uniform(nodeCount * dofsPerNode, seed), (x) => (x < 0.2 ? 1 : 0)),
    });
  });

/** Random values, positive definite or not: diagonals do not care. */
const valuesOf = (analysis: Analysis, seed: number, hasSprings: boolean, isVarying: boolean): ElementValues => {
  const { nodesPerElement, dofsPerNode, elementCount, dofCount } = analysis;
  const entries = (nodesPerElement * dofsPerNode) ** 2;
  return {
    elementMatrix: uniform(isVarying ? entries * elementCount : entries, seed),
    modulus: uniform(elementCount, seed + 1).map((x) => 10 ** (-9 * x)),
    springs: hasSprings ? uniform(dofCount, seed + 2) : undefined,
  };
};

const byWasm = (analysis: Analysis, values: ElementValues, fraction: number): Float64Array => {
  const { nodesPerElement, dofsPerNode, elementCount, dofCount, positionCount } = analysis;
  const size = nodesPerElement * dofsPerNode;
  const { places, write } = arrange(analysis, 1, values.elementMatrix.length / size ** 2);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(places.bytes / 65536) });
  write({ memory, base: 0 });
  const doubles = (at: number, length: number): Float64Array => new Float64Array(memory.buffer, at, length);
  doubles(places.matrix, values.elementMatrix.length).set(values.elementMatrix);
  doubles(places.modulus, elementCount).set(values.modulus);
  const header = new Int32Array(memory.buffer, 0, 16);
  header[headerWord.matrixStep] = values.elementMatrix.length === size ** 2 ? 0 : 8 * size ** 2;
  if (values.springs !== undefined) {
    doubles(places.springs, dofCount).set(values.springs);
    header[headerWord.springs] = places.springs;
  }
  // What was there before does not matter.
  doubles(places.rhs, dofCount).fill(NaN);
  doubles(places.fraction, 1)[0] = fraction;
  instantiate(multifrontalModule(size), memory)[`thresholds${dofsPerNode}`]!(0, elementCount, places.fraction);
  return doubles(places.threshold, positionCount);
};

test("thresholds have the bits of the reference, with springs, matrices per element, and any number of dofs per node", () => {
  fc.assert(
    fc.property(analyses, seeds, fc.boolean(), fc.boolean(), (analysis, seed, hasSprings, isVarying) => {
      const values = valuesOf(analysis, seed, hasSprings, isVarying);
      for (const fraction of [1e-16, 0.3, 0])
        expect(byWasm(analysis, values, fraction)).toEqual(thresholdsOf(analysis, values, fraction));
    }),
  );
});

test("a fraction of the diagonal refuses the pivot that the same thresholds by position refuse", () => {
  let refusals = 0;
  // Even between 0 and 1: doubles of all sizes would hardly ever refuse a pivot.
  const fractions = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);
  fc.assert(
    fc.property(analyses, seeds, fractions, (analysis, seed, fraction) => {
      const { nodesPerElement, dofsPerNode } = analysis;
      const size = nodesPerElement * dofsPerNode;
      // Diagonally dominant, so that pivots fall by parts of the diagonal.
      const elementMatrix = Float64Array.from({ length: size ** 2 }, (_, k) => (k % (size + 1) === 0 ? size : 0.9));
      const values = { ...valuesOf(analysis, seed, false, false), elementMatrix };
      const limits = thresholdsOf(analysis, values, fraction).slice();
      const kernels = [directSolver(analysis), referenceKernel(analysis, new Float64Array(analysis.factorLength))];
      const wanted = kernels[1]!.eliminate(values, limits);
      if (wanted !== undefined) refusals++;
      for (const kernel of kernels) expect(kernel.eliminate(values, fraction)).toEqual(wanted);
    }),
  );
  expect(refusals).toBeGreaterThan(0);
});
