/**
 * Types of transformed functions follow the types of their arguments; wrong uses are type errors.
 * Checked by the compiler, never run.
 */
import {
  array,
  closureConvert,
  customJvp,
  customVjp,
  debugCallback,
  evalShape,
  grad,
  hvp,
  jit,
  jvp,
  linearize,
  linearTranspose,
  makeJaxpr,
  namedScope,
  valueAndGrad,
  vjp,
  vmap,
} from "cotangent";
import type { ClosedJaxpr, NDArray, Shape } from "cotangent";
import * as np from "cotangent/numpy";

type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;

/** Fails to compile unless both types are the same. */
const same = <X, Y>(..._proof: Equal<X, Y> extends true ? [] : [never]): void => undefined;

interface Parameters {
  w: NDArray;
  layers: NDArray[];
  none: null;
}

declare const x: NDArray;
declare const parameters: Parameters;
const loss = (p: Parameters, y: NDArray): NDArray => np.sum(np.mul(p.w, y));
const lossWithAux = (p: Parameters, y: NDArray): [NDArray, { out: NDArray; label: string }] => [
  loss(p, y),
  { out: y, label: "out" },
];

// --- grad and valueAndGrad --------------------------------------------------------------------

const gradient = grad(loss)(parameters, x);
same<typeof gradient, Parameters>();
const gradientOfX = grad(loss, { argnums: 1 })(parameters, x);
same<typeof gradientOfX, NDArray>();
const gradientByBoth = grad(loss, { argnums: [0, 1] })(parameters, x);
same<typeof gradientByBoth, [Parameters, NDArray]>();
const gradientTurned = grad(loss, { argnums: [1, 0] })(parameters, x);
same<typeof gradientTurned, [NDArray, Parameters]>();
const gradientAux = grad(lossWithAux, { hasAux: true })(parameters, x);
same<typeof gradientAux, [Parameters, { out: NDArray; label: string }]>();
const valueGradient = valueAndGrad(loss)(parameters, x);
same<typeof valueGradient, [NDArray, Parameters]>();
const valueGradientByBoth = valueAndGrad(loss, { argnums: [0, 1] })(parameters, x);
same<typeof valueGradientByBoth, [NDArray, [Parameters, NDArray]]>();
const valueGradientAux = valueAndGrad(lossWithAux, { hasAux: true })(parameters, x);
same<typeof valueGradientAux, [[NDArray, { out: NDArray; label: string }], Parameters]>();
const ofUntyped = grad((y: NDArray) => np.sum(y))(x);
same<typeof ofUntyped, NDArray>();
const twice = grad(grad((y: NDArray) => np.sum(y)))(x);
same<typeof twice, NDArray>();
const vectorProduct = hvp((p: Parameters) => np.sum(p.w), [parameters], [parameters]);
same<typeof vectorProduct, Parameters>();

// Numbers stand in the place of arrays, at any depth of the tree, among the arguments that are differentiated.
grad(loss)({ w: 1, layers: [2, x], none: null }, x);
grad(loss, { argnums: [0, 1] })({ w: x, layers: [], none: null }, 3);

// @ts-expect-error the function itself would get this number, which is no array
grad(loss)(parameters, 3);
// @ts-expect-error the function itself would get these numbers
grad(loss, { argnums: -1 })({ w: 1, layers: [], none: null }, 3);
// @ts-expect-error the parameters lack layers
grad(loss)({ w: x, none: null }, x);
// @ts-expect-error the second argument is missing
grad(loss)(parameters);
// @ts-expect-error a string is no array
grad(loss)({ w: "1", layers: [], none: null }, x);
// @ts-expect-error the function returns a pair, but hasAux is not given
grad(lossWithAux);
// @ts-expect-error the function returns no pair
grad(loss, { hasAux: true })(parameters, x);
// @ts-expect-error the function returns no array
grad((y: NDArray) => y.shape);
// @ts-expect-error misspelt option
grad(loss, { argnum: 1 });
// @ts-expect-error positions are numbers
grad(loss, { argnums: "0" });
// @ts-expect-error the gradient has the parameters' tree, which has no such member
void grad(loss)(parameters, x).bias;
// @ts-expect-error one position gives no list
void grad(loss, { argnums: 1 })(parameters, x)[0];

// --- vjp, jvp, linearize ----------------------------------------------------------------------

const [out, pullback] = vjp(loss, parameters, x);
same<typeof out, NDArray>();
const cotangents = pullback(1);
same<typeof cotangents, [p: Parameters, y: NDArray]>();
const [pair, pullPair] = vjp((y: NDArray) => ({ a: y, b: [y, y] as [NDArray, NDArray] }), x);
same<typeof pair, { a: NDArray; b: [NDArray, NDArray] }>();
pullPair({ a: 1, b: [x, 2] });
// @ts-expect-error the cotangent has the output's tree
pullPair(x);
// @ts-expect-error the second primal is missing
vjp(loss, parameters);

const [value, tangent] = jvp(loss, [parameters, x], [parameters, x]);
same<typeof value, NDArray>();
same<typeof tangent, NDArray>();
jvp(loss, [{ w: 1, layers: [], none: null }, 2], [parameters, 0.5]);
const [tree1, treeTangent] = jvp((y: NDArray) => ({ a: y, n: null }), [x], [1]);
same<typeof tree1, { a: NDArray; n: null }>();
same<typeof treeTangent, { a: NDArray; n: null }>();
// @ts-expect-error primals are a list
jvp((y: NDArray) => y, x, x);
// @ts-expect-error one tangent for two primals
jvp(loss, [parameters, x], [parameters]);

const [linearOut, tangentMap] = linearize(loss, parameters, x);
same<typeof linearOut, NDArray>();
const mapped = tangentMap(parameters, 1);
same<typeof mapped, NDArray>();
// @ts-expect-error one tangent per primal
tangentMap(parameters);
const pulled = linearTranspose((y: NDArray) => np.mul(y, 2), x)(3);
same<typeof pulled, [y: NDArray]>();

// --- jit, vmap, customVjp: the same function type, numbers allowed in the place of arrays ------

/** As Parameters, given liberally. */
interface Given {
  w: NDArray | number;
  layers: (NDArray | number)[];
  none: null;
}
type LiberalLoss = (p: Given, y: NDArray | number) => NDArray;

const jitted = jit(loss);
same<typeof jitted, LiberalLoss>();
const assignable: typeof loss = jitted;
void assignable;
const batched = vmap(loss, { inAxes: [null, 0] });
same<ReturnType<typeof batched>, NDArray>();
same<typeof batched, LiberalLoss>();
vmap((p: Parameters) => p, { inAxes: [{ w: 0, layers: null, none: null }], outAxes: { w: 1 } });
const withStatic = jit((y: NDArray, mode: "a" | "b") => (mode === "a" ? y : np.neg(y)), { staticArgnums: 1 });
withStatic(x, "b");
// @ts-expect-error "c" is no mode
withStatic(x, "c");
// @ts-expect-error no such back end
jit(loss, { backend: "cuda" });
// @ts-expect-error axes are numbers or null
vmap(loss, { inAxes: ["0", 0] });
// @ts-expect-error what is mapped is a function
vmap(x);
const ruled = customVjp(loss, {
  fwd: (p: Parameters, y: NDArray) => [loss(p, y), p],
  bwd: (_p: Parameters, g: NDArray) => [null, g],
});
same<typeof ruled, LiberalLoss>();
// @ts-expect-error the backward rule is missing
customVjp(loss, { fwd: (p: Parameters, y: NDArray) => [loss(p, y), p] });

const ruledForwards = customJvp(loss, {
  jvp: ([p, y]: [Parameters, NDArray], [, dy]: [Parameters, NDArray]) => [loss(p, y), dy],
  symbolicZeros: true,
});
same<typeof ruledForwards, LiberalLoss>();
// @ts-expect-error the forward rule is missing
customJvp(loss, { fwd: (p: Parameters, y: NDArray) => [loss(p, y), p] });
const [pure, captured] = closureConvert(loss, parameters, 1);
same<ReturnType<typeof pure>, NDArray>();
same<typeof captured, NDArray[]>();
const scoped = namedScope("loss", loss, parameters, x);
same<typeof scoped, NDArray>();
const alwaysScoped = namedScope("loss")(loss);
same<typeof alwaysScoped, (p: Parameters, y: NDArray) => NDArray>();
debugCallback((p, y) => [p.layers[0]!.item(), y.item()], parameters, x);
debugCallback({ call: (y: NDArray) => y.item(), vectorized: "batched" }, x);
// @ts-expect-error a callback sees what it is given: parameters have no item
debugCallback((p) => p.item(), parameters);

// --- makeJaxpr, evalShape ---------------------------------------------------------------------

const traced: ClosedJaxpr = makeJaxpr(loss)(parameters, 1);
void traced;
const shapes = evalShape((y: NDArray) => ({ a: y, b: [y] }), x);
const shape: Shape = shapes.a.shape;
void shape;
// @ts-expect-error there is no value in a shape
shapes.a.item();

// --- Arrays -----------------------------------------------------------------------------------

array(
  [
    [1, 2],
    [3, 4],
  ],
  { dtype: "int32" },
);
array(new Float32Array(3), { shape: [3, 1] });
// @ts-expect-error strings are no data
array(["1"]);
// @ts-expect-error no such dtype
array([1], { dtype: "float16" });
// @ts-expect-error arrays are immutable
x.shape[0] = 3;
// @ts-expect-error arrays are immutable
x.dtype = "int32";
const sum: NDArray = x.add(1).mul(x).sum({ axis: 0, keepdims: true });
void sum;
// @ts-expect-error misspelt option
x.sum({ axes: 0 });
// @ts-expect-error strings are no operands
np.add(x, "1");
