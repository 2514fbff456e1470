/**
 * Elementwise programs over long arrays, block by block: the same nest over few elements, whose frame stays in the nearest
 * caches however long the arrays are. Only where every element of the results depends on the same element of long
 * operands and on short operands as a whole.
 */
import { sizeOf } from "../array/shape.ts";
import type { Buffer } from "./groups.ts";
import { onlyLoop } from "./kernel-ir.ts";
import type { Access, Loop, Nest, Statement } from "./kernel-ir.ts";

/** Elements of a block. */
export const blockLength = 16384;

/** Arrays of fewer elements are not worth the turns. */
const fewest = 4 * blockLength;

/** Elements of a short operand, all of which go into the frame. */
const mostShort = 1024;

/** The elements of its buffer, one in every round. */
const isInOrder = ({ offset, strides }: Access, { counter, extent }: Loop, { shape }: Buffer): boolean =>
  offset === 0 &&
  strides.length === 1 &&
  strides[0]!.counter === counter &&
  strides[0]!.stride === 1 &&
  sizeOf(shape) === extent;

const accessOf = (statement: Statement): Access | null =>
  statement.kind === "load" || statement.kind === "store" ? statement.access : null;

export interface Blocks {
  readonly nest: Nest;
  readonly buffers: readonly Buffer[];
  /** Elements of the long arrays. */
  readonly length: number;
}

/** The nest over a block of elements and its buffers, the long ones shortened; null where that is another program, or does not pay. */
export const inBlocks = (nest: Nest, buffers: readonly Buffer[]): Blocks | null => {
  const loop = onlyLoop(nest);
  if (loop === null || loop.extent < fewest) return null;
  if (loop.body.some(({ kind }) => kind === "loop" || kind === "run")) return null;
  const [long, short] = [new Set<number>(), new Set<number>()];
  for (const statement of [...nest.body.slice(0, -1), ...loop.body]) {
    const access = accessOf(statement);
    if (access === null) continue;
    if (isInOrder(access, loop, buffers[access.buffer]!)) long.add(access.buffer);
    else if (access.strides.length === 0 && sizeOf(buffers[access.buffer]!.shape) <= mostShort)
      short.add(access.buffer);
    else return null;
  }
  if (long.size === 0) return null;
  return {
    nest: { ...nest, body: [...nest.body.slice(0, -1), { ...loop, extent: blockLength }] },
    buffers: buffers.map((buffer, k) => (long.has(k) ? { ...buffer, shape: [blockLength] } : buffer)),
    length: loop.extent,
  };
};
