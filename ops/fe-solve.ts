/**
 * The finite element solve as a closed family over a static system:
 *   feFactor(E) -> factor        feSolve(factor, E, f) -> u = K(E)^-1 f
 *   feApply(E, u) -> K(E) u      feForm(u, v) -> u_e' K0 v_e per element
 * K is linear in E and symmetric, so the adjoint method, tangents and every higher order are written with
 * these four: du = K^-1 (df - K(dE) u), cotangent of E = -feForm(lambda, u). The factor is a value: forward,
 * adjoint, tangent and all load cases share it. Leading axes of E and factor come first in f, then load cases.
 */
import { ShapeMismatch } from "../src/error.ts";
import { fromBuffer } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Shape } from "../src/array/shape.ts";
import { sameShape, showShape, sizeOf } from "../src/array/shape.ts";
import { counts } from "../src/counters.ts";
import type { Aval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { isLinearInput, isZero, notLinear, zero } from "../src/ir/primitive.ts";
import type { Primitive, TypeOf } from "../src/ir/primitive.ts";
import { notify } from "../src/notice.ts";
import { neg, sub } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import {
  leadingAxes,
  measureResidual,
  refused,
  requireConverged,
  requireDigits,
  requireLoad,
  requireModulus,
  requirePrefix,
  sliceOf,
} from "./fe-checks.ts";
import { redeem, ticketOf } from "./fe-factors.ts";
import { feApply } from "./fe-products.ts";
import { lift, liftsOf, lower } from "./fe-small-loads.ts";
import { forgetReport, recordReport } from "./fe-system.ts";
import type { FeParams, SolveReport } from "./fe-system.ts";
import { moveAxis, only } from "./shape.ts";

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
    const dofs = sizeOf(system.nodalShape);
    const cases = sizeOf(all.slice(lead.length));
    const out = new Float64Array(load.size);
    forgetReport(system);
    let residual = 0;
    let backwardError = 0;
    let contrast = 1;
    let factorBytes = 0;
    let longest: readonly number[] = [];
    let reason: SolveReport["reason"] = system.solver.kind === "direct" ? "direct" : "converged";
    for (let k = 0; k < sizeOf(lead); k++) {
      const own = sliceOf(modulus, k, sizeOf(system.elementShape));
      const given = sliceOf(load, k, cases * dofs);
      const u = out.subarray(k * cases * dofs, (k + 1) * cases * dofs);
      const [smallest, largest] = requireModulus("feSolve", own, system);
      contrast = Math.max(contrast, largest / smallest);
      requireLoad(given, system);
      const lifts = liftsOf(given, system, [smallest, largest]);
      const rhs = lift(given, system, lifts);
      counts.solves += cases;
      const ticket = sliceOf(factor, k, 1)[0]!;
      const kept = redeem(system, ticket, own, sizeOf(lead), (refusal) => refused(refusal, system));
      factorBytes = kept.solver.bytes;
      for (const convergence of kept.solver.solve(rhs, cases, u)) {
        requireConverged(convergence, system, kept.uses);
        if (convergence.history.length > longest.length) longest = convergence.history;
        if (convergence.reason === "rounding") reason = "rounding";
      }
      kept.uses++;
      for (let c = 0; c < cases; c++) {
        const [from, to] = [c * dofs, (c + 1) * dofs];
        const field = u.subarray(from, to);
        const [relative, backward] = measureResidual(system, own, rhs.subarray(from, to), field, largest);
        lower(field, lifts[c]!);
        residual = Math.max(residual, relative);
        backwardError = Math.max(backwardError, backward);
      }
    }
    recordReport(system, {
      solver: system.solver.kind,
      because: system.solver.because,
      residual,
      backwardError,
      cases: sizeOf(all),
      iterations: Math.max(0, longest.length - 1),
      history: longest,
      reason,
      factorBytes,
      contrast,
    });
    requireDigits(out, backwardError, system);
    const isLost = !(residual <= 1e-3) || (system.solver.kind === "direct" && !(backwardError <= 1e-12));
    if (contrast > 1e14 || isLost)
      notify(
        "IllConditioned",
        `${system.id} ${residual <= 1e-3 ? "" : Math.ceil(Math.log10(residual))}`,
        `a solve on ${system.label} at modulus contrast ${contrast.toExponential(1)} has backward error ${backwardError.toExponential(1)} and residual ${residual.toExponential(1)}; digits of the displacement are lost in proportion to the contrast. Raise eMin, and weak springs.`,
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

/** The records of this family. */
export const family: readonly Primitive[] = [feFactor.primitive, feSolve.primitive];
