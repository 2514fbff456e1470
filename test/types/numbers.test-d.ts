/**
 * Numbers stand in the place of arrays wherever a transform is given arguments, and arrays come out. Types are read
 * off the function where it has annotations and off the arguments where it has none. Checked by the compiler, never run.
 */
import {
  array,
  checkpoint,
  closureConvert,
  cond,
  customJvp,
  customLinearSolve,
  customRoot,
  customVjp,
  evalShape,
  explain,
  fixedPoint,
  foriLoop,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  linearTranspose,
  makeJaxpr,
  memoryAnalysis,
  newton,
  ravelTree,
  savedResiduals,
  scan,
  stopGradient,
  switchCase,
  valueAndGrad,
  vjp,
  vmap,
  whileLoop,
} from "cotangent";
import type { NDArray } from "cotangent";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";

type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;

/** Fails to compile unless both types are the same. */
const same = <X, Y>(..._proof: Equal<X, Y> extends true ? [] : [never]): void => undefined;

interface Layer {
  w: NDArray;
  b: NDArray;
}
interface Network {
  layers: Layer[];
  scale: [NDArray, NDArray];
  extra?: NDArray;
  none: null;
}

declare const x: NDArray;
declare const field: ElementField;
declare const network: Network;
const square = (y: NDArray): NDArray => y.mul(y);
const product = (y: NDArray, z: NDArray): NDArray => y.mul(z);
const apply = (net: Network, y: NDArray): NDArray => y.mul(net.scale[0]);
const written = { layers: [{ w: 1, b: x }], scale: [1, x] as [number, NDArray], none: null };

// --- Functions of arrays take numbers ---------------------------------------------------------

const compiled = jit(square)(3);
same<typeof compiled, NDArray>();
checkpoint(square)(3);
vmap(product, { inAxes: [0, null] })(x, 3);
const mapped = vmap(product, { inAxes: [null, 0] });
same<typeof mapped, (y: NDArray | number, z: NDArray | number) => NDArray>();
grad(square)(3);
valueAndGrad(square)(3);
jvp(product, [1, x], [x, 1]);
vjp(product, 1, x)[1](1);
linearize(product, 1, 2)[1](3, x);
linearTranspose(square, 1)(2);
makeJaxpr(product)(1, x);
evalShape(product, 1, x);
explain(product, 1, 2);
memoryAnalysis(product, 1, 2);
savedResiduals(product, 1, 2);
closureConvert(product, 1, 2);
customJvp(square, { jvp: ([y]: [NDArray], [dy]: [NDArray]) => [square(y), dy] })(3);
customVjp(square, { fwd: (y: NDArray) => [square(y), y], bwd: (y: NDArray, g: NDArray) => [g.mul(y)] })(3);
const root = newton(square, 1);
same<typeof root, NDArray>();
fixedPoint(square, 1);
customRoot(
  square,
  1,
  (f, guess) => f(guess),
  (g, b) => b.div(g(b)),
);
customLinearSolve(square, 1, (f, b) => f(b));
const product2 = hvp(product, [1, 2], [1, x]);
same<typeof product2, NDArray>();
const stopped = stopGradient({ a: 1, b: [x] });
same<typeof stopped, { a: NDArray; b: NDArray[] }>();

cond(true, square, square, 3);
switchCase(0, [square], 3);
const looped = whileLoop(
  (net: Network) => net.scale[0].less(3),
  (net) => net,
  written,
);
same<typeof looped, Network>();
const repeated = foriLoop(0, 3, (_k, own: Layer) => ({ w: own.b, b: own.w }), { w: 1, b: 2 });
same<typeof repeated, Layer>();
const [carried, rows] = scan((own: Layer, row: NDArray) => [{ w: row, b: own.w }, own.b] as const, { w: 0, b: 0 }, x);
same<typeof carried, Layer>();
same<typeof rows, NDArray>();

// At any depth of a tree; what comes out keeps the name of its type.
jit(apply)(written, 3);
const fixed = fixedPoint((net: Network) => net, written);
same<typeof fixed, Network>();
const [, pullback] = vjp(apply, written, 3);
const cotangents = pullback(1);
same<typeof cotangents, [net: Network, y: NDArray]>();
const passed = jit((net: Network) => net);
same<ReturnType<typeof passed>, Network>();
const [vector, restore] = ravelTree({ a: 1, b: [x, 2] });
const restored = restore(vector);
same<typeof restored, { a: NDArray; b: NDArray[] }>();

// Numbers that a function returns are arrays outside.
const counted = jit((y: NDArray) => ({ y, count: 3, isLarge: true, label: null }));
same<ReturnType<typeof counted>, { y: NDArray; count: NDArray; isLarge: NDArray; label: null }>();
const either = jit((y: NDArray): NDArray | number => y);
same<ReturnType<typeof either>, NDArray>();
const [value, tangent] = jvp((y: NDArray) => ({ y, two: 2 }), [1], [1]);
same<typeof value, { y: NDArray; two: NDArray }>();
same<typeof tangent, { y: NDArray; two: NDArray }>();

// Transforms of transforms are typed as the function is.
const nested = grad(jit(vmap(apply)))(written, 3);
same<typeof nested, { layers: Layer[]; scale: [NDArray, NDArray]; extra?: NDArray; none: null }>();
const ofField = grad(jit((own: ElementField) => np.sum(own)))(field);
same<typeof ofField, ElementField>();
jit(grad(jit(square)))(3);

// Static arguments keep their types; functions, optional and rest arguments too.
const steered = jit((y: NDArray, how: { times: number }, f: (z: NDArray) => NDArray) => f(y).mul(how.times), {
  staticArgnums: [1, -1],
});
same<typeof steered, (y: NDArray | number, how: { times: number }, f: (z: NDArray) => NDArray) => NDArray>();
const checkpointed = checkpoint((y: NDArray, mode: "a" | "b") => (mode === "a" ? y : y.neg()), { staticArgnums: -1 });
checkpointed(1, "b");
jit((y: NDArray, z?: NDArray) => y.add(z ?? 0))(1);
jit((...all: NDArray[]) => all)(1, x, 2);

// --- Functions without annotations ------------------------------------------------------------

const read = newton((y) => y.mul(y).sub(2), 1);
same<typeof read, NDArray>();
const readTree = fixedPoint((t) => ({ a: t.a.mul(0.5), b: t.b.neg() }), { a: 1, b: x });
same<typeof readTree, { a: NDArray; b: NDArray }>();
const expected: unknown = newton((y) => np.sub(y, 2), 1);
void expected;
const halved = whileLoop(
  (t) => t.k.less(3),
  (t) => ({ k: t.k.add(1), y: t.y.mul(0.5) }),
  { k: 0, y: x },
);
same<typeof halved, { k: NDArray; y: NDArray }>();
scan((sum, row) => [sum.add(row), sum.mul(row)], 0, x);
foriLoop(0, 3, (_k, own) => own.mul(2), 1);
cond(
  true,
  (y) => y.mul(2),
  (y) => y,
  1,
);
vjp((y, z) => y.mul(z), 1, x);
jvp((y, z) => y.w.mul(z), [{ w: 1 }, x], [{ w: 2 }, 1]);
linearize((y) => y.mul(2), 1);
linearTranspose((y) => y.mul(2), 1);
closureConvert((y) => y.mul(2), 1);
savedResiduals((y) => y.mul(2), 1);
explain((y) => y.mul(2), 1);
memoryAnalysis((y) => y.mul(2), 1);
evalShape((y, z) => y.mul(z), 1, { shape: [2], dtype: "float64" });
hvp((y) => y.mul(2), [1], [1]);
jit((y) => y.mul(2))(1);
vmap((y) => y.mul(2))(array([1]));

// --- What the function returns may be narrower than what it takes -----------------------------

const fromPlain = newton((y: NDArray) => field.mul(y.sum()), x);
same<typeof fromPlain, NDArray>();
const readonlyList = fixedPoint((list: readonly NDArray[]) => list.map((y) => y.mul(0.5)), [x] as readonly NDArray[]);
same<typeof readonlyList, readonly NDArray[]>();
const [widest] = scan((own: NDArray | null, row: NDArray) => [row, own] as const, null, x);
same<typeof widest, NDArray | null>();

// Functions of any tree may call them.
const settle = <T>(step: (own: T) => T, start: T): T => fixedPoint(step, start);
const repeat = <T>(step: (own: T) => T, start: T): T => foriLoop(0, 9, (_k: NDArray, own: T) => step(own), start);
void [settle, repeat];

// --- Whole derivatives ------------------------------------------------------------------------

const outputs = (p: Layer, y: NDArray): { one: NDArray; two: [NDArray, NDArray] } => ({ one: p.w, two: [y, y] });
const jacobian = jacfwd(outputs)({ w: 1, b: 2 }, x);
same<typeof jacobian, { one: Layer; two: [Layer, Layer] }>();
const byBoth = jacrev(outputs, { argnums: [1, 0] })({ w: 1, b: 2 }, 3);
same<typeof byBoth, { one: [NDArray, Layer]; two: [[NDArray, Layer], [NDArray, Layer]] }>();
const byLast = jacrev(outputs, { argnums: -1 })({ w: x, b: x }, 3);
same<typeof byLast, { one: NDArray; two: [NDArray, NDArray] }>();
const [withAux, aux] = jacfwd((y: NDArray) => [square(y), "label"] as const, { hasAux: true })(3);
same<typeof withAux, NDArray>();
same<typeof aux, "label">();
const curvature = hessian((p: Layer) => p.w.mul(p.b))({ w: 1, b: 2 });
same<typeof curvature, { w: Layer; b: Layer }>();
const curvatureOfOne = hessian(square)(3);
same<typeof curvatureOfOne, NDArray>();
const byField = jacfwd((own: ElementField) => own.mul(2))(field);
same<typeof byField, NDArray>();
const lastGradient = grad(apply, { argnums: -1 })(network, 3);
same<typeof lastGradient, NDArray>();
const twoGradients = grad(apply, { argnums: [-1, -2] })(network, 3);
same<typeof twoGradients, [NDArray, Network]>();
jacfwd((y) => y.mul(2))(1);

// --- What is refused --------------------------------------------------------------------------

// @ts-expect-error a string is no number
jit(square)("3");
// @ts-expect-error at depth neither
jit(apply)({ layers: [{ w: "1", b: 2 }], scale: [1, 2], none: null }, 3);
// @ts-expect-error the tree lacks a member
jit(apply)({ layers: [], none: null }, 3);
// @ts-expect-error an argument is missing
checkpoint(product)(1);
// @ts-expect-error two arguments too many
vmap(square)(x, x, x);
// @ts-expect-error a plain array is no field
newton((own: ElementField) => own.mul(2), x);
// @ts-expect-error nor the state of a loop
foriLoop(0, 3, (_k, own: ElementField) => own, x);
// @ts-expect-error nor may the body make one of a field
foriLoop(0, 3, (_k, own: ElementField) => own.ravel(), field);
// @ts-expect-error nor is it an operand of a branch
switchCase(0, [(own: ElementField) => own], x);
// @ts-expect-error nor is it one to a compiled function
jit((own: ElementField) => own)(x);
// @ts-expect-error nor to vjp
vjp((own: ElementField) => own, x);
// @ts-expect-error nor to jvp as a tangent
jvp((own: ElementField) => own, [field], [x]);
// @ts-expect-error a field transposed is no field
jit((own: ElementField) => own)(field.T);
// @ts-expect-error nor flattened, to checkpoint
checkpoint((own: ElementField) => own)(field.ravel());
// @ts-expect-error the start lacks a member
newton((net: Network) => net, { layers: [], none: null });
// @ts-expect-error the function returns another tree than it takes
newton((net: Network) => net.layers, written);
// @ts-expect-error the third argument does not exist
void grad(apply, { argnums: 2 })(network, x).shape;
// @ts-expect-error no derivative by strings
hvp(square, ["1"], [1]);
// @ts-expect-error the Jacobian has the output's tree
void jacfwd(outputs)({ w: 1, b: 2 }, x).three;
// @ts-expect-error numbers have no methods: the result is an array, the argument was a number
void jit((y: number) => y)(3).toFixed;

// --- Types that contain themselves ------------------------------------------------------------

interface Chain {
  value: NDArray;
  next: Chain | null;
}
type Nest = NDArray | number | Nest[] | { [key: string]: Nest };
declare const chain: Chain;
declare const nest: Nest;
const unchained = jit((own: Chain) => own)(chain);
same<typeof unchained, Chain>();
const unnested: Nest = jit((own: Nest) => own)(nest);
void unnested;
