/**
 * Plans of matrix products: which function of the module `matmul` computes a contraction, with which arguments.
 */
import { type ContractionAxes, contractionShape } from "../contraction.ts";
import { type Shape, elementCount } from "../numeric-array.ts";
import { doubles, singles } from "./lanes.ts";
import { type MatrixProduct, matrixProduct } from "./matmul-axes.ts";
import { columnBlock, depthBlock, edgeBytes, rowBlock, rowGroup, stripWidth } from "./matmul-blocking.ts";
import { type Way, chooseWay, seenFrom } from "./matmul-ways.ts";
import type { Addresses, PrebuiltCall } from "./module.ts";

/** The arguments that all functions begin with. */
const batchArgs = (product: MatrixProduct, isTurned: boolean, { operands, results }: Addresses): number[] => {
  const { outer, inner, m, n, a, b } = product;
  const [left, right] = isTurned ? [operands[1]!, operands[0]!] : [operands[0]!, operands[1]!];
  return [outer, inner, left, a.outer, a.inner, right, b.outer, b.inner, results[0]!, m * n];
};

function tilesCall(original: MatrixProduct, { isTurned, packsA, packsB }: Way & { kind: "tiles" }): PrebuiltCall {
  const product = seenFrom(original, isTurned);
  const { lanes, m, n, k, a, b } = product;
  const { item } = lanes;
  const depth = Math.min(k, depthBlock);
  const strip = stripWidth * lanes.count;
  const strips = packsB ? Math.min(columnBlock(lanes), Math.ceil(n / strip) * strip) : strip;
  const groups = packsA ? Math.min(rowBlock(lanes), Math.ceil(m / rowGroup) * rowGroup) : 0;
  const packedA = edgeBytes + strips * depth * item;
  const result = packedA + groups * depth * item;
  // A single row or column lies the same way when it is turned.
  const isCopied = isTurned && Math.min(m, n) > 1;
  return {
    function: `${isCopied ? "turned" : "product"}${lanes.bits}`,
    scratchBytes: result + (isCopied ? m * n * item : 0),
    args: (addresses) => [
      ...batchArgs(product, isTurned, addresses),
      ...(isCopied ? [addresses.scratch + result] : []),
      m,
      n,
      k,
      a.free,
      a.depth,
      b.depth,
      b.free,
      packsA ? addresses.scratch + packedA : 0,
      packsB ? 1 : 0,
      addresses.scratch,
    ],
  };
}

function thinCall(original: MatrixProduct, { isTurned }: Way & { kind: "thin" }): PrebuiltCall {
  const product = seenFrom(original, isTurned);
  const { lanes, m, n, k, a, b } = product;
  const steps = isTurned ? [1, m] : [n, 1];
  return {
    function: `thin${lanes.bits}`,
    scratchBytes: 0,
    args: (addresses) => [...batchArgs(product, isTurned, addresses), n, m, k, a.free, b.free, b.depth, ...steps],
  };
}

function streamCall(original: MatrixProduct, { isTurned }: Way & { kind: "stream" }): PrebuiltCall {
  const product = seenFrom(original, isTurned);
  const { lanes, n, k, a, b } = product;
  return {
    function: `stream${lanes.bits}`,
    scratchBytes: n * lanes.item,
    args: (addresses) => [...batchArgs(product, isTurned, addresses), n, k, a.depth, b.depth, addresses.scratch],
  };
}

function smallCall(product: MatrixProduct): PrebuiltCall {
  const { lanes, m, n, k, a, b } = product;
  return {
    function: `small${lanes.bits}`,
    scratchBytes: 0,
    args: (addresses) => [...batchArgs(product, false, addresses), m, n, k, a.free, a.depth, b.depth, b.free],
  };
}

/** The call that computes a product in one of its ways. */
export function callOf(product: MatrixProduct, way: Way): PrebuiltCall {
  if (way.kind === "tiles") return tilesCall(product, way);
  if (way.kind === "stream") return streamCall(product, way);
  return way.kind === "thin" ? thinCall(product, way) : smallCall(product);
}

/** Multiplications below which a product is not worth sharing, about 50 microseconds. */
const leastShared = 2 ** 20;

/** Groups of rows of the result, or of products of a batch, each a call of its own. */
function partsOf(product: MatrixProduct, count: number): PrebuiltCall[] {
  const { lanes, outer, inner, m, n, k, a, b } = product;
  const isBatch = outer * inner > 1;
  const length = isBatch ? outer : m;
  const group = isBatch ? 1 : rowGroup;
  if (outer * inner * m * n * k < leastShared || length < 2 * group) return [callOf(product, chooseWay(product))];
  const shares = Math.min(count, Math.floor(length / group));
  const start = (part: number): number =>
    part === shares ? length : group * Math.round((length * part) / (shares * group));
  return Array.from({ length: shares }, (_, part) => {
    const [from, to] = [start(part), start(part + 1)];
    const own = { ...product, ...(isBatch ? { outer: to - from } : { m: to - from }) };
    const call = callOf(own, chooseWay(own));
    const [left, right] = isBatch ? [a.outer, b.outer] : [a.free, 0];
    const moved = ({ operands, results, scratch }: Addresses): Addresses => ({
      operands: [operands[0]! + from * left * lanes.item, operands[1]! + from * right * lanes.item],
      results: [results[0]! + from * (isBatch ? inner * m * n : n) * lanes.item],
      scratch,
    });
    return { ...call, args: (addresses) => call.args(moved(addresses)) };
  });
}

/**
 * How to compute a contraction on matrices in memory, equal to the bit with `dotGeneral`.
 * @param dtype   of both operands
 * @param aShape  left operand, contiguous
 * @param bShape  right operand, contiguous
 * @param axes    contracted and batch axes of both operands, pair by pair
 * @returns       the call, `copies` in it if an operand has to be copied first; null for other dtypes than floats
 */
export function planMatmul(dtype: string, aShape: Shape, bShape: Shape, axes: ContractionAxes): PrebuiltCall | null {
  if (dtype !== "float64" && dtype !== "float32") return null;
  const lanes = dtype === "float64" ? doubles : singles;
  const results = elementCount(contractionShape(aShape, bShape, axes));
  if (elementCount(aShape) === 0 || elementCount(bShape) === 0)
    return { function: "clear", args: ({ results: [c] }) => [c!, results * lanes.item], scratchBytes: 0 };
  const { product, copies } = matrixProduct(lanes, [aShape, bShape], axes);
  return { ...callOf(product, chooseWay(product)), copies, parts: (count) => partsOf(product, count) };
}
