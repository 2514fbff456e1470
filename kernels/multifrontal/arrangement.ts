/**
 * Where a system lies in the memory of the kernels: header, tables, inputs, update matrices, factor. Divided among threads,
 * every part has update matrices of its own.
 */
import type { Analysis } from "../sparse/analysis.ts";
import { casesPerPass } from "../sparse/workspace.ts";
import { alignedTo16, dofAtOffset, headerBytes, headerWord, partTables, tablesFor } from "./layout.ts";
import type { Tables } from "./layout.ts";
import type { Place } from "./memory.ts";
import { partition, placePartUpdates } from "./parts.ts";
import type { Partition } from "./parts.ts";

/** Offsets in bytes from the base. */
interface Places {
  readonly tables: number;
  readonly parts: number;
  readonly modulus: number;
  readonly springs: number;
  readonly threshold: number;
  /** Fraction of the diagonal that the thresholds are. */
  readonly fraction: number;
  readonly elementNodes: number;
  readonly work: number;
  readonly rhs: number;
  readonly matrix: number;
  readonly stack: number;
  readonly factor: number;
  readonly bytes: number;
}

export interface Arrangement extends Partition {
  readonly places: Places;
  /** Writes header and tables. */
  readonly write: (place: Place) => void;
}

/** What 32-bit addresses reach, but for the last page. */
export const addressable: number = 2 ** 32 - 2 ** 16;

function placesOf(
  analysis: Analysis,
  sizes: Readonly<Record<"tables" | "parts" | "stack" | "matrices", number>>,
): Places {
  const { nodesPerElement, dofsPerNode, elementCount, dofCount, positionCount, factorLength } = analysis;
  const size = nodesPerElement * dofsPerNode;
  let next = headerBytes;
  const take = (bytes: number): number => {
    const place = next;
    next += alignedTo16(bytes);
    return place;
  };
  const places = {
    tables: take(sizes.tables),
    parts: take(sizes.parts),
    modulus: take(8 * elementCount),
    springs: take(8 * dofCount),
    threshold: take(8 * positionCount),
    fraction: take(8),
    elementNodes: take(4 * nodesPerElement * elementCount),
    work: take(8 * (positionCount + 1) * casesPerPass),
    rhs: take(8 * dofCount * casesPerPass),
    matrix: take(8 * size * size * sizes.matrices),
    stack: take(sizes.stack),
    factor: take(8 * factorLength),
  };
  return { ...places, bytes: next };
}

/** Places that the header tells. */
const inHeader = ["factor", "stack", "modulus", "matrix", "threshold", "elementNodes", "work", "rhs", "parts"] as const;

/** Everything on one thread. */
const undivided = (analysis: Analysis): Partition => ({
  parts: [],
  top: [{ first: 0, last: analysis.supernodeCount }],
});

function arrangementOf(analysis: Analysis, divided: Partition, matrices: number): Arrangement {
  const updates = divided.parts.length === 0 ? analysis : placePartUpdates(analysis, divided);
  const [fronts, records] = [tablesFor(analysis, updates.updateStart), partTables(divided.parts)];
  const places = placesOf(analysis, {
    tables: fronts.bytes,
    parts: records.bytes,
    stack: 8 * updates.stackLength,
    matrices,
  });
  const write = ({ memory, base }: Place): void => {
    const writeTables = ({ bytes, write: fill }: Tables, address: number): void =>
      fill(new Int32Array(memory.buffer, address, bytes / 4), address);
    writeTables(fronts, base + places.tables);
    writeTables(records, base + places.parts);
    const header = new Int32Array(memory.buffer, base, headerBytes / 4);
    header[headerWord.fronts] = base + places.tables;
    header[headerWord.dofAt] = base + places.tables + dofAtOffset(analysis);
    for (const name of inHeader) header[headerWord[name]] = base + places[name];
    new Int32Array(memory.buffer, base + places.elementNodes, analysis.elementNodes.length).set(analysis.elementNodes);
    header[headerWord.matrixStep] = 0;
    header[headerWord.frontCount] = analysis.supernodeCount;
    header[headerWord.positionCount] = analysis.positionCount;
    header[headerWord.dofCount] = analysis.dofCount;
  };
  return { ...divided, places, write };
}

/**
 * The arrangement for so many threads, with as many parts; without any where there is nothing to divide, or where addresses
 * would not reach the update matrices of all parts.
 * @param matrices  element matrices there is room for
 */
export function arrange(analysis: Analysis, threads: number, matrices = 1): Arrangement {
  const divided = threads > 1 ? partition(analysis, threads) : undivided(analysis);
  if (divided.parts.filter((ranges) => ranges.length > 0).length > 1) {
    const arrangement = arrangementOf(analysis, divided, matrices);
    if (arrangement.places.bytes <= addressable) return arrangement;
  }
  return arrangementOf(analysis, undivided(analysis), matrices);
}
