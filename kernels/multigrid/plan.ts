/**
 * Everything about a hierarchy that does not depend on moduli: its grids, which dofs move, the matrices that coarse elements
 * are made of, and how fast each grid may be smoothed.
 */
import { type Analysis, analyzeElements } from "../sparse/analysis.ts";
import { nestedDissection } from "../sparse/nested-dissection.ts";
import { cornersOf, forEachRow, geometryOf, indexIn, indicesIn, nestedCells, placeOf } from "./geometry.ts";
import type { Geometry } from "./geometry.ts";
import { masked, promoted, smoothingBound } from "./interpolation.ts";
import { modesOf, withCorners } from "./modes.ts";
import type { Modes } from "./modes.ts";
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
  /** Places of dofs that do not move, in bytes from the beginning of a field. */
  readonly still: Int32Array;
  /** Dofs of elements that do not move, for elements that have any, by element number. */
  readonly stillOf: ReadonlyMap<number, readonly number[]>;
  /** No eigenvalue of D^-1 K is larger. */
  readonly bound: number;
}

/** A spring to ground: which dof of the finest grid, and where it pulls at the elements of the next grid. */
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
  readonly coarsest: Analysis;
  /** Dofs of the coarsest grid that may move like others, so that its matrix has no inverse without a little stiffness there. */
  readonly doubtful: Int32Array;
}

const countOf = (counts: readonly number[]): number => counts.reduce((product, count) => product * count, 1);

/** Dofs of an element that are in one of these states. */
const dofsIn = (
  cells: readonly number[],
  states: Uint8Array,
  components: number,
  element: readonly number[],
  isWanted: (state: number) => boolean,
): number[] => {
  const nodes = cells.map((count) => count + 1);
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

/** What a grid's states say about its elements. */
const stillDofs = (
  cells: readonly number[],
  states: Uint8Array,
  components: number,
  isWanted: (state: number) => boolean,
) => {
  const nodes = cells.map((count) => count + 1);
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
  const nodes = elementShape.map((count) => count + 1);
  const corners = Array.from(elementNodes.subarray(0, 2 ** elementShape.length), (node) => indicesIn(nodes, node));
  return corners.map((corner) => corner.map((index, axis) => index - Math.min(...corners.map((own) => own[axis]!))));
};

/** One matrix for every way in which a finest element can lie in its parent and be held. */
const kindsOf = (
  matrix: Float64Array,
  components: number,
  geometry: Geometry,
  held: ReadonlyMap<number, readonly number[]>,
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
  for (const [element, dofs] of held) {
    const at = indicesIn(cells, element);
    kindAt[placeOf(geometry, at)] = kindFor(childOf(at), dofs);
  }
  return { kinds, kindAt };
};

/** Bounds of all grids but the coarsest: the largest of the matrices that their elements are sums of. */
const boundsOf = (
  matrix: Float64Array,
  components: number,
  cells: readonly (readonly number[])[],
  held: readonly ReadonlyMap<number, readonly number[]>[],
  hasSprings: boolean,
): number[] => {
  const dimension = cells[0]!.length;
  const children = 2 ** dimension;
  const known = new Map<string, { readonly matrix: Float64Array; readonly bound: number }>();
  const typed = (key: string, make: () => Float64Array) => {
    const own = known.get(key);
    if (own !== undefined) return own;
    const made = make();
    const type = { matrix: made, bound: smoothingBound(made) };
    known.set(key, type);
    return type;
  };
  const bounds = [typed("", () => matrix).bound];
  /** Types by element: those of elements without a held dof are the same everywhere. */
  let common: readonly string[] = [""];
  let own = new Map(
    [...held[0]!].map(([element, dofs]) => {
      const key = `[${dofs.join()}]`;
      typed(key, () => masked(matrix, dofs));
      return [element, [key] as readonly string[]] as const;
    }),
  );
  for (let level = 1; level < cells.length - 1; level++) {
    const promote = (keys: readonly string[], child: number, dofs: readonly number[]): string[] =>
      keys.map((key) => {
        const next = `${key}${child}${dofs.length === 0 ? "" : `[${dofs.join()}]`}`;
        typed(next, () => masked(promoted(known.get(key)!.matrix, dimension, components, child), dofs));
        return next;
      });
    const parents = new Set(held[level]!.keys());
    for (const element of own.keys())
      parents.add(
        indexIn(
          cells[level]!,
          indicesIn(cells[level - 1]!, element).map((index) => index >> 1),
        ),
      );
    const next = new Map<number, readonly string[]>();
    for (const parent of parents) {
      const at = indicesIn(cells[level]!, parent);
      const keys = cornersOf(dimension).flatMap((corner, child) => {
        const element = indexIn(
          cells[level - 1]!,
          at.map((index, axis) => 2 * index + corner[axis]!),
        );
        return promote(own.get(element) ?? common, child, held[level]!.get(parent) ?? []);
      });
      next.set(parent, [...new Set(keys)]);
    }
    common = Array.from({ length: children }, (_, child) => promote(common, child, [])).flat();
    own = next;
    const all = [...common, ...[...next.values()].flat()];
    const largest = all.reduce((high, key) => Math.max(high, known.get(key)!.bound), 0);
    bounds.push(hasSprings ? Math.max(largest, children) : largest);
  }
  return bounds;
};

/** Springs by the coarse element that takes them, each as the weights of its dof in that element's. */
const springWeights = (
  finest: Geometry,
  states: Uint8Array,
  springs: readonly { readonly node: readonly number[]; readonly component: number; readonly stiffness: number }[],
  components: number,
): Map<number, Float64Array[]> => {
  const { cells, nodes } = finest;
  const coarse = cells.map((count) => count / 2);
  const taken = new Map<number, Float64Array[]>();
  for (const { node, component, stiffness } of springs) {
    if (states[indexIn(nodes, node) * components + component] !== free) continue;
    const element = node.map((index, axis) => Math.min(index >> 1, coarse[axis]! - 1));
    const root = Math.sqrt(stiffness);
    const weights = new Float64Array(components * 2 ** cells.length);
    cornersOf(cells.length).forEach((corner, c) => {
      weights[c * components + component] =
        root *
        corner.reduce((weight, step, axis) => {
          const place = node[axis]! / 2 - element[axis]!;
          return weight * (step === 1 ? place : 1 - place);
        }, 1);
    });
    const number = indexIn(coarse, element);
    taken.set(number, [...(taken.get(number) ?? []), weights]);
  }
  return taken;
};

/** Node numbers element by element, corners in the order of cornersOf. */
const nodesOfElements = (cells: readonly number[]): Int32Array => {
  const nodes = cells.map((count) => count + 1);
  const corners = cornersOf(cells.length).map((corner) => indexIn(nodes, corner));
  const found = new Int32Array(countOf(cells) * corners.length);
  let at = 0;
  forEachRow(cells, (start) => {
    const first = indexIn(nodes, start);
    for (let x = 0; x < cells.at(-1)!; x++) for (const corner of corners) found[at++] = first + x + corner;
  });
  return found;
};

/** The plan of a system for so many grids, two or more. Cost: one pass over all elements, and the coarsest grid's analysis. */
export const planOf = (system: GridElements, levels: number): Plan => {
  const { elementShape: given, dofsPerNode: components, springs = new Float64Array(0) } = system;
  const matrix = withCorners(system.elementMatrix, cornerSteps(system), components);
  const elementSize = Math.sqrt(matrix.length);
  const cells = nestedCells(given, levels);
  const geometries = cells.map(geometryOf);
  const states = [finestStates(given, cells[0]!, system.fixed, components)];
  for (let level = 1; level < levels; level++)
    states.push(coarserStates(cells[level - 1]!, states[level - 1]!, components));
  let doubtful: Uint8Array = new Uint8Array(states[0]!.length);
  for (let level = 1; level < levels; level++)
    doubtful = doubtfulDofs(cells[level - 1]!, states[level - 1]!, doubtful, components);
  const held = states.map((own, level) =>
    stillDofs(cells[level]!, own, components, level === 0 ? (state) => state === fixed : (state) => state !== free),
  );
  const givenNodes = given.map((count) => count + 1);
  const pulling = Array.from(springs, (stiffness, dof) => ({
    node: indicesIn(givenNodes, Math.floor(dof / components)),
    component: dof % components,
    stiffness,
  })).filter(({ stiffness }) => stiffness > 0);
  const bounds = boundsOf(matrix, components, cells, held, pulling.length > 0);
  const coarse = cells.at(-1)!;
  const coarseNodes = coarse.map((count) => count + 1);
  return {
    components,
    elementSize,
    modes: modesOf(matrix, components),
    diagonal: matrix.filter((_, k) => k % (elementSize + 1) === 0),
    grids: geometries.map((geometry, level) => ({
      geometry,
      still: stillPlaces(geometry, states[level]!, components),
      stillOf: held[level]!,
      bound: bounds[level] ?? 0,
    })),
    ...kindsOf(matrix, components, geometries[0]!, held[0]!),
    springs: pulling.map(({ node, component, stiffness }) => ({
      place: 8 * (component * geometries[0]!.length + placeOf(geometries[0]!, node)),
      stiffness,
    })),
    springsOf: springWeights(geometries[0]!, states[0]!, pulling, components),
    doubtful: Int32Array.from(doubtful.keys()).filter((dof) => doubtful[dof] === 1 && states.at(-1)![dof] === free),
    coarsest: analyzeElements({
      nodeCount: countOf(coarseNodes),
      dofsPerNode: components,
      nodesPerElement: 2 ** coarse.length,
      elementNodes: nodesOfElements(coarse),
      order: nestedDissection(coarse),
      fixed: states.at(-1)!.map((state) => (state === free ? 0 : 1)),
    }),
  };
};
