/**
 * The array functions are handed to transforms as they are: one of two operands is seen with two, though it may also be
 * called with the second alone, for pipe. Checked by the compiler, never run.
 */
import {
  array,
  associativeScan,
  checkpoint,
  evalShape,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  pipe,
  tree,
  valueAndGrad,
  vjp,
  vmap,
} from "cotangent";
import type { NDArray } from "cotangent";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";

type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;

/** Fails to compile unless both types are the same. */
const same = <X, Y>(..._proof: Equal<X, Y> extends true ? [] : [never]): void => undefined;

type Operand = NDArray | number | boolean;
type OfTwo = (x: Operand, y: Operand) => NDArray;

declare const x: NDArray;
declare const y: NDArray;
declare const field: ElementField;

// --- Mapped and compiled ----------------------------------------------------------------------

const products = vmap(np.matmul)(x, y);
same<typeof products, NDArray>();
const sums = vmap(np.add)(x, y);
same<typeof sums, NDArray>();
const shared = vmap(np.dot, { inAxes: [0, null] })(x, y);
same<typeof shared, NDArray>();
const compiled = jit(np.dot)(x, y);
same<typeof compiled, NDArray>();
const mappedAdd = vmap(np.add);
same<typeof mappedAdd, OfTwo>();
const compiledKron = jit(np.kron);
same<typeof compiledKron, OfTwo>();
const table = vmap(vmap(np.dot, { inAxes: [null, 0] }), { inAxes: [0, null] })(x, y);
same<typeof table, NDArray>();
const chosen = vmap(np.where)(x, y, 0);
same<typeof chosen, NDArray>();
checkpoint(np.matmul)(x, y).item();
vmap(np.gcd)(x, y).item();
vmap(np.less, { inAxes: [0, null] })(x, 0).item();
vmap(np.fmax)(x, y).item();
vmap(np.matvec)(x, y).item();
evalShape(np.outer, x, y).shape.at(0);
np.vectorize(np.dot, { signature: "(n),(n)->()" })(x, y).item();

// --- Differentiated ---------------------------------------------------------------------------

const slope = grad(np.maximum)(1, 2);
same<typeof slope, NDArray>();
const slopeOfSecond = grad(np.maximum, { argnums: 1 })(1, 2);
same<typeof slopeOfSecond, NDArray>();
const slopes = grad(np.mul, { argnums: [0, 1] })(1, x);
same<typeof slopes, [NDArray, NDArray]>();
const valueAndSlope = valueAndGrad(np.dot)(x, y);
same<typeof valueAndSlope, [NDArray, NDArray]>();
const compiledSlope = jit(grad(np.dot))(x, y);
same<typeof compiledSlope, NDArray>();
const slopeOfCompiled = grad(jit(np.dot))(x, y);
same<typeof slopeOfCompiled, NDArray>();
const jacobian = jacfwd(np.matmul)(x, y);
same<typeof jacobian, NDArray>();
const jacobianOfSecond = jacrev(np.matmul, { argnums: 1 })(x, y);
same<typeof jacobianOfSecond, NDArray>();
const curvature = hessian(np.pow)(2, 3);
same<typeof curvature, NDArray>();
const pushed = jvp(np.mul, [x, 1], [1, y]);
same<typeof pushed, [NDArray, NDArray]>();
const [product, pull] = vjp(np.mul, x, y);
same<typeof product, NDArray>();
pull(1)[1].item();
linearize(np.mul, x, y)[1](1, x).item();

// --- Folded and mapped over trees -------------------------------------------------------------

const prefixes = associativeScan(np.add, x);
same<typeof prefixes, NDArray>();
prefixes.toList();
associativeScan(np.matmul, x, { reverse: true }).toList();
const trees = tree.map(np.add, { a: x, b: [x] }, { a: y, b: [y] });
same<typeof trees, { a: NDArray; b: NDArray[] }>();
trees.a.item();
tree.map(np.sub, { a: x }, { a: 1 }).a.item();
tree.map(np.pow, [1, 2], [3, 4])[0]!.item();
const folded = tree.reduce(np.add, { a: x, b: [y] }, array(0));
same<typeof folded, NDArray>();
const largest = [x, y].reduce(np.maximum);
same<typeof largest, NDArray>();
const sumOfFields = [field, field].reduce(np.add);
same<typeof sumOfFields, ElementField>();

// --- In a pipe, and called --------------------------------------------------------------------

const piped = pipe(x, np.add(1), np.matmul(y), np.exp, np.maximum(0));
same<typeof piped, NDArray>();
const pipedField = pipe(field, np.pow(3), np.mul(2));
same<typeof pipedField, ElementField>();
vmap(np.mul(2))(x).item();
grad(np.mul(2))(1).item();
vmap(np.matmul(x))(y).item();
const fieldAndNumber = np.add(field, 1);
same<typeof fieldAndNumber, ElementField>();
const numberAndField = np.add(1, field);
same<typeof numberAndField, ElementField>();
const fields = np.add(field, field);
same<typeof fields, ElementField>();
const fieldAndArray = np.add(field, x);
same<typeof fieldAndArray, NDArray>();
const numbers = np.add(1, true);
same<typeof numbers, NDArray>();
const places = np.where(x);
same<typeof places, NDArray[]>();

// @ts-expect-error the second operand is missing
vmap(np.add)(x);
// @ts-expect-error one operand too many
jit(np.dot)(x, y, x);
// @ts-expect-error a string is no operand
jit(np.dot)(x, "1");
// @ts-expect-error nor when it is called
np.dot(x, "1");
// @ts-expect-error nor in a pipe
pipe(x, np.add("1"));
// @ts-expect-error the second tree has another structure
tree.map(np.add, { a: x }, { b: x });
// @ts-expect-error a matrix product is no field
pipe(field, np.matmul(x), (own: ElementField) => own);
