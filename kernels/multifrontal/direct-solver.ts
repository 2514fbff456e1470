/**
 * A system's factors in the memory of the kernels: tables once, then as many factorizations and solves as asked for.
 * Memory comes from memory.ts; where it has been taken by another system meanwhile, the tables are written again and
 * `holds` says that the factors are gone.
 */
import { type Analysis, panelOffset } from "../sparse/analysis.ts";
import type { FactorKernel } from "../sparse/factor-kernel.ts";
import { casesPerPass } from "../sparse/workspace.ts";
import { instantiate } from "../prebuilt/module.ts";
import type { PrebuiltFunction } from "../prebuilt/module.ts";
import { alignedTo16, dofAtOffset, headerBytes, headerWord, tablesFor } from "./layout.ts";
import type { Place, Tenant } from "./memory.ts";
import { isHome, placeFor } from "./memory.ts";
import { multifrontalModule } from "./module.ts";

/** Keeps one factor; `holds` says whether it is still there. */
export interface DirectSolver extends FactorKernel {
  /** Bytes taken for one factor, and for everything else together. */
  readonly bytes: { readonly factor: number; readonly tables: number };
}

/** Places of everything, in bytes from the beginning. */
function placesOf(analysis: Analysis, tableBytes: number) {
  const { nodesPerElement, dofsPerNode, elementCount, dofCount, positionCount, stackLength, factorLength } = analysis;
  const size = nodesPerElement * dofsPerNode;
  let next = headerBytes;
  const take = (bytes: number): number => {
    const place = next;
    next += alignedTo16(bytes);
    return place;
  };
  return {
    tables: take(tableBytes),
    modulus: take(8 * elementCount),
    springs: take(8 * dofCount),
    threshold: take(8 * positionCount),
    work: take(8 * (positionCount + 1) * casesPerPass),
    rhs: take(8 * dofCount * casesPerPass),
    matrix: take(8 * size * size),
    stack: take(8 * stackLength),
    factor: take(8 * factorLength),
    bytes: () => next,
  };
}

const widths = [8, 4, 2, 1] as const;

/** A solver on the systems of an analysis; takes memory at the first factorization. */
export function directSolver(analysis: Analysis): DirectSolver {
  const { nodesPerElement, dofsPerNode, dofCount, positionCount, supernodeCount, factorLength } = analysis;
  const size = nodesPerElement * dofsPerNode;
  const tables = tablesFor(analysis, analysis.updateStart);
  const places = placesOf(analysis, tables.bytes);
  let isFactored = false;
  let functions: Readonly<Record<string, PrebuiltFunction>>;
  const doubles = ({ memory, base }: Place, at: number, length: number): Float64Array =>
    new Float64Array(memory.buffer, base + at, length);
  const tenant: Tenant = {
    bytes: places.bytes(),
    arrive: ({ memory, base }) => {
      isFactored = false;
      const address = base + places.tables;
      tables.write(new Int32Array(memory.buffer, address, tables.bytes / 4), address);
      const header = new Int32Array(memory.buffer, base, headerBytes / 4);
      header[headerWord.fronts] = address;
      header[headerWord.dofAt] = address + dofAtOffset(analysis);
      for (const name of ["factor", "stack", "modulus", "matrix", "threshold", "work", "rhs"] as const)
        header[headerWord[name]] = base + places[name];
      header[headerWord.matrixStep] = 0;
      header[headerWord.frontCount] = supernodeCount;
      header[headerWord.positionCount] = positionCount;
      header[headerWord.dofCount] = dofCount;
      functions = instantiate(multifrontalModule(size), memory);
    },
  };
  const eliminate: DirectSolver["eliminate"] = ({ elementMatrix, modulus, springs }, threshold) => {
    const place = placeFor(tenant);
    isFactored = false;
    doubles(place, places.modulus, modulus.length).set(modulus);
    doubles(place, places.matrix, elementMatrix.length).set(elementMatrix);
    doubles(place, places.threshold, positionCount).set(threshold);
    if (springs !== undefined) doubles(place, places.springs, dofCount).set(springs);
    const header = new Int32Array(place.memory.buffer, place.base, headerBytes / 4);
    header[headerWord.springs] = springs === undefined ? 0 : place.base + places.springs;
    const position = functions["factor"]!(place.base, 0, supernodeCount) as number;
    isFactored = position < 0;
    if (isFactored) return undefined;
    return { position, pivot: refusedPivot(analysis, position, doubles(place, places.factor, factorLength)) };
  };
  const solve: DirectSolver["solve"] = (rhs, cases, out) => {
    const place = placeFor(tenant);
    for (let from = 0; from < cases;) {
      const width = widths.find((count) => count <= cases - from)!;
      const fields = doubles(place, places.rhs, width * dofCount);
      fields.set(rhs.subarray(from * dofCount, (from + width) * dofCount));
      functions[`permuteIn${width}`]!(place.base);
      functions[`solve${width}`]!(place.base);
      functions[`permuteOut${width}`]!(place.base);
      out.set(fields, from * dofCount);
      from += width;
    }
  };
  return {
    bytes: { factor: 8 * factorLength, tables: places.bytes() - 8 * factorLength },
    eliminate,
    holds: () => isFactored && isHome(tenant),
    solve,
  };
}

/** The pivot at a position, which elimination left as it was. */
function refusedPivot(analysis: Analysis, position: number, factor: Float64Array): number {
  const { pivotStart, panelStart, supernodeCount } = analysis;
  let s = 0;
  while (s + 1 < supernodeCount && pivotStart[s + 1]! <= position) s++;
  const local = position - pivotStart[s]!;
  const pivots = pivotStart[s + 1]! - pivotStart[s]!;
  return factor[panelStart[s]! + panelOffset(local, local, pivots)]!;
}
