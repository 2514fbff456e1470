/**
 * Products with the elements of a system:
 *   feApply(E, u) -> K(E) u      feForm(u, v) -> u_e' K0 v_e per element
 * Each is the other's transpose, so tangents and cotangents of any order stay in this pair.
 */
import { h8Elasticity } from "../kernels/sparse/hexahedron.ts";
import { q4PlaneStress } from "../kernels/sparse/quadrilateral.ts";
import { ShapeMismatch } from "../src/error.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Shape } from "../src/array/shape.ts";
import { sameShape, showShape, sizeOf } from "../src/array/shape.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { isLinearInput, reals, requireKnown } from "../src/ir/primitive.ts";
import type { BatchDim, Primitive, TypeOf } from "../src/ir/primitive.ts";
import { bilinearJvp } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { leadingAxes, requirePrefix, sliceOf } from "./fe-checks.ts";
import { fixedDofsOf, gridSystem, productsOf } from "./fe-system.ts";
import type { FeParams, FeSystem } from "./fe-system.ts";
import { moveAxis, only, reduceSum } from "./shape.ts";

/** A small cantilever for the laws. */
const lawSystem = (nelx: number, nely: number): FeSystem => {
  const fixed = new Uint8Array(2 * (nelx + 1) * (nely + 1));
  for (let row = 0; row <= nely; row++) fixed.fill(1, 2 * row * (nelx + 1), 2 * row * (nelx + 1) + 2);
  return gridSystem({ cells: [nely, nelx], elementMatrix: q4PlaneStress(0.3), fixed });
};

/** The same in space. */
const lawBlock = (nelx: number, nely: number, nelz: number): FeSystem => {
  const lines = (nely + 1) * (nelz + 1);
  const fixed = new Uint8Array(3 * (nelx + 1) * lines);
  for (let line = 0; line < lines; line++) fixed.fill(1, 3 * line * (nelx + 1), 3 * line * (nelx + 1) + 3);
  return gridSystem({ cells: [nelz, nely, nelx], elementMatrix: h8Elasticity(0.3), fixed });
};

const lawSystems = [lawSystem(2, 1), lawSystem(3, 2), lawSystem(1, 3), lawBlock(2, 1, 1)];

const dofSides: readonly DofSide[] = ["free", "all"];

/** Fields without their fixed dofs, or with them. */
export type DofSide = "free" | "all";

export interface FeApplyParams extends FeParams {
  /** "free", the default: the product is zero at fixed dofs. */
  readonly rows?: DofSide;
  /** "free", the default: fixed dofs of the field count as zero. */
  readonly columns?: DofSide;
}

export interface FeFormParams extends FeParams {
  /** "free", the default: fixed dofs of the first field count as zero. */
  readonly left?: DofSide;
  /** The same of the second field. */
  readonly right?: DofSide;
}

/** Parameters of a product; defaults are left out, so that one product has one spelling in jaxprs. */
const applyParams = (system: FeSystem, rows: DofSide = "free", columns: DofSide = "free"): FeApplyParams => ({
  system,
  ...(rows === "all" ? { rows } : {}),
  ...(columns === "all" ? { columns } : {}),
});

const formParams = (system: FeSystem, left: DofSide = "free", right: DofSide = "free"): FeFormParams => ({
  system,
  ...(left === "all" ? { left } : {}),
  ...(right === "all" ? { right } : {}),
});

const noDofs = new Int32Array(0);

/** Dofs that do not count on a side. */
const without = (side: DofSide | undefined, system: FeSystem): Int32Array => {
  if (side === "all") return noDofs;
  return fixedDofsOf(system);
};

/**
 * K(E) u, springs left out: linear in E and in u. `rows` and `columns` say on which side fixed dofs count; K_fp, which maps
 * prescribed displacements to forces on the free dofs, is that with all columns.
 */
export const feApply: PrimitiveFunction<[NDArray, NDArray], FeApplyParams> = definePrimitive<
  [NDArray, NDArray],
  FeApplyParams
>({
  name: "feApply",
  evaluate: ([modulus, u], { system, rows, columns }) => {
    const lead = sizeOf(leadingAxes("feApply", "modulus", modulus, system.elementShape));
    const dofs = sizeOf(system.nodalShape);
    const fields = u.size / dofs;
    const perModulus = lead === 0 ? 0 : fields / lead;
    const out = new Float64Array(u.size);
    for (let k = 0; k < fields; k++) {
      const own = sliceOf(modulus, Math.floor(k / perModulus), sizeOf(system.elementShape));
      const image = out.subarray(k * dofs, (k + 1) * dofs);
      productsOf(system).apply(own, sliceOf(u, k, dofs), image, without(columns, system));
      for (const dof of without(rows, system)) image[dof] = 0;
    }
    return fromBuffer(out, u.shape, "float64");
  },
  abstractEval: ([modulus, u], { system }): TypeOf => {
    requirePrefix(
      "feApply",
      leadingAxes("feApply", "modulus", modulus, system.elementShape),
      leadingAxes("feApply", "field", u, system.nodalShape),
    );
    return { shape: u.shape, dtype: "float64" };
  },
  jvp: bilinearJvp((modulus, u, params: FeApplyParams) => feApply(modulus, u, params)),
  transpose: (cotangents, [modulus, u], { system, rows, columns }) => {
    const cotangent = only(cotangents);
    if (!isLinearInput(modulus)) return [null, feApply(modulus, cotangent, applyParams(system, columns, rows))];
    const lead = modulus.aval.shape.length - system.elementShape.length;
    const forms = feForm(requireKnown(u), cotangent, formParams(system, columns, rows));
    const cases = forms.shape.length - system.elementShape.length - lead;
    return [cases === 0 ? forms : reduceSum(forms, { axes: Array.from({ length: cases }, (_, k) => lead + k) }), null];
  },
  batch: ([modulus, u], [modulusDim, uDim], params, { size }) => {
    const lead = modulus.shape.length - params.system.elementShape.length - (modulusDim === null ? 0 : 1);
    if (modulusDim === null) return [feApply(modulus, moveAxis(u, uDim!, lead), params), lead];
    return [feApply(batchToFront(modulus, modulusDim, size), batchToFront(u, uDim, size), params), 0];
  },
  lower: routine,
  laws: {
    sample: (pick) => {
      const system = pick.oneOf(lawSystems);
      const lead = pick.oneOf<Shape>([[], [2]]);
      const cases = pick.oneOf<Shape>([[], [3]]);
      return {
        inputs: [
          { shape: [...lead, ...system.elementShape], dtype: "float64", domain: reals(0.1, 1) },
          { shape: [...lead, ...cases, ...system.nodalShape], dtype: "float64", domain: reals(-1, 1) },
        ],
        params: applyParams(system, pick.oneOf(dofSides), pick.oneOf(dofSides)),
      };
    },
  },
});

/** u_e' K0 v_e for every element; `left` and `right` say where fixed dofs count. Bilinear, and symmetric in the fields with their sides. */
export const feForm: PrimitiveFunction<[NDArray, NDArray], FeFormParams> = definePrimitive<
  [NDArray, NDArray],
  FeFormParams
>({
  name: "feForm",
  evaluate: ([u, v], { system, left, right }) => {
    const lead = leadingAxes("feForm", "field", u, system.nodalShape);
    const dofs = sizeOf(system.nodalShape);
    const elements = sizeOf(system.elementShape);
    const fields = sizeOf(lead);
    const out = new Float64Array(fields * elements);
    // Programs hand over one field as two arrays.
    const isSquare = bufferOf(u) === bufferOf(v);
    for (let k = 0; k < fields; k++) {
      const first = sliceOf(u, k, dofs);
      const second = isSquare ? first : sliceOf(v, k, dofs);
      const own = out.subarray(k * elements, (k + 1) * elements);
      productsOf(system).forms(first, second, own, without(left, system), without(right, system));
    }
    return fromBuffer(out, [...lead, ...system.elementShape], "float64");
  },
  abstractEval: ([u, v], { system }): TypeOf => {
    const lead = leadingAxes("feForm", "first field", u, system.nodalShape);
    if (!sameShape(u.shape, v.shape))
      throw new ShapeMismatch(
        "feForm",
        `fields ${showShape(u.shape)} and ${showShape(v.shape)}`,
        "Both fields need one shape",
      );
    return { shape: [...lead, ...system.elementShape], dtype: "float64" };
  },
  jvp: bilinearJvp((u, v, params: FeFormParams) => feForm(u, v, params)),
  transpose: (cotangents, [u, v], { system, left, right }) =>
    isLinearInput(u)
      ? [feApply(only(cotangents), requireKnown(v), applyParams(system, left, right)), null]
      : [null, feApply(only(cotangents), u, applyParams(system, right, left))],
  batch: ([u, v], [uDim, vDim], params, { size }) => [
    feForm(batchToFront(u, uDim as BatchDim, size), batchToFront(v, vDim as BatchDim, size), params),
    0,
  ],
  lower: routine,
  laws: {
    sample: (pick) => {
      const system = pick.oneOf(lawSystems);
      const shape = [...pick.oneOf<Shape>([[], [2]]), ...system.nodalShape];
      const field = { shape, dtype: "float64" as const, domain: reals(-1, 1) };
      return { inputs: [field, field], params: formParams(system, pick.oneOf(dofSides), pick.oneOf(dofSides)) };
    },
  },
});

/** The records of this family. */
export const family: readonly Primitive[] = [feApply.primitive, feForm.primitive];
