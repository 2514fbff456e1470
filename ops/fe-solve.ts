/**
 * The finite element solve as a closed family over a static system:
 *   feFactor(E) -> factor        feSolve(factor, E, f) -> u = K(E)^-1 f
 *   feApply(E, u) -> K(E) u      feForm(u, v) -> u_e' K0 v_e per element
 * K is linear in E and symmetric, so the adjoint method, tangents and every higher order are written with
 * these four: du = K^-1 (df - K(dE) u), cotangent of E = -feForm(lambda, u). The factor is a value: forward,
 * adjoint, tangent and all load cases share it. Leading axes of E and factor come first in f, then load cases.
 */
import type { FactorRefusal } from "../kernels/sparse/cholesky.ts";
import {
  DTypeMismatch,
  InvalidLoad,
  InvalidModulus,
  InvalidOption,
  NotPositiveDefinite,
  ShapeMismatch,
} from "../src/error.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import type { Shape } from "../src/array/shape.ts";
import { sameShape, showShape, sizeOf } from "../src/array/shape.ts";
import { counts } from "../src/counters.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { isLinearInput, isZero, notLinear, reals, requireKnown, zero } from "../src/ir/primitive.ts";
import type { BatchDim, Primitive, TypeOf } from "../src/ir/primitive.ts";
import { notify } from "../src/notice.ts";
import { bilinearJvp, neg, sub } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { redeem, ticketOf } from "./fe-factors.ts";
import type { FeSystem } from "./fe-system.ts";
import { analysisOf, gridSystem, productsOf, recordReport } from "./fe-system.ts";
import { q4PlaneStress } from "../kernels/sparse/quadrilateral.ts";
import { moveAxis, only, reduceSum } from "./shape.ts";

export interface FeParams {
  readonly system: FeSystem;
}

// --- Shapes -----------------------------------------------------------------------------------

/** Leading axes of a value whose last axes are `tail`. */
const leadingAxes = (asked: string, what: string, x: Aval, tail: Shape): Shape => {
  const split = x.shape.length - tail.length;
  if (split < 0 || !sameShape(x.shape.slice(split), tail))
    throw new ShapeMismatch(
      asked,
      `${what} has shape ${showShape(x.shape)} where ${showShape(tail)} is needed (further axes in front)`,
      "Element fields are [nely, nelx], displacements and loads [nely + 1, nelx + 1, 2]",
    );
  if (x.dtype !== "float64")
    throw new DTypeMismatch(asked, `${what} is ${showAval(x)}`, "Solves are done in float64: convert with astype");
  return x.shape.slice(0, split);
};

const requirePrefix = (asked: string, prefix: Shape, whole: Shape): void => {
  if (!sameShape(prefix, whole.slice(0, prefix.length)))
    throw new ShapeMismatch(
      asked,
      `leading axes ${showShape(prefix)} of the modulus and ${showShape(whole)} of the field`,
      "The modulus' leading axes must lead the field's too",
    );
};

const sliceOf = (x: ConcreteArray, k: number, length: number): Float64Array =>
  (bufferOf(x) as Float64Array).subarray(k * length, (k + 1) * length);

const withoutFixed = (u: Float64Array, fixed: Uint8Array): Float64Array =>
  u.map((value, dof) => (fixed[dof] === 1 ? 0 : value));

// --- Checks and reports -----------------------------------------------------------------------

const requireModulus = (asked: string, modulus: Float64Array, { elementShape }: FeSystem): number => {
  let low = Infinity;
  let high = 0;
  for (let e = 0; e < modulus.length; e++) {
    const value = modulus[e]!;
    if (!(value > 0 && value < Infinity)) {
      const columns = elementShape.at(-1)!;
      throw new InvalidModulus(
        asked,
        `element ${e} (row ${Math.floor(e / columns)}, column ${e % columns}) has modulus ${value}`,
        "Moduli are positive and finite: give void elements a small one (eMin)",
      );
    }
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high / low;
};

/** Refuses forces that are not finite; a solve never returns a silent NaN. */
const requireLoad = (load: Float64Array, { dofsPerNode, nodeCount, nodalShape }: FeSystem): void => {
  const at = load.findIndex((force) => !Number.isFinite(force));
  if (at < 0) return;
  const dof = at % (dofsPerNode * nodeCount);
  const node = Math.floor(dof / dofsPerNode);
  throw new InvalidLoad(
    "feSolve",
    `the force at dof ${dof} (node ${node}, row ${Math.floor(node / nodalShape[1]!)}, column ${node % nodalShape[1]!}) is ${load[at]}`,
    "Give finite loads; in reverse mode this is the cotangent of the displacement, so the objective's derivative is not finite",
  );
};

/** Backward error above which the factor is of another matrix: rounding leaves at most about 1e-14. */
const foreignFactor = 1e-6;

const directions = ["x", "y", "z"];

const refused = (
  { dof, pivot, freeMotion }: FactorRefusal,
  { dofsPerNode, nodalShape }: FeSystem,
): NotPositiveDefinite => {
  const node = Math.floor(dof / dofsPerNode);
  const columns = nodalShape[1]!;
  const direction = dofsPerNode === 1 ? "value" : directions[dof % dofsPerNode]!;
  const where = `dof ${dof} (${direction} of node ${node}, row ${Math.floor(node / columns)}, column ${node % columns})`;
  return new NotPositiveDefinite(
    "feFactor",
    freeMotion ? `${where} can move without straining any element` : `the pivot of ${where} is ${pivot}`,
    freeMotion
      ? "Add supports: a plane structure needs at least three fixed dofs that prevent both translations and the rotation"
      : "Raise eMin: the contrast of the moduli is beyond what float64 resolves on this structure",
  );
};

/** |K u - f| of one case, relative to |f| and to the size of the terms that cancel in it (backward error). */
const measureResidual = (
  system: FeSystem,
  modulus: Float64Array,
  load: Float64Array,
  u: Float64Array,
  largest: number,
): readonly [number, number] => {
  const image = new Float64Array(u.length);
  productsOf(system).apply(modulus, u, image);
  let error = 0;
  let norm = 0;
  let motion = 0;
  for (let dof = 0; dof < u.length; dof++) {
    if (system.fixed[dof] === 1) continue;
    error += (image[dof]! - load[dof]!) ** 2;
    norm += load[dof]! ** 2;
    motion += u[dof]! ** 2;
  }
  if (norm === 0) return [0, 0];
  return [Math.sqrt(error / norm), Math.sqrt(error) / (Math.sqrt(norm) + largest * Math.sqrt(motion))];
};

// --- feFactor ---------------------------------------------------------------------------------

/**
 * Cholesky factor of K(E), to be handed to feSolve: a ticket, since the factor itself lives where its kernels work.
 * Its own tangent is zero by convention: the derivative of a solve flows through E.
 */
export const feFactor: PrimitiveFunction<[NDArray], FeParams> = definePrimitive<[NDArray], FeParams>({
  name: "feFactor",
  evaluate: ([modulus], { system }) => {
    const lead = leadingAxes("feFactor", "modulus", modulus, system.elementShape);
    const elements = sizeOf(system.elementShape);
    const out = new Float64Array(sizeOf(lead));
    for (let k = 0; k < out.length; k++) {
      const own = sliceOf(modulus, k, elements);
      requireModulus("feFactor", own, system);
      out[k] = ticketOf(system, own, out.length, (refusal) => refused(refusal, system));
    }
    return fromBuffer(out, [...lead, 1], "float64");
  },
  abstractEval: ([modulus], { system }): TypeOf => ({
    shape: [...leadingAxes("feFactor", "modulus", modulus, system.elementShape), 1],
    dtype: "float64",
  }),
  jvp: ([modulus], _tangents, params) => {
    const factor = feFactor(modulus, params);
    return [factor, zero(factor)];
  },
  transpose: notLinear,
  batch: ([modulus], [dim], params) => [feFactor(moveAxis(modulus, dim!, 0), params), 0],
  lower: routine,
  laws: { testedIn: "test/ops/fe-solve.test.ts" },
});

// --- feSolve ----------------------------------------------------------------------------------

/** Leading axes of the modulus (shared with the factor) and of the load beyond them. */
const solveAxes = (factor: Aval, modulus: Aval, load: Aval, { system }: FeParams): { lead: Shape; all: Shape } => {
  const lead = leadingAxes("feSolve", "modulus", modulus, system.elementShape);
  const all = leadingAxes("feSolve", "load", load, system.nodalShape);
  requirePrefix("feSolve", lead, all);
  const expected = [...lead, 1];
  if (!sameShape(factor.shape, expected))
    throw new ShapeMismatch(
      "feSolve",
      `the factor has shape ${showShape(factor.shape)} where ${showShape(expected)} is needed`,
      "Use the factor of this system and this modulus",
    );
  return { lead, all };
};

/** u = K(E)^-1 f with the factor of K(E); zero at fixed dofs. */
export const feSolve: PrimitiveFunction<[NDArray, NDArray, NDArray], FeParams> = definePrimitive<
  [NDArray, NDArray, NDArray],
  FeParams
>({
  name: "feSolve",
  evaluate: ([factor, modulus, load], params) => {
    const { system } = params;
    const { lead, all } = solveAxes(factor, modulus, load, params);
    const analysis = analysisOf(system);
    const dofs = sizeOf(system.nodalShape);
    const cases = sizeOf(all.slice(lead.length));
    const out = new Float64Array(load.size);
    let residual = 0;
    let backwardError = 0;
    let contrast = 1;
    for (let k = 0; k < sizeOf(lead); k++) {
      const rhs = sliceOf(load, k, cases * dofs);
      const u = out.subarray(k * cases * dofs, (k + 1) * cases * dofs);
      const own = sliceOf(modulus, k, sizeOf(system.elementShape));
      contrast = Math.max(contrast, requireModulus("feSolve", own, system));
      requireLoad(rhs, system);
      counts.solves += cases;
      const ticket = sliceOf(factor, k, 1)[0]!;
      redeem(system, ticket, own, sizeOf(lead), (refusal) => refused(refusal, system)).solve(rhs, cases, u);
      const largest = own.reduce((high, value) => Math.max(high, value), 0);
      for (let c = 0; c < cases; c++) {
        const [relative, backward] = measureResidual(
          system,
          own,
          rhs.subarray(c * dofs, (c + 1) * dofs),
          u.subarray(c * dofs, (c + 1) * dofs),
          largest,
        );
        residual = Math.max(residual, relative);
        backwardError = Math.max(backwardError, backward);
      }
    }
    recordReport(system, {
      solver: "direct",
      residual,
      backwardError,
      cases: sizeOf(all),
      factorBytes: analysis.factorLength * 8,
      contrast,
    });
    if (backwardError > foreignFactor)
      throw new InvalidOption(
        "feSolve",
        `the factor does not belong to this modulus: K u misses the load by ${residual.toExponential(1)} of its size`,
        "Factorize the modulus that is given to feSolve",
      );
    if (!(backwardError <= 1e-12) || contrast > 1e14)
      notify(
        "IllConditioned",
        String(system.id),
        `a solve on ${system.label} at modulus contrast ${contrast.toExponential(1)} has backward error ${backwardError.toExponential(1)} and residual ${residual.toExponential(1)}; digits of the displacement are lost in proportion to the contrast. Raise eMin.`,
      );
    return fromBuffer(out, load.shape, "float64");
  },
  abstractEval: ([factor, modulus, load], params): TypeOf => {
    solveAxes(factor, modulus, load, params);
    return { shape: load.shape, dtype: "float64" };
  },
  jvp: ([factor, modulus, load], [, dModulus, dLoad], params) => {
    const u = feSolve(factor, modulus, load, params);
    const parts: NDArray[] = [];
    if (!isZero(dLoad)) parts.push(dLoad as NDArray);
    const bending = isZero(dModulus) ? null : feApply(dModulus as NDArray, u, params);
    if (bending === null && parts.length === 0) return [u, zero(u)];
    const rhs = bending === null ? parts[0]! : parts.length === 0 ? neg(bending) : sub(parts[0]!, bending);
    return [u, feSolve(factor, modulus, rhs, params)];
  },
  transpose: (cotangents, [factor, modulus, load], params) => {
    if (isLinearInput(factor) || isLinearInput(modulus)) return notLinear(cotangents, [factor, modulus, load], params);
    return [null, null, feSolve(factor, modulus, only(cotangents), params)];
  },
  batch: ([factor, modulus, load], [factorDim, modulusDim, loadDim], params, { size }) => {
    const lead = factor.shape.length - 1 - (factorDim === null ? 0 : 1);
    if (factorDim === null && modulusDim === null)
      return [feSolve(factor, modulus, moveAxis(load, loadDim!, lead), params), lead];
    return [
      feSolve(
        batchToFront(factor, factorDim, size),
        batchToFront(modulus, modulusDim, size),
        batchToFront(load, loadDim, size),
        params,
      ),
      0,
    ];
  },
  lower: routine,
  laws: { testedIn: "test/ops/fe-solve.test.ts" },
});

// --- feApply and feForm -----------------------------------------------------------------------

/** A small cantilever for the laws. */
const lawSystem = (nelx: number, nely: number): FeSystem => {
  const fixed = new Uint8Array(2 * (nelx + 1) * (nely + 1));
  for (let row = 0; row <= nely; row++) fixed.fill(1, 2 * row * (nelx + 1), 2 * row * (nelx + 1) + 2);
  return gridSystem(nelx, nely, q4PlaneStress(0.3), fixed);
};

const lawSystems = [lawSystem(2, 1), lawSystem(3, 2), lawSystem(1, 3)];

/** K(E) u on the free dofs; fixed dofs of u count as zero. Linear in E and in u. */
export const feApply: PrimitiveFunction<[NDArray, NDArray], FeParams> = definePrimitive<[NDArray, NDArray], FeParams>({
  name: "feApply",
  evaluate: ([modulus, u], { system }) => {
    const lead = sizeOf(leadingAxes("feApply", "modulus", modulus, system.elementShape));
    const dofs = sizeOf(system.nodalShape);
    const fields = u.size / dofs;
    const perModulus = lead === 0 ? 0 : fields / lead;
    const out = new Float64Array(u.size);
    for (let k = 0; k < fields; k++) {
      const own = sliceOf(modulus, Math.floor(k / perModulus), sizeOf(system.elementShape));
      const image = out.subarray(k * dofs, (k + 1) * dofs);
      productsOf(system).apply(own, withoutFixed(sliceOf(u, k, dofs), system.fixed), image);
      for (let dof = 0; dof < dofs; dof++) if (system.fixed[dof] === 1) image[dof] = 0;
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
  jvp: bilinearJvp((modulus, u, params: FeParams) => feApply(modulus, u, params)),
  transpose: (cotangents, [modulus, u], params) => {
    const cotangent = only(cotangents);
    if (!isLinearInput(modulus)) return [null, feApply(modulus, cotangent, params)];
    const lead = modulus.aval.shape.length - params.system.elementShape.length;
    const forms = feForm(requireKnown(u), cotangent, params);
    const cases = forms.shape.length - params.system.elementShape.length - lead;
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
        params: { system },
      };
    },
  },
});

/** u_e' K0 v_e for every element; fixed dofs count as zero. Symmetric and bilinear. */
export const feForm: PrimitiveFunction<[NDArray, NDArray], FeParams> = definePrimitive<[NDArray, NDArray], FeParams>({
  name: "feForm",
  evaluate: ([u, v], { system }) => {
    const lead = leadingAxes("feForm", "field", u, system.nodalShape);
    const dofs = sizeOf(system.nodalShape);
    const elements = sizeOf(system.elementShape);
    const fields = sizeOf(lead);
    const out = new Float64Array(fields * elements);
    for (let k = 0; k < fields; k++) {
      const left = withoutFixed(sliceOf(u, k, dofs), system.fixed);
      const right = u === v ? left : withoutFixed(sliceOf(v, k, dofs), system.fixed);
      productsOf(system).forms(left, right, out.subarray(k * elements, (k + 1) * elements));
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
  jvp: bilinearJvp((u, v, params: FeParams) => feForm(u, v, params)),
  transpose: (cotangents, [u, v], params) =>
    isLinearInput(u)
      ? [feApply(only(cotangents), requireKnown(v), params), null]
      : [null, feApply(only(cotangents), u, params)],
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
      return { inputs: [field, field], params: { system } };
    },
  },
});

/** The records of this family. */
export const family: readonly Primitive[] = [
  feFactor.primitive,
  feSolve.primitive,
  feApply.primitive,
  feForm.primitive,
];
