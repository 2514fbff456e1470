/** cotangent/fem: grids, node sets, supports, and the finite element solve as a differentiable function. */
export { gridMesh, elementField, vectorField } from "./mesh.ts";
export type { ElementField, GridMesh, GridOptions, VectorField } from "./mesh.ts";
export { center, corner, edge, minus, nearest, nodePoint, region, union, where } from "./nodes.ts";
export type { Box, Corner, Edge, NodeSet, Point } from "./nodes.ts";
export {
  checkLoad,
  elasticity,
  factorBytes,
  feApply,
  feFactor,
  feForm,
  feSolve,
  fix,
  nodalLoad,
} from "./elasticity.ts";
export type { Direction, ElasticityOptions, ElasticitySystem, Factor, Support } from "./elasticity.ts";
export { counters } from "../../src/counters.ts";
export type { Counters } from "../../src/counters.ts";
