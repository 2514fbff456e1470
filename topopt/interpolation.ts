/**
 * From density to Young's modulus: SIMP and RAMP.
 * simp: E = eMin + rho^penal (e0 - eMin)              (Bendsoe & Sigmund 1999, modified)
 * ramp: E = eMin + rho / (1 + q (1 - rho)) (e0 - eMin) (Stolpe & Svanberg 2001)
 */
import { NDArray } from "../src/array/ndarray.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption } from "../src/error.ts";
import type { ElementField } from "../library/fem/index.ts";
import { pow } from "../library/numpy/elementwise.ts";
import "../library/numpy/methods.ts";
import { asOperand } from "../library/numpy/operand.ts";
import { requireOptions } from "../src/options.ts";

export interface ModulusBounds {
  /** Modulus of void, pascal; > 0. Default 1e-9. */
  readonly eMin?: number;
  /** Modulus of solid, pascal. Default 1. */
  readonly e0?: number;
}

const requireBounds = (asked: string, eMin: number, e0: number): void => {
  if (typeof eMin !== "number" || typeof e0 !== "number" || !(eMin > 0 && e0 > eMin && e0 < Infinity))
    throw new InvalidOption(asked, `eMin ${showValue(eMin)}, e0 ${showValue(e0)}`, "Moduli satisfy 0 < eMin < e0");
};

/** Whether a number is finite and large enough; of an array of one number no more is known. */
const isScalarFrom = (least: number, value: unknown): boolean =>
  value instanceof NDArray ? value.size === 1 : typeof value === "number" && value >= least && value < Infinity;

/**
 * Modified SIMP.
 * @param density  shape [nely, nelx], in [0, 1]
 * @param options  penal (default 3; an array of one number may change without compiling anew), eMin, e0
 * @returns        Young's modulus, shape of `density`
 * @example simp(elementField(mesh, 0.5), { penal: 3 }).at(0, 0).get() // 0.125000000875
 */
export const simp = (
  density: ElementField,
  options: ModulusBounds & { readonly penal?: number | NDArray | undefined } = {},
): ElementField => {
  requireOptions("simp", options, ["penal", "eMin", "e0"]);
  const { penal = 3, eMin = 1e-9, e0 = 1 } = options;
  requireBounds("simp", eMin, e0);
  if (!isScalarFrom(1, penal))
    throw new InvalidOption("simp", `penal ${showValue(penal)}`, "The penalization exponent is 1 or more");
  return pow(density, penal)
    .mul(e0 - eMin)
    .add(eMin) as ElementField;
};

/**
 * Rational approximation of material properties; its slope at density 0 is not zero.
 * @param options  q >= 0 (default 8; an array of one number may change without compiling anew), eMin, e0
 * @example ramp(elementField(mesh, 0.5), { q: 8 }).at(0, 0).get() // 0.1000000009
 */
export const ramp = (
  density: ElementField,
  options: ModulusBounds & { readonly q?: number | NDArray | undefined } = {},
): ElementField => {
  requireOptions("ramp", options, ["q", "eMin", "e0"]);
  const { q = 8, eMin = 1e-9, e0 = 1 } = options;
  requireBounds("ramp", eMin, e0);
  if (!isScalarFrom(0, q)) throw new InvalidOption("ramp", `q ${showValue(q)}`, "q is 0 or more");
  const rho = asOperand("ramp", density);
  const fraction = rho.div(rho.neg().mul(q).add(1).add(q));
  return fraction.mul(e0 - eMin).add(eMin) as ElementField;
};
