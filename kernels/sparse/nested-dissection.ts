/**
 * Geometric nested dissection of the nodes of a regular grid in one, two or three dimensions.
 * A box is split by its middle plane of nodes across its longest side; the plane is eliminated after both halves.
 * Source: George 1973; gives O(n log n) fill in the plane, the best possible order.
 */

/** Boxes with at most this many nodes are not split; larger leaves trade flops for fewer, denser fronts. */
const leafNodes = 9;

/** Numbers kept per box on the work stack: first position, then lower and upper (exclusive) bound per axis. */
const boxFields = 7;

/** Writes the nodes of the box into `order` from `first` on, row-major. */
function writeBox(order: Int32Array, first: number, box: readonly number[], dims: readonly number[]): void {
  const [z0, z1, y0, y1, x0, x1] = box as [number, number, number, number, number, number];
  const [, rows, columns] = dims as [number, number, number];
  let at = first;
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) order[at++] = (z * rows + y) * columns + x;
    }
  }
}

function boxSize(box: readonly number[]): number {
  return (box[1]! - box[0]!) * (box[3]! - box[2]!) * (box[5]! - box[4]!);
}

/** The longest axis of a box: 0, 1 or 2. */
function longestAxis(box: readonly number[]): number {
  let best = 0;
  for (let axis = 1; axis < 3; axis++) {
    if (box[2 * axis + 1]! - box[2 * axis]! >= box[2 * best + 1]! - box[2 * best]!) best = axis;
  }
  return best;
}

function withSide(box: readonly number[], axis: number, lower: number, upper: number): number[] {
  const side = box.slice();
  side[2 * axis] = lower;
  side[2 * axis + 1] = upper;
  return side;
}

/**
 * Elimination order of the nodes of a grid.
 * @param cells  number of elements per axis, slowest axis first: [nely, nelx] or [nelz, nely, nelx]
 * @returns      order[k] = node eliminated k-th; nodes are row-major over cells + 1
 */
export function nestedDissection(cells: readonly number[]): Int32Array {
  const dims = [1, 1, 1];
  cells.forEach((count, axis) => {
    dims[3 - cells.length + axis] = count + 1;
  });
  const order = new Int32Array(dims[0]! * dims[1]! * dims[2]!);
  const stack: number[] = [0, 0, dims[0]!, 0, dims[1]!, 0, dims[2]!];
  while (stack.length > 0) {
    const [first, ...box] = stack.splice(stack.length - boxFields, boxFields) as [number, ...number[]];
    const axis = longestAxis(box);
    const lower = box[2 * axis]!;
    const upper = box[2 * axis + 1]!;
    if (boxSize(box) <= leafNodes || upper - lower < 3) {
      writeBox(order, first, box, dims);
      continue;
    }
    const middle = (lower + upper) >> 1;
    const left = withSide(box, axis, lower, middle);
    const right = withSide(box, axis, middle + 1, upper);
    const afterLeft = first + boxSize(left);
    const afterRight = afterLeft + boxSize(right);
    writeBox(order, afterRight, withSide(box, axis, middle, middle + 1), dims);
    stack.push(first, ...left, afterLeft, ...right);
  }
  return order;
}
