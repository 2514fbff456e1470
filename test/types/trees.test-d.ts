/**
 * Functions of trees follow the type of the tree: what is mapped keeps its structure, the function sees the leaves
 * that are there. Checked by the compiler, never run.
 */
import { tree } from "cotangent";
import type { NDArray } from "cotangent";
import type { ElementField } from "cotangent/fem";

type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;

/** Fails to compile unless both types are the same. */
const same = <X, Y>(..._proof: Equal<X, Y> extends true ? [] : [never]): void => undefined;

interface Parameters {
  w: NDArray;
  layers: readonly NDArray[];
  pair: [NDArray, NDArray];
  none: null;
  extra?: NDArray;
}

declare const parameters: Parameters;
declare const mixed: { a: NDArray; b: [number, boolean] };
declare const field: ElementField;
declare const unknownTree: unknown;

// --- map --------------------------------------------------------------------------------------

const shapes = tree.map((x) => x.shape.length, parameters);
same<typeof shapes, { w: number; layers: number[]; pair: [number, number]; none: null; extra?: number }>();
const named = tree.map((x: NDArray) => x.mul(2), { w: field, p: parameters.pair });
same<typeof named, { w: NDArray; p: [NDArray, NDArray] }>();
const sameRecord = tree.map((x) => x.mul(2), { own: mixed.a });
same<typeof sameRecord, { own: NDArray }>();
const kept: { p: { w: NDArray } } = tree.map((x) => x.neg(), { p: { w: mixed.a } });
void kept;
const single = tree.map((x) => x.size, field);
same<typeof single, number>();
const texts = tree.map((x) => {
  same<typeof x, number | boolean | NDArray>();
  return String(x);
}, mixed);
same<typeof texts, { a: string; b: [string, string] }>();
const stepped = tree.map((x, dx, rate) => x.sub(dx.mul(rate)), parameters.pair, parameters.pair, [1, 2]);
same<typeof stepped, [NDArray, NDArray]>();
const ofNothingKnown = tree.map((x: NDArray) => x.mul(2), unknownTree);
same<typeof ofNothingKnown, unknown>();

// @ts-expect-error numbers have no methods
tree.map((x) => x.mul(2), mixed);
// @ts-expect-error nor may they be passed as arrays
tree.map((x: NDArray) => x, mixed);
// @ts-expect-error the second tree lacks a member
tree.map((x, y) => x.add(y), { a: field, b: field }, { a: field });
// @ts-expect-error the second tree has another structure
tree.map((x, y) => x.add(y), { a: field }, { a: [field] });
// @ts-expect-error there is no third tree
tree.map((x, y, z) => z, [1], [2]);
// @ts-expect-error the result has the structure of the tree
void shapes.bias;

// --- leaves, structure, flatten, unflatten ----------------------------------------------------

const list = tree.leaves(mixed);
same<typeof list, (number | boolean | NDArray)[]>();
const arrays = tree.leaves(parameters);
same<typeof arrays, NDArray[]>();
const { leaves, treedef } = tree.flatten(parameters);
same<typeof leaves, NDArray[]>();
const sizes = tree.unflatten(
  treedef,
  leaves.map((x) => x.size),
);
same<typeof sizes, typeof shapes>();
const doubled = tree.unflatten(
  tree.structure({ w: field }),
  leaves.map((x) => x.mul(2)),
);
same<typeof doubled, { w: NDArray }>();
const anyStructure: tree.Treedef = treedef;
void anyStructure;
const { leaves: anyLeaves } = tree.flatten(unknownTree);
same<typeof anyLeaves, tree.Leaf[]>();

// --- reduce, all, transpose -------------------------------------------------------------------

const total = tree.reduce((sum, x) => sum + x.size, parameters, 0);
same<typeof total, number>();
const sum = tree.reduce((own: NDArray, x) => own.add(x.sum()), parameters, field);
same<typeof sum, NDArray>();
const areEqual: boolean = tree.all([true, field]);
void areEqual;
const columns = tree.transpose(tree.structure([0, 0]), tree.structure({ a: 0, b: 0 }), [{ a: field, b: field }]);
same<typeof columns, { a: ElementField[]; b: ElementField[] }>();

// @ts-expect-error the function gets arrays
tree.reduce((own: string, x: string) => own + x, parameters, "");

// --- Types that contain themselves ------------------------------------------------------------

interface Chain {
  value: NDArray;
  next: Chain | null;
}
type Nest = number | Nest[] | { [key: string]: Nest };
declare const chain: Chain;
declare const nest: Nest;
const values = tree.leaves(chain);
same<typeof values, NDArray[]>();
const negated: Chain = tree.map((x) => x.neg(), chain);
void negated;
const raised: Nest = tree.map((x) => x + 1, nest);
void raised;
