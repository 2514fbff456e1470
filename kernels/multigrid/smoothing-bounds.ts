/**
 * How fast the smoothers of a hierarchy may go: an upper bound of the eigenvalues of D^-1 K on every grid but the coarsest, for
 * any moduli. K and its diagonal D are sums, with the same moduli, of what single finest elements give: their shares. No
 * eigenvalue of the sum is larger than the largest of any share.
 *
 * In a hierarchy of three grids a finest element gives its own matrix C to the first, and P' C P to its parent on the second,
 * which depends on the corner of the parent where it lies: four or eight shares. Where an element has a dof that does not
 * move, C comes without its row and column, and so does P' C P where the parent has one: further shares, wherever there are
 * supports. A share is known by its history: "" is C, "2" is P' C P of the child at corner 2, "[0]2[1]" that of an element
 * without dof 0 in a parent without dof 1. All elements with the same history have one share between them.
 */
import { cornersOf, indexIn, indicesIn } from "./geometry.ts";
import { masked, promoted } from "./interpolation.ts";

/** Squarings of the matrix: the bound is then at most 24^(1/256), about one percent, too large. */
const squarings = 8;

/**
 * An upper bound of the largest eigenvalue of D^-1 C, D the diagonal of C, from the trace of a power of D^-1/2 C D^-1/2.
 * As D and C are sums over elements, the largest bound of its elements holds for a whole matrix, whatever the moduli are.
 * @param matrix  symmetric, positive semidefinite, row-major
 */
export const smoothingBound = (matrix: Float64Array): number => {
  const size = Math.sqrt(matrix.length);
  const scale = Float64Array.from({ length: size }, (_, k) => {
    const entry = matrix[k * (size + 1)]!;
    return entry > 0 ? 1 / Math.sqrt(entry) : 0;
  });
  let power = matrix.map((value, k) => scale[Math.floor(k / size)]! * value * scale[k % size]!);
  // Each power is divided by its trace, whose logarithm is remembered.
  let logarithm = 0;
  for (let squaring = 0; ; squaring++) {
    let trace = 0;
    for (let k = 0; k < size; k++) trace += power[k * (size + 1)]!;
    if (trace === 0) return 0;
    logarithm += Math.log(trace) / 2 ** squaring;
    if (squaring === squarings) return Math.exp(logarithm);
    const before = power.map((value) => value / trace);
    power = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let k = 0; k < size; k++) {
        const left = before[i * size + k]!;
        if (left !== 0) for (let j = 0; j < size; j++) power[i * size + j]! += left * before[k * size + j]!;
      }
  }
};

/** What one finest element gives to the matrix of an element that it is part of. */
interface Share {
  readonly history: string;
  readonly matrix: Float64Array;
  readonly bound: number;
}

/** By element number, dofs of the element that do not move; elements without any are left out. */
type ClearedDofs = ReadonlyMap<number, readonly number[]>;

/** The shares of a hierarchy, each made once. */
const shareMaker = (matrix: Float64Array, components: number, dimension: number) => {
  const known = new Map<string, Share>();
  const share = (history: string, make: () => Float64Array): Share => {
    const made = known.get(history);
    if (made !== undefined) return made;
    const own = make();
    const fresh = { history, matrix: own, bound: smoothingBound(own) };
    known.set(history, fresh);
    return fresh;
  };
  const suffix = (dofs: readonly number[]): string => (dofs.length === 0 ? "" : `[${dofs.join()}]`);
  return {
    /** Of an element of the finest grid. */
    finest: (dofs: readonly number[]) => share(suffix(dofs), () => masked(matrix, dofs)),
    /** Of the same in the parent of which the element is the child at a corner. */
    lifted: (child: Share, corner: number, dofs: readonly number[]) =>
      share(`${child.history}${corner}${suffix(dofs)}`, () =>
        masked(promoted(child.matrix, dimension, components, corner), dofs),
      ),
  };
};

type ShareMaker = ReturnType<typeof shareMaker>;

/** Shares of the elements of a grid: of those with a support somewhere in them, and of all others, which have the same. */
interface GridShares {
  readonly special: ReadonlyMap<number, readonly Share[]>;
  readonly common: readonly Share[];
}

/** Shares of the next coarser grid. */
const parentShares = (
  { lifted }: ShareMaker,
  { special, common }: GridShares,
  cells: readonly number[],
  coarseCells: readonly number[],
  cleared: ClearedDofs,
): GridShares => {
  const corners = cornersOf(cells.length);
  const parents = new Set(cleared.keys());
  for (const child of special.keys())
    parents.add(
      indexIn(
        coarseCells,
        indicesIn(cells, child).map((index) => index >> 1),
      ),
    );
  const sharesOf = (parent: number): readonly Share[] => {
    const at = indicesIn(coarseCells, parent);
    const dofs = cleared.get(parent) ?? [];
    const shares = corners.flatMap((steps, corner) => {
      const child = indexIn(
        cells,
        at.map((index, axis) => 2 * index + steps[axis]!),
      );
      return (special.get(child) ?? common).map((own) => lifted(own, corner, dofs));
    });
    return [...new Set(shares)];
  };
  return {
    special: new Map([...parents].map((parent) => [parent, sharesOf(parent)])),
    common: corners.flatMap((_, corner) => common.map((own) => lifted(own, corner, []))),
  };
};

/**
 * Bounds of all grids but the coarsest.
 * @param matrix   of an element, corners in the order of cornersOf
 * @param cells    of the grids, the finest first
 * @param cleared  of the grids
 */
export const smoothingBounds = (
  matrix: Float64Array,
  components: number,
  cells: readonly (readonly number[])[],
  cleared: readonly ClearedDofs[],
  hasSprings: boolean,
): number[] => {
  const dimension = cells[0]!.length;
  const maker = shareMaker(matrix, components, dimension);
  let shares: GridShares = {
    special: new Map([...cleared[0]!].map(([element, dofs]) => [element, [maker.finest(dofs)]])),
    common: [maker.finest([])],
  };
  // Without a row and a column no eigenvalue is larger: on the finest grid that of the whole element counts.
  const bounds = [shares.common[0]!.bound];
  for (let level = 1; level < cells.length - 1; level++) {
    shares = parentShares(maker, shares, cells[level - 1]!, cells[level]!, cleared[level]!);
    const all = [...shares.common, ...[...shares.special.values()].flat()];
    const largest = all.reduce((high, { bound }) => Math.max(high, bound), 0);
    // The share of a spring is a matrix of rank one: its only eigenvalue is the number of dofs that it pulls at, at most.
    bounds.push(hasSprings ? Math.max(largest, 2 ** dimension) : largest);
  }
  return bounds;
};
