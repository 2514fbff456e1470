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
import { type Cut, alike, shared } from "./shares.ts";

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

/** Estimate of the nanoseconds that a multiplication of vectors takes. */
const vectorTime = 0.2;

/** Products of a batch, or rows of the result of one. */
function cutOf(product: MatrixProduct): Cut {
  const { lanes, outer, inner, m, n, a, b } = product;
  const first = (own: Partial<MatrixProduct>): PrebuiltCall => {
    const some = { ...product, ...own };
    return callOf(some, chooseWay(some));
  };
  const bytes = (elements: readonly number[]): number[] => elements.map((count) => count * lanes.item);
  if (outer > 1)
    return alike({
      length: outer,
      first: (units) => first({ outer: units }),
      operands: bytes([a.outer, b.outer]),
      results: bytes([inner * m * n]),
    });
  if (inner > 1)
    return alike({
      length: inner,
      first: (units) => first({ inner: units }),
      operands: bytes([a.inner, b.inner]),
      results: bytes([m * n]),
    });
  return alike({
    length: m,
    group: rowGroup,
    first: (units) => first({ m: units }),
    operands: bytes([a.free, 0]),
    results: bytes([n]),
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
  const { outer, inner, m, n, k } = product;
  const time = (outer * inner * m * n * k * vectorTime) / lanes.count;
  return shared({ ...callOf(product, chooseWay(product)), copies }, time, [cutOf(product)]);
}
