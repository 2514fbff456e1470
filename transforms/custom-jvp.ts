/**
 * customJvp: a function with its own forward rule, and perhaps a reverse rule beside it.
 */
import { customFunction } from "./custom-rules.ts";
import type { CustomRules } from "./custom-rules.ts";
import type { Arrays, Liberal } from "./types.ts";

/** Rules with a forward rule. */
export type CustomJvpRules = CustomRules & Required<Pick<CustomRules, "jvp">>;

/**
 * `f` with its own forward rule, which serves every mode: reverse mode transposes what the rule does to tangents.
 * @param rules  jvp(...statics, primals, tangents) -> [out, tangentOut], linear in the tangents; `primals` and `tangents`
 *   are lists with one entry per argument that is not static. fwd and bwd (as in customVjp) take over reverse mode;
 *   staticArgnums; symbolicZeros: true gives null for tangents known to be zero (default: zeros)
 * @throws MissingRule, ClosedOverDifferentiation, NotStatic, NotLinear (reverse mode or debug mode, rule not linear in the tangents),
 *   TreeMismatch for a rule whose result does not fit `f`
 * Works under jit, vmap and further derivatives, which differentiate the rule. Cost: that of the rule.
 * @example
 * const f = customJvp((x) => np.log1p(np.exp(x)), { jvp: ([x], [dx]) => [np.log1p(np.exp(x)), dx.mul(nn.sigmoid(x))] });
 * grad(f)(1000) // 1
 */
export const customJvp = <Args extends readonly any[], R>(
  f: (...args: Args) => R,
  rules: CustomJvpRules,
): ((...args: Liberal<Args>) => Arrays<R>) => customFunction("customJvp", f, rules, ["jvp"]);
