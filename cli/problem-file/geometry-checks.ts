/**
 * What a mesh asks of the selectors, supports and loads on it: names and components of its dimension and physics.
 */
import type { Box } from "../../library/fem/index.ts";
import type { JsonPath } from "../json/index.ts";
import { axisOf } from "./selectors.ts";
import type { CustomProblem, RunLoad, Selector } from "./types.ts";

/** What is wrong, and where. */
export type Remark = readonly [path: JsonPath, message: string];

const wordsOf = (dimensions: number): string => (dimensions === 2 ? "two numbers, [x, y]" : "three numbers, [x, y, z]");

const vectorRemarks = (vector: readonly number[], path: JsonPath, dimensions: number): readonly Remark[] =>
  vector.length === dimensions
    ? []
    : [[path, `${vector.length} numbers on a mesh with ${dimensions} dimensions: give ${wordsOf(dimensions)}`]];

const boxRemarks = (own: Box, path: JsonPath, dimensions: number): readonly Remark[] =>
  dimensions === 3 || own.z === undefined ? [] : [[[...path, "z"], "this mesh is plane: it has x and y"]];

/** Elements along x, y and z. */
type Counts = readonly number[];

const edgeRemarks = (own: Extract<Selector, { readonly edge: unknown }>["edge"], dimensions: number): string | null => {
  if (typeof own === "string" && dimensions === 3)
    return 'in space an edge is where two faces meet: give a pair, as ["left", "top"]; a whole side is a face';
  if (typeof own !== "string" && dimensions === 2) return "the edges of a plane mesh are left, right, top and bottom";
  return null;
};

const middleRemarks = (
  own: Extract<Selector, { readonly middle: unknown }>["middle"],
  counts: Counts,
): string | null => {
  if (axisOf(own) >= counts.length) return "this mesh is plane: its sides are left, right, top and bottom";
  const names = ["nelx", "nely", "nelz"];
  const odd = names.find((_, axis) => axis !== axisOf(own) && axis < counts.length && counts[axis]! % 2 !== 0);
  return odd === undefined ? null : `there is no node in the middle of ${own}: make ${odd} even`;
};

const cornerRemarks = (own: string, dimensions: number): string | null => {
  const isInSpace = /(Front|Back)$/.test(own);
  if (isInSpace === (dimensions === 3)) return null;
  return isInSpace ? "this mesh is plane: leave Front and Back out" : `in space give ${own}Front or ${own}Back`;
};

const noted = (path: JsonPath, message: string | null): readonly Remark[] =>
  message === null ? [] : [[path, message]];

/** Of a selector and those in it; files are nested no deeper than their reader allows. */
const selectorRemarks = (own: Selector, path: JsonPath, counts: Counts): readonly Remark[] => {
  const dimensions = counts.length;
  if ("edge" in own) return noted([...path, "edge"], edgeRemarks(own.edge, dimensions));
  if ("corner" in own) return noted([...path, "corner"], cornerRemarks(own.corner, dimensions));
  if ("face" in own)
    return noted([...path, "face"], dimensions === 3 ? null : `this mesh is plane: give { "edge": "${own.face}" }`);
  if ("nearest" in own) return vectorRemarks(own.nearest, [...path, "nearest"], dimensions);
  if ("region" in own) return boxRemarks(own.region, [...path, "region"], dimensions);
  if ("middle" in own) return noted([...path, "middle"], middleRemarks(own.middle, counts));
  const [key, parts] = "union" in own ? (["union", own.union] as const) : (["minus", own.minus] as const);
  return parts.flatMap((part, k) => selectorRemarks(part, [...path, key, k], counts));
};

const directionRemarks = (own: string, path: JsonPath, isHeat: boolean, dimensions: number): readonly Remark[] => {
  if (isHeat) return noted(path, own === "temperature" ? null : `"${own}" of a conductor: give "temperature"`);
  if (own === "temperature") return noted(path, '"temperature" of an elastic structure: give "x", "y", "z" or "all"');
  return noted(path, own === "z" && dimensions === 2 ? 'this mesh is plane: give "x", "y" or "all"' : null);
};

const forceRemarks = (
  force: RunLoad["force"],
  path: JsonPath,
  isHeat: boolean,
  dimensions: number,
): readonly Remark[] => {
  if (isHeat)
    return noted(path, typeof force === "number" ? null : "a vector on a conductor: give one number of watts");
  if (typeof force === "number") return noted(path, `one number on a structure: give ${wordsOf(dimensions)}`);
  return vectorRemarks(force, path, dimensions);
};

const isZero = (own: readonly number[] | number): boolean => [own].flat().every((component) => component === 0);

/** Loads of nothing; where supports are displaced these are what strains a structure, and no other load may be meant. */
const idleRemarks = ({ supports, loads, output }: CustomProblem): readonly Remark[] => {
  const isDriven = supports.some(({ value }) => value !== 0);
  return [
    ...loads.flatMap(({ force }, k) =>
      noted(
        ["problem", "loads", k, "force"],
        isZero(force) && !isDriven ? "this load is 0: give its force, or leave it out" : null,
      ),
    ),
    ...noted(
      ["problem", "output", "direction"],
      output !== undefined && isZero(output.direction)
        ? "this is no direction: give one component that is not 0"
        : null,
    ),
  ];
};

/** Load cases are counted from 0 without gaps. */
const caseRemarks = (loads: readonly RunLoad[]): readonly Remark[] => {
  const seen = new Set(loads.map((own) => own.case));
  return loads.flatMap((own, k) =>
    own.case === 0 || seen.has(own.case - 1)
      ? []
      : noted(
          ["problem", "loads", k, "case"],
          `case ${own.case} without a case ${own.case - 1}: count from 0 without gaps`,
        ),
  );
};

/** Of a mesh with supports and loads. */
export const geometryRemarks = (own: CustomProblem): readonly Remark[] => {
  const { nelx, nely, nelz, size } = own.mesh;
  const counts = nelz === undefined ? [nelx, nely] : [nelx, nely, nelz];
  const dimensions = counts.length;
  const isHeat = own.physics === "heat";
  const at = (...path: JsonPath): JsonPath => ["problem", ...path];
  const boxes = (["void", "solid"] as const).flatMap((name) =>
    own[name].map((each, k) => ({ each, path: at(name, k) })),
  );
  const { output } = own;
  return [
    ...(size === undefined ? [] : vectorRemarks(size, at("mesh", "size"), dimensions)),
    ...own.supports.flatMap(({ at: nodes, direction }, k) => [
      ...selectorRemarks(nodes, at("supports", k, "at"), counts),
      ...directionRemarks(direction, at("supports", k, "direction"), isHeat, dimensions),
    ]),
    ...own.loads.flatMap(({ at: nodes, force }, k) => [
      ...selectorRemarks(nodes, at("loads", k, "at"), counts),
      ...forceRemarks(force, at("loads", k, "force"), isHeat, dimensions),
    ]),
    ...caseRemarks(own.loads),
    ...idleRemarks(own),
    ...own.springs.flatMap(({ at: nodes, direction }, k) => [
      ...selectorRemarks(nodes, at("springs", k, "at"), counts),
      ...directionRemarks(direction, at("springs", k, "direction"), isHeat, dimensions),
    ]),
    ...boxes.flatMap(({ each, path }) => boxRemarks(each, path, dimensions)),
    ...(output === undefined
      ? []
      : isHeat
        ? noted(at("output"), "a conductor has no output port: leave it out")
        : [
            ...selectorRemarks(output.at, at("output", "at"), counts),
            ...vectorRemarks(output.direction, at("output", "direction"), dimensions),
          ]),
    ...noted(
      at("poisson"),
      isHeat && own.poisson !== undefined ? "a conductor has no Poisson's ratio: leave it out" : null,
    ),
  ];
};

/** Selectors of a problem, those inside others included. */
export const countSelectors = (own: CustomProblem): number => {
  const pending: Selector[] = [...own.supports, ...own.loads, ...own.springs].map(({ at }) => at);
  if (own.output !== undefined) pending.push(own.output.at);
  let count = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    count++;
    if ("union" in next) pending.push(...next.union);
    if ("minus" in next) pending.push(...next.minus);
  }
  return count;
};
