/**
 * A primitive of one's own, from public names alone: softsign, x / (1 + |x|), with every rule.
 * It then nests with all transforms and compiles like the library's.
 * Run: npm run example -- own-primitive
 */
import { array, authoring, grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";

const {
  binaryExpression,
  constantExpression,
  definePrimitive,
  elementwise,
  elementwiseBatch,
  mapUnary,
  notLinear,
  reals,
  requireFloat,
  unaryExpression,
} = authoring;

const softsign: authoring.Unary = definePrimitive<[NDArray]>({
  name: "softsign",
  evaluate: ([x]) => mapUnary((value) => value / (1 + Math.abs(value)), x),
  abstractEval: ([x]) => requireFloat("softsign", x),
  jvp: ([x], [dx]) => [softsign(x), np.div(dx as NDArray, np.square(np.add(1, np.abs(x))))],
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => softsign(x!)),
  lower: elementwise(([x]) => {
    // In float64 and rounded once, as mapUnary does.
    const wide = { op: "convert", x: x!, dtype: "float64" } as const;
    const scale = binaryExpression("add", constantExpression(1, "float64"), unaryExpression("abs", wide));
    return { op: "convert", x: binaryExpression("div", wide, scale), dtype: x!.dtype };
  }),
  laws: {
    sample: (pick) => ({ inputs: [{ shape: pick.shape(), dtype: "float64", domain: reals(-4, 4, [0]) }], params: {} }),
  },
});

const x = array([-2, -0.5, 0.5, 2]);
const slope = vmap(grad(softsign));
console.log(`softsign   ${softsign(x).toString()}`);
console.log(`slope      ${jit(slope)(x).toString()}`);
console.log(`curvature  ${vmap(grad(grad(softsign)))(x).toString()}`);

const gap = np.max(np.abs(np.sub(jit(slope)(x), np.div(np.sub(softsign(x.add(1e-5)), softsign(x.sub(1e-5))), 2e-5))));
console.log(`slope against differences: ${gap.item().toExponential(1)}`);
if (!(gap.item() < 1e-9)) process.exit(1);
