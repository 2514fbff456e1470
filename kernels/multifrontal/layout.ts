/**
 * How an analysis lies in the memory of the kernels: one record of 16 words for every front, lists of words that records
 * point to, and the header that says where everything is. Offsets in bytes; words are 32 bits.
 */
import { at, i32 } from "../assembler/index.ts";
import type { Expression } from "../assembler/index.ts";
import type { Analysis } from "../sparse/analysis.ts";
import type { SupernodeRange } from "./parts.ts";

/** Words of a front's record. */
export const frontWord = {
  /** Position of the first pivot. */
  position: 0,
  pivots: 1,
  /** Panel, in bytes from the beginning of the factor. */
  panel: 2,
  /** Padded number of update rows. */
  updates: 3,
  /** Update matrix, in bytes from the beginning of the stack. */
  update: 4,
  /** Lists: element numbers and their maps, children, unit pivots, positions of update rows, their places in the parent. */
  elements: 5,
  elementCount: 6,
  maps: 7,
  children: 8,
  childCount: 9,
  units: 10,
  unitCount: 11,
  rows: 12,
  parentLocal: 13,
  /** Number of update rows without padding. */
  rowCount: 14,
} as const;
export const recordBytes = 64;

/** Words of the header. */
export const headerWord = {
  fronts: 0,
  factor: 1,
  stack: 2,
  modulus: 3,
  matrix: 4,
  /** Bytes from the matrix of one element to the next: 0 where all share one. */
  matrixStep: 5,
  threshold: 6,
  /** Stiffness to ground per dof; 0 where there is none. */
  springs: 7,
  dofAt: 8,
  work: 9,
  rhs: 10,
  frontCount: 11,
  positionCount: 12,
  dofCount: 13,
  /** Records of the parts that threads take. */
  parts: 14,
  /** Node numbers element by element. */
  elementNodes: 15,
} as const;
export const headerBytes = 64;

/** A word of a header or record. */
export const word = (base: Expression<"i32">, index: number): Expression<"i32"> => i32.load(at(base, index, 4));

/** Words of a part's record. */
export const partWord = {
  /** Its list of first and last supernodes, two words a range. */
  ranges: 0,
  rangeCount: 1,
  /** Left by its factorization: position of the first pivot refused, or -1. */
  refused: 2,
} as const;
export const partBytes = 16;

/** In the map of an element: its first word holds the number of free dofs and, in the upper half, how many are pivots. */
export const countBits = 16;
/** A further word holds the number of a dof in the element in its lower bits, its place in the front above them. */
export const dofBits = 5;

/** An element's map: free dofs by ascending place in the front. */
function elementMap(local: Int32Array, pivots: number, map: Int32Array): void {
  let count = 0;
  let inPivots = 0;
  for (let dof = 0; dof < local.length; dof++) {
    const place = local[dof]!;
    if (place < 0) continue;
    if (place < pivots) inPivots++;
    const word = (place << dofBits) | dof;
    // Insertion: eight or twenty-four entries.
    let at = ++count;
    for (; at > 1 && map[at - 1]! > word; at--) map[at] = map[at - 1]!;
    map[at] = word;
  }
  map[0] = (inPivots << countBits) | count;
}

/** Tables, to be written to wherever they are to lie. */
export interface Tables {
  readonly bytes: number;
  /** Fills the words; places in records are made addresses from `base` on. */
  readonly write: (words: Int32Array, base: number) => void;
}

export const alignedTo16 = (bytes: number): number => 16 * Math.ceil(bytes / 16);

/** Places of the lists behind the records, in words. */
function listPlaces(analysis: Analysis) {
  const { supernodeCount, nodesPerElement, dofsPerNode } = analysis;
  const mapWords = nodesPerElement * dofsPerNode + 1;
  let next = (supernodeCount * recordBytes) / 4;
  const place = (words: number): number => {
    const own = next;
    next += words;
    return own;
  };
  return {
    mapWords,
    elements: place(analysis.frontElements.length),
    maps: place(analysis.frontElements.length * mapWords),
    children: place(analysis.children.length),
    units: place(analysis.unitPivots.length),
    rows: place(analysis.rows.length),
    parentLocal: place(analysis.parentLocal.length),
    dofAt: place(analysis.dofAt.length),
    words: next,
  };
}

/** Where the list of dofs by position begins, in bytes from the tables. */
export const dofAtOffset = (analysis: Analysis): number => 4 * listPlaces(analysis).dofAt;

/**
 * Tables of an analysis.
 * @param updateStart  place of every update matrix on the stack, in numbers
 */
export function tablesFor(analysis: Analysis, updateStart: Int32Array): Tables {
  const places = listPlaces(analysis);
  const write = (words: Int32Array, base: number): void => {
    const { supernodeCount, pivotStart, panelStart, rowStart, elementStart, childStart, unitPivots } = analysis;
    const size = places.mapWords - 1;
    const address = (place: number): number => base + 4 * place;
    words.set(analysis.frontElements, places.elements);
    words.set(analysis.children, places.children);
    words.set(analysis.rows, places.rows);
    words.set(analysis.parentLocal, places.parentLocal);
    words.set(analysis.dofAt, places.dofAt);
    let unit = 0;
    for (let s = 0; s < supernodeCount; s++) {
      const pivots = pivotStart[s + 1]! - pivotStart[s]!;
      const firstUnit = unit;
      for (; unit < unitPivots.length && unitPivots[unit]! < panelStart[s + 1]!; unit++)
        words[places.units + unit] = 8 * (unitPivots[unit]! - panelStart[s]!);
      for (let at = elementStart[s]!; at < elementStart[s + 1]!; at++) {
        const map = places.maps + at * places.mapWords;
        const local = analysis.elementLocal.subarray(at * size, (at + 1) * size);
        elementMap(local, pivots, words.subarray(map, map + places.mapWords));
      }
      const record = words.subarray((s * recordBytes) / 4, ((s + 1) * recordBytes) / 4);
      record[frontWord.position] = pivotStart[s]!;
      record[frontWord.pivots] = pivots;
      record[frontWord.panel] = 8 * panelStart[s]!;
      record[frontWord.updates] = rowStart[s + 1]! - rowStart[s]!;
      record[frontWord.update] = 8 * updateStart[s]!;
      record[frontWord.elements] = address(places.elements + elementStart[s]!);
      record[frontWord.elementCount] = elementStart[s + 1]! - elementStart[s]!;
      record[frontWord.maps] = address(places.maps + elementStart[s]! * places.mapWords);
      record[frontWord.children] = address(places.children + childStart[s]!);
      record[frontWord.childCount] = childStart[s + 1]! - childStart[s]!;
      record[frontWord.units] = address(places.units + firstUnit);
      record[frontWord.unitCount] = unit - firstUnit;
      record[frontWord.rows] = address(places.rows + rowStart[s]!);
      record[frontWord.parentLocal] = address(places.parentLocal + rowStart[s]!);
      record[frontWord.rowCount] = analysis.rowCount[s]!;
    }
  };
  return { bytes: alignedTo16(4 * places.words), write };
}

/** Records and ranges of parts. */
export function partTables(parts: readonly (readonly SupernodeRange[])[]): Tables {
  const write = (words: Int32Array, base: number): void => {
    let next = (parts.length * partBytes) / 4;
    parts.forEach((ranges, part) => {
      const record = (part * partBytes) / 4;
      words[record + partWord.ranges] = base + 4 * next;
      words[record + partWord.rangeCount] = ranges.length;
      words[record + partWord.refused] = -1;
      for (const { first, last } of ranges) {
        words[next++] = first;
        words[next++] = last;
      }
    });
  };
  return { bytes: alignedTo16(parts.reduce((bytes, ranges) => bytes + partBytes + 8 * ranges.length, 0)), write };
}
