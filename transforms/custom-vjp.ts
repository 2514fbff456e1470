/**
 * customVjp: a function with its own reverse rule, and perhaps a forward rule beside it.
 */
import { customFunction } from "./custom-rules.ts";
import type { CustomRules } from "./custom-rules.ts";
import type { Arrays, Liberal } from "./types.ts";

/** Rules with a reverse rule. */
export type CustomVjpRules = CustomRules & Required<Pick<CustomRules, "fwd" | "bwd">>;

/**
 * `f` with its own reverse rule: grad and vjp use `fwd` and `bwd` instead of differentiating `f`.
 * @param rules  fwd(...args) -> [out, residuals]; bwd(...statics, residuals, cotangent) -> cotangents, null for zero;
 *   jvp(...statics, primals, tangents) -> [out, tangentOut] for forward mode, refused without it; staticArgnums; symbolicZeros
 * @throws MissingRule, ForwardModeOfCustomVjp (jvp, jacfwd, the map of linearize), ClosedOverDifferentiation, NotStatic,
 *   TreeMismatch for a rule whose result does not fit `f`
 * Works under jit, vmap and further grad; second derivatives differentiate the rules.
 * @example const f = customVjp((x) => x.mul(x), { fwd: (x) => [x.mul(x), x], bwd: (x, g) => [g.mul(x).mul(2)] }); grad(f)(3) // 6
 */
export const customVjp = <Args extends readonly any[], R>(
  f: (...args: Args) => R,
  rules: CustomVjpRules,
): ((...args: Liberal<Args>) => Arrays<R>) => customFunction("customVjp", f, rules, ["fwd", "bwd"]);
