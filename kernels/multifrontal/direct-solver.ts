/**
 * A system's factors in the memory of the kernels: tables once, then as many factorizations and solves as asked for.
 * Memory comes from memory.ts; where it has been taken by another system meanwhile, the tables are written again and
 * `holds` says that the factors are gone. Subtrees are factored by as many threads as there are, solves by one.
 */
import { type Analysis, panelOffset } from "../sparse/analysis.ts";
import type { FactorKernel, Threshold } from "../sparse/factor-kernel.ts";
import type { ElementValues } from "../sparse/multifrontal.ts";
import { compiledFor, instantiate } from "../prebuilt/module.ts";
import type { PrebuiltFunction } from "../prebuilt/module.ts";
import { arrange } from "./arrangement.ts";
import type { Arrangement } from "./arrangement.ts";
import { headerBytes, headerWord, partBytes, partWord } from "./layout.ts";
import { abandon, isHome, moveOut, placeFor } from "./memory.ts";
import type { Place, Tenant } from "./memory.ts";
import { multifrontalModule } from "./module.ts";
import { oneThread } from "./part-runner.ts";
import type { PartRunner } from "./part-runner.ts";

/** Keeps one factor; `holds` says whether it is still there. */
export interface DirectSolver extends FactorKernel {
  /** Bytes taken for one factor, and for everything else together, where one thread works on it. */
  readonly bytes: { readonly factor: number; readonly tables: number };
  /** Copies the factor kept to where the reference has it. @param factor  analysis.factorLength numbers */
  readonly read: (factor: Float64Array) => void;
}

const widths = [8, 4, 2, 1] as const;

const doublesAt = ({ memory, base }: Place, at: number, length: number): Float64Array =>
  new Float64Array(memory.buffer, base + at, length);

/** Copies what a factorization reads. */
function writeValues(
  { dofCount, nodesPerElement, dofsPerNode }: Analysis,
  { places }: Arrangement,
  place: Place,
  { elementMatrix, modulus, springs }: ElementValues,
): void {
  const elementSize = nodesPerElement * dofsPerNode;
  doublesAt(place, places.modulus, modulus.length).set(modulus);
  doublesAt(place, places.matrix, elementMatrix.length).set(elementMatrix);
  if (springs !== undefined) doublesAt(place, places.springs, dofCount).set(springs);
  const header = new Int32Array(place.memory.buffer, place.base, headerBytes / 4);
  header[headerWord.matrixStep] = elementMatrix.length === elementSize ** 2 ? 0 : 8 * elementSize ** 2;
  header[headerWord.springs] = springs === undefined ? 0 : place.base + places.springs;
}

/** Writes thresholds, or has them computed of the values written before. */
function settleThresholds(
  { positionCount, dofsPerNode, elementCount }: Analysis,
  { places }: Arrangement,
  place: Place,
  threshold: Threshold,
  functions: Readonly<Record<string, PrebuiltFunction>>,
): void {
  if (typeof threshold !== "number") return doublesAt(place, places.threshold, positionCount).set(threshold);
  doublesAt(place, places.fraction, 1)[0] = threshold;
  functions[`thresholds${dofsPerNode}`]!(place.base, elementCount, place.base + places.fraction);
}

/** The first position that a part has refused, or -1. */
function refusedByParts({ parts, places }: Arrangement, { memory, base }: Place): number {
  const records = new Int32Array(memory.buffer, base + places.parts, (parts.length * partBytes) / 4);
  const refused = parts.map((_, part) => records[(part * partBytes) / 4 + partWord.refused]!).filter((at) => at >= 0);
  return refused.length === 0 ? -1 : Math.min(...refused);
}

/** The supernode that has the pivot at a position. */
function supernodeAt({ pivotStart, supernodeCount }: Analysis, position: number): number {
  let s = 0;
  while (s + 1 < supernodeCount && pivotStart[s + 1]! <= position) s++;
  return s;
}

/** The pivot at a position, which elimination left as it was. */
function refusedPivot(analysis: Analysis, position: number, factor: Float64Array): number {
  const { pivotStart, panelStart } = analysis;
  const s = supernodeAt(analysis, position);
  const local = position - pivotStart[s]!;
  return factor[panelStart[s]! + panelOffset(local, local, pivotStart[s + 1]! - pivotStart[s]!)]!;
}

/**
 * A solver on the systems of an analysis; takes memory at the first factorization.
 * @param runner    other threads, asked anew at every factorization
 * @param matrices  element matrices of a factorization: one for all elements, or as many as there are elements
 */
export function directSolver(analysis: Analysis, runner: PartRunner = oneThread, matrices = 1): DirectSolver {
  const { nodesPerElement, dofsPerNode, dofCount, supernodeCount, factorLength, statistics } = analysis;
  const module = multifrontalModule(nodesPerElement * dofsPerNode);
  let isFactored = false;
  const settle = (threads: number) => {
    const arrangement = arrange(analysis, threads, matrices);
    const tenant: Tenant = {
      bytes: arrangement.places.bytes,
      isShared: arrangement.parts.length > 0,
      arrive: (place) => {
        isFactored = false;
        arrangement.write(place);
      },
    };
    return { arrangement, tenant, threads };
  };
  let home = settle(1);
  const { bytes } = home.tenant;

  /** Runs all parts; false where a thread was lost, which may still write to the memory. */
  const runParts = (place: Place, threads: number): boolean => {
    const { parts } = home.arrangement;
    if (parts.length === 0) return true;
    const { memory, base } = place;
    const run = (part: number): void => void instantiate(module, memory)["factorPart"]!(base, part);
    const job = { module: compiledFor(module, memory), memory, function: "factorPart", base, threads };
    const outcome = (threads > 1 ? runner : oneThread).share(job, () => run(0));
    if (outcome === "alone") for (let part = 1; part < parts.length; part++) run(part);
    return outcome !== "lost";
  };

  /**
   * Eliminates the top: the position of the first pivot refused there or before it in a part, or -1. Fronts after the one that
   * a part has refused are left out: one thread would not have come to them, and updates of their children may be missing.
   */
  const runTop = ({ memory, base }: Place, refused: number): number => {
    const end = refused < 0 ? supernodeCount : supernodeAt(analysis, refused);
    for (const { first, last } of home.arrangement.top) {
      const refusedByTop = instantiate(module, memory)["factor"]!(base, first, Math.min(last, end)) as number;
      if (refusedByTop >= 0) return refusedByTop;
    }
    return refused;
  };

  const eliminate: DirectSolver["eliminate"] = (values, threshold) => {
    const threads = runner.threadsFor(statistics.flops);
    // A division among threads serves one as well.
    if (threads > 1 && threads !== home.threads) {
      moveOut(home.tenant);
      home = settle(threads);
    }
    const enter = (): Place => {
      const place = placeFor(home.tenant);
      writeValues(analysis, home.arrangement, place, values);
      settleThresholds(analysis, home.arrangement, place, threshold, instantiate(module, place.memory));
      return place;
    };
    isFactored = false;
    let place = enter();
    if (!runParts(place, threads)) {
      abandon(place.memory);
      place = enter();
      runParts(place, 1);
    }
    const position = runTop(place, refusedByParts(home.arrangement, place));
    isFactored = position < 0;
    if (isFactored) return undefined;
    const factor = doublesAt(place, home.arrangement.places.factor, factorLength);
    return { position, pivot: refusedPivot(analysis, position, factor) };
  };

  const solve: DirectSolver["solve"] = (rhs, cases, out) => {
    const place = placeFor(home.tenant);
    const functions = instantiate(module, place.memory);
    for (let from = 0; from < cases;) {
      const width = widths.find((count) => count <= cases - from)!;
      const fields = doublesAt(place, home.arrangement.places.rhs, width * dofCount);
      fields.set(rhs.subarray(from * dofCount, (from + width) * dofCount));
      functions[`permuteIn${width}`]!(place.base);
      functions[`solve${width}`]!(place.base);
      functions[`permuteOut${width}`]!(place.base);
      out.set(fields, from * dofCount);
      from += width;
    }
  };

  return {
    bytes: { factor: 8 * factorLength, tables: bytes - 8 * factorLength },
    eliminate,
    read: (factor) => factor.set(doublesAt(placeFor(home.tenant), home.arrangement.places.factor, factorLength)),
    holds: () => isFactored && isHome(home.tenant),
    solve,
  };
}
