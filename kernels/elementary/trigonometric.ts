/** The trigonometric family by name: circular and hyperbolic functions with inverses, and the cube root. */
import { acos, asin } from "./arcsine.ts";
import { atan, atan2 } from "./arctangent.ts";
import { cbrt } from "./cube-root.ts";
import { acosh, asinh, atanh } from "./inverse-hyperbolic.ts";
import type { Elementary } from "./registry.ts";
import { cos, sin, tan } from "./sine.ts";

export const trigonometric: Readonly<Record<string, Elementary>> = {
  sin: { arity: 1, ...sin },
  cos: { arity: 1, ...cos },
  tan: { arity: 1, ...tan },
  asin: { arity: 1, float64: asin, float32: asin },
  acos: { arity: 1, float64: acos, float32: acos },
  atan: { arity: 1, float64: atan, float32: atan },
  atan2: { arity: 2, ...atan2 },
  asinh: { arity: 1, float64: asinh, float32: asinh },
  acosh: { arity: 1, float64: acosh, float32: acosh },
  atanh: { arity: 1, float64: atanh, float32: atanh },
  cbrt: { arity: 1, ...cbrt },
};
