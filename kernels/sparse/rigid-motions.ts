/**
 * Motions of a whole regular grid that strain no element: translations and rotations of a structure, a constant temperature.
 * With positive moduli there are no others, so supports and springs hold a system if and only if they prevent these.
 * An element that has mass resists them itself, and needs neither: its matrix is asked.
 */

/** What has to be known of a grid. */
export interface HeldGrid {
  /** Elements per axis, slowest first. */
  readonly elementShape: readonly number[];
  readonly dofsPerNode: number;
  readonly elementNodes: Int32Array;
  readonly elementMatrix: Float64Array;
  /** One flag per dof, 1 = fixed. */
  readonly fixed: Uint8Array;
  /** Stiffness to ground per dof. */
  readonly springs?: Float64Array | undefined;
}

/** A motion as a function of a node's indices (slowest axis first) and a component. */
type Motion = (node: readonly number[], component: number) => number;

const indicesOf = (nodes: readonly number[], number: number): number[] => {
  const indices = nodes.map(() => 0);
  let rest = number;
  for (let axis = nodes.length - 1; axis >= 0; axis--) {
    indices[axis] = rest % nodes[axis]!;
    rest = Math.floor(rest / nodes[axis]!);
  }
  return indices;
};

/** Sums smaller than this fraction of their terms are rounding. */
const rounding = 1e-13;

/** left' K0 right on the first element, and the sum of the magnitudes of its terms. */
const strainTerms = (
  { elementShape, elementNodes, elementMatrix, dofsPerNode }: HeldGrid,
  left: Motion,
  right: Motion,
): readonly [sum: number, magnitude: number] => {
  const nodes = elementShape.map((count) => count + 1);
  const size = Math.sqrt(elementMatrix.length);
  const valuesOf = (motion: Motion): number[] =>
    Array.from({ length: size }, (_, dof) =>
      motion(indicesOf(nodes, elementNodes[Math.floor(dof / dofsPerNode)]!), dof % dofsPerNode),
    );
  const [a, b] = [valuesOf(left), valuesOf(right)];
  let [sum, magnitude] = [0, 0];
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const term = a[i]! * elementMatrix[i * size + k]! * b[k]!;
      sum += term;
      magnitude += Math.abs(term);
    }
  return [sum, magnitude];
};

const strain = (grid: HeldGrid, left: Motion, right: Motion): number => strainTerms(grid, left, right)[0];

/** What an element itself has against motions, relative to the largest entry; zeros for one that strains make all of. */
const resistanceOf = (grid: HeldGrid, motions: readonly Motion[]): number[][] => {
  const energies = motions.map((left) =>
    motions.map((right) => {
      const [sum, magnitude] = strainTerms(grid, left, right);
      return Math.abs(sum) > rounding * magnitude ? sum : 0;
    }),
  );
  const largest = energies.reduce((high, row, k) => Math.max(high, row[k]!), 0);
  return energies.map((row) => row.map((energy) => (largest > 0 ? energy / largest : 0)));
};

/** Motions without strain, about the middle of the grid, of size one. Edge lengths show in what a rotation may not strain. */
const motionsOf = (grid: HeldGrid): Motion[] => {
  const { elementShape, dofsPerNode } = grid;
  const dimension = elementShape.length;
  const motions: Motion[] = Array.from(
    { length: dofsPerNode },
    (_, own): Motion =>
      (_node, component) =>
        component === own ? 1 : 0,
  );
  if (dofsPerNode === 1) return motions;
  const middle = elementShape.map((count) => count / 2);
  for (let a = 0; a < dimension; a++)
    for (let b = 0; b < a; b++) {
      // Component k moves along axis dimension - 1 - k.
      const along =
        (component: number, axis: number): Motion =>
        (node, own) =>
          own === component ? node[axis]! - middle[axis]! : 0;
      const first = along(dimension - 1 - a, b);
      const second = along(dimension - 1 - b, a);
      const ratio = -strain(grid, first, second) / strain(grid, first, first);
      const scale = 1 / Math.max(Math.abs(ratio) * middle[b]!, middle[a]!);
      motions.push((node, component) => scale * (ratio * first(node, component) + second(node, component)));
    }
  return motions;
};

/** Pivots below this fraction of the largest are rounding; supports next to each other on 4000 elements give 1e-8. */
const negligible = 1e-13;

/** A vector without image under a symmetric, positive semidefinite matrix; undefined where there is none. */
const nullVector = (matrix: readonly (readonly number[])[]): number[] | undefined => {
  const size = matrix.length;
  const rest = matrix.map((row) => row.slice());
  const largest = Math.max(...matrix.map((row, k) => row[k]!));
  const left = new Set(Array.from({ length: size }, (_, k) => k));
  const order: number[] = [];
  while (left.size > 0) {
    const pivot = [...left].reduce((best, k) => (rest[k]![k]! > rest[best]![best]! ? k : best));
    if (!(rest[pivot]![pivot]! > negligible * largest)) break;
    left.delete(pivot);
    order.push(pivot);
    for (const row of left) {
      const factor = rest[row]![pivot]! / rest[pivot]![pivot]!;
      for (let k = 0; k < size; k++) rest[row]![k]! -= factor * rest[pivot]![k]!;
    }
  }
  const [free] = left;
  if (free === undefined) return undefined;
  const vector = new Array<number>(size).fill(0);
  vector[free] = 1;
  for (const pivot of order.reverse()) {
    const sum = vector.reduce((total, value, k) => (k === pivot ? total : total + rest[pivot]![k]! * value), 0);
    vector[pivot] = -sum / rest[pivot]![pivot]!;
  }
  return vector;
};

/** The dof that moves most in a motion that neither supports, springs nor elements resist; undefined where there is none. */
export const freeRigidDof = (grid: HeldGrid): number | undefined => {
  const { elementShape, dofsPerNode, fixed, springs } = grid;
  const nodes = elementShape.map((count) => count + 1);
  const motions = motionsOf(grid);
  const sums = resistanceOf(grid, motions);
  for (let dof = 0; dof < fixed.length; dof++) {
    if (fixed[dof] === 0 && !(springs !== undefined && springs[dof]! > 0)) continue;
    const node = indicesOf(nodes, Math.floor(dof / dofsPerNode));
    const values = motions.map((motion) => motion(node, dof % dofsPerNode));
    values.forEach((left, i) => values.forEach((right, k) => (sums[i]![k]! += left * right)));
  }
  const vector = nullVector(sums);
  if (vector === undefined) return undefined;
  let [best, most] = [0, 0];
  for (let dof = 0; dof < fixed.length; dof++) {
    const node = indicesOf(nodes, Math.floor(dof / dofsPerNode));
    const size = Math.abs(vector.reduce((sum, own, k) => sum + own * motions[k]!(node, dof % dofsPerNode), 0));
    if (size > most * (1 + 1e-9)) [best, most] = [dof, size];
  }
  return best;
};
