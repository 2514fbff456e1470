/**
 * Everything about a hierarchy that does not depend on moduli: its grids, which dofs move, the matrices that coarse elements
 * are made of, and how fast each grid may be smoothed. A dof moves unless a support holds it or only empty elements, with
 * which grids are filled up, are around it (supports.ts).
 */
import { type Analysis, analyzeElements } from "../sparse/analysis.ts";
import { nestedDissection } from "../sparse/nested-dissection.ts";
import {
  cornersOf,
  countOf,
  forEachRow,
  geometryOf,
  indexIn,
  indicesIn,
  nestedCells,
  nodesOf,
  placeOf,
} from "./geometry.ts";
import type { Geometry } from "./geometry.ts";
import { masked, promoted } from "./interpolation.ts";
import { modesOf, withCorners } from "./modes.ts";
import type { Modes } from "./modes.ts";
import { smoothingBounds } from "./smoothing-bounds.ts";
import { coarserStates, doubtfulDofs, finestStates, fixed, free } from "./supports.ts";

/** A regular grid of elements of one kind. */
export interface GridElements {
  /** Elements per axis, slowest first. */
  readonly elementShape: readonly number[];
  readonly dofsPerNode: number;
  /** Node numbers element by element. */
  readonly elementNodes: Int32Array;
  /** For modulus 1, row-major. */
  readonly elementMatrix: Float64Array;
  /** One flag per dof, 1 = fixed. */
  readonly fixed: Uint8Array;
  /** Stiffness to ground per dof. */
  readonly springs?: Float64Array | undefined;
}

export interface Grid {
  readonly geometry: Geometry;
  /** Places of all dofs that do not move, in bytes from the beginning of a field. */
  readonly still: Int32Array;
  /**
   * Dofs whose rows and columns the matrix of an element comes without, by element number, for elements that have any: those
   * that do not move. On the finest grid only those with supports, as elements there have matrices for one modulus in common
   * and empty ones have modulus 0.
   */
  readonly clearedOf: ReadonlyMap<number, readonly number[]>;
  /** No eigenvalue of D^-1 K is larger; 0 on the coarsest grid, which is not smoothed. */
  readonly bound: number;
}

/** A spring to ground on the finest grid: the place of its dof in a field, in bytes. */
interface Spring {
  readonly place: number;
  readonly stiffness: number;
}

export interface Plan {
  readonly components: number;
  readonly elementSize: number;
  readonly modes: Modes;
  /** Diagonal of the element matrix. */
  readonly diagonal: Float64Array;
  /** The finest first; the last one is solved directly. */
  readonly grids: readonly Grid[];
  /** Matrices that finest elements give to their parents, and the number of each element's by place. */
  readonly kinds: readonly Float64Array[];
  readonly kindAt: Int32Array;
  readonly springs: readonly Spring[];
  /** Springs by the element of the second grid that takes them: dofs there with their weights. */
  readonly springsOf: ReadonlyMap<number, readonly Float64Array[]>;
  /** Of the factorization of the coarsest grid. */
  readonly coarsestAnalysis: Analysis;
  /** Dofs of the coarsest grid that may move like others, so that its matrix has no inverse without a little stiffness there. */
  readonly doubtful: Int32Array;
}

/** Dofs of an element that are in one of these states. */
const dofsIn = (
  cells: readonly number[],
  states: Uint8Array,
  components: number,
  element: readonly number[],
  isWanted: (state: number) => boolean,
): number[] => {
  const nodes = nodesOf(cells);
  const dofs: number[] = [];
  cornersOf(cells.length).forEach((corner, c) => {
    const node = indexIn(
      nodes,
      element.map((index, axis) => index + corner[axis]!),
    );
    for (let k = 0; k < components; k++) if (isWanted(states[node * components + k]!)) dofs.push(c * components + k);
  });
  return dofs;
};

/** Elements around a node. */
const elementsAround = (cells: readonly number[], node: readonly number[]): number[] =>
  cornersOf(cells.length)
    .map((corner) => node.map((index, axis) => index - corner[axis]!))
    .filter((element) => element.every((index, axis) => index >= 0 && index < cells[axis]!))
    .map((element) => indexIn(cells, element));

/** Dofs in one of these states by element, for elements that have any. */
const dofsByElement = (
  cells: readonly number[],
  states: Uint8Array,
  components: number,
  isWanted: (state: number) => boolean,
) => {
  const nodes = nodesOf(cells);
  const found = new Map<number, readonly number[]>();
  for (let n = 0; n < countOf(nodes); n++) {
    let has = false;
    for (let k = 0; k < components; k++) has ||= isWanted(states[n * components + k]!);
    if (!has) continue;
    for (const element of elementsAround(cells, indicesIn(nodes, n)))
      if (!found.has(element))
        found.set(element, dofsIn(cells, states, components, indicesIn(cells, element), isWanted));
  }
  return found;
};

const stillPlaces = (geometry: Geometry, states: Uint8Array, components: number): Int32Array => {
  const places: number[] = [];
  for (let n = 0; n < countOf(geometry.nodes); n++)
    for (let k = 0; k < components; k++)
      if (states[n * components + k] !== free)
        places.push(8 * (k * geometry.length + placeOf(geometry, indicesIn(geometry.nodes, n))));
  return Int32Array.from(places);
};

/** Corners of the elements as steps along the axes. */
const cornerSteps = ({ elementShape, elementNodes }: GridElements): number[][] => {
  const nodes = nodesOf(elementShape);
  const corners = Array.from(elementNodes.subarray(0, 2 ** elementShape.length), (node) => indicesIn(nodes, node));
  return corners.map((corner) => corner.map((index, axis) => index - Math.min(...corners.map((own) => own[axis]!))));
};

/** One matrix for every way in which a finest element can lie in its parent and be held. */
const kindsOf = (
  matrix: Float64Array,
  components: number,
  geometry: Geometry,
  cleared: ReadonlyMap<number, readonly number[]>,
) => {
  const { cells } = geometry;
  const kinds: Float64Array[] = [];
  const known = new Map<string, number>();
  const kindAt = new Int32Array(geometry.length);
  const kindFor = (child: number, dofs: readonly number[]): number => {
    const key = `${child}:${dofs.join()}`;
    const number = known.get(key) ?? kinds.push(promoted(masked(matrix, dofs), cells.length, components, child)) - 1;
    known.set(key, number);
    return number;
  };
  const childOf = (at: readonly number[]): number => at.reduce((own, index) => 2 * own + (index & 1), 0);
  forEachRow(cells, (start) => {
    const pair = [0, 1].map((x) => kindFor(childOf([...start.slice(0, -1), x]), []));
    const place = placeOf(geometry, start);
    for (let x = 0; x < cells.at(-1)!; x++) kindAt[place + x] = pair[x & 1]!;
  });
  for (const [element, dofs] of cleared) {
    const at = indicesIn(cells, element);
    kindAt[placeOf(geometry, at)] = kindFor(childOf(at), dofs);
  }
  return { kinds, kindAt };
};

/** A spring by where it is on the finest grid. */
interface Pull {
  readonly node: readonly number[];
  readonly component: number;
  readonly stiffness: number;
}

const pullsOf = ({ springs, elementShape, dofsPerNode }: GridElements): Pull[] => {
  const nodes = nodesOf(elementShape);
  const pulls: Pull[] = [];
  springs?.forEach((stiffness, dof) => {
    if (!(stiffness > 0)) return;
    pulls.push({ node: indicesIn(nodes, Math.floor(dof / dofsPerNode)), component: dof % dofsPerNode, stiffness });
  });
  return pulls;
};

/** Springs by the coarse element that takes them, each as the weights of its dof in that element's. */
const springWeights = (
  { cells, nodes }: Geometry,
  states: Uint8Array,
  pulls: readonly Pull[],
  components: number,
): Map<number, Float64Array[]> => {
  const coarse = cells.map((count) => count / 2);
  const taken = new Map<number, Float64Array[]>();
  for (const { node, component, stiffness } of pulls) {
    if (states[indexIn(nodes, node) * components + component] !== free) continue;
    const element = node.map((index, axis) => Math.min(index >> 1, coarse[axis]! - 1));
    const weights = new Float64Array(components * 2 ** cells.length);
    cornersOf(cells.length).forEach((corner, c) => {
      const share = corner.reduce((weight, step, axis) => {
        const place = node[axis]! / 2 - element[axis]!;
        return weight * (step === 1 ? place : 1 - place);
      }, 1);
      weights[c * components + component] = Math.sqrt(stiffness) * share;
    });
    const number = indexIn(coarse, element);
    taken.set(number, [...(taken.get(number) ?? []), weights]);
  }
  return taken;
};

/** Node numbers element by element, corners in the order of cornersOf. */
const nodesOfElements = (cells: readonly number[]): Int32Array => {
  const nodes = nodesOf(cells);
  const corners = cornersOf(cells.length).map((corner) => indexIn(nodes, corner));
  const found = new Int32Array(countOf(cells) * corners.length);
  let at = 0;
  forEachRow(cells, (start) => {
    const first = indexIn(nodes, start);
    for (let x = 0; x < cells.at(-1)!; x++) for (const corner of corners) found[at++] = first + x + corner;
  });
  return found;
};

/** States of the dofs of all grids, the finest first. */
const statesOf = (
  { elementShape, dofsPerNode, fixed: flags }: GridElements,
  cells: readonly (readonly number[])[],
): Uint8Array[] => {
  const states = [finestStates(elementShape, cells[0]!, flags, dofsPerNode)];
  for (const finer of cells.slice(0, -1)) states.push(coarserStates(finer, states.at(-1)!, dofsPerNode));
  return states;
};

/** Dofs of the coarsest grid that may move like others. */
const doubtfulOf = (
  cells: readonly (readonly number[])[],
  states: readonly Uint8Array[],
  components: number,
): Int32Array => {
  let doubtful: Uint8Array = new Uint8Array(states[0]!.length);
  cells.slice(0, -1).forEach((finer, level) => {
    doubtful = doubtfulDofs(finer, states[level]!, doubtful, components);
  });
  return Int32Array.from(doubtful.keys()).filter((dof) => doubtful[dof] === 1 && states.at(-1)![dof] === free);
};

const coarsestAnalysisOf = (cells: readonly number[], states: Uint8Array, components: number): Analysis =>
  analyzeElements({
    nodeCount: countOf(nodesOf(cells)),
    dofsPerNode: components,
    nodesPerElement: 2 ** cells.length,
    elementNodes: nodesOfElements(cells),
    order: nestedDissection(cells),
    fixed: states.map((state) => (state === free ? 0 : 1)),
  });

/** The plan of a system for so many grids, two or more. Cost: one pass over all elements, and the coarsest grid's analysis. */
export const planOf = (system: GridElements, levels: number): Plan => {
  const components = system.dofsPerNode;
  const matrix = withCorners(system.elementMatrix, cornerSteps(system), components);
  const elementSize = Math.sqrt(matrix.length);
  const cells = nestedCells(system.elementShape, levels);
  const geometries = cells.map(geometryOf);
  const finest = geometries[0]!;
  const states = statesOf(system, cells);
  const cleared = states.map((own, level) =>
    dofsByElement(cells[level]!, own, components, (state) => (level === 0 ? state === fixed : state !== free)),
  );
  const pulls = pullsOf(system);
  const bounds = smoothingBounds(matrix, components, cells, cleared, pulls.length > 0);
  return {
    components,
    elementSize,
    modes: modesOf(matrix, components),
    diagonal: matrix.filter((_, k) => k % (elementSize + 1) === 0),
    grids: geometries.map((geometry, level) => ({
      geometry,
      still: stillPlaces(geometry, states[level]!, components),
      clearedOf: cleared[level]!,
      bound: bounds[level] ?? 0,
    })),
    ...kindsOf(matrix, components, finest, cleared[0]!),
    springs: pulls.map(({ node, component, stiffness }) => ({
      place: 8 * (component * finest.length + placeOf(finest, node)),
      stiffness,
    })),
    springsOf: springWeights(finest, states[0]!, pulls, components),
    doubtful: doubtfulOf(cells, states, components),
    coarsestAnalysis: coarsestAnalysisOf(cells.at(-1)!, states.at(-1)!, components),
  };
};
