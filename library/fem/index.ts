/** cotangent/fem: grids, node sets, supports, and the finite element solve as a differentiable function. */
export { elementField, gridMesh, scalarField, vectorField } from "./mesh.ts";
export type { ElementField, GridMesh, GridOptions, PerAxis, ScalarField, VectorField } from "./mesh.ts";
export { center, corner, edge, face, intersection, minus, nearest, nodePoint, region, union, where } from "./nodes.ts";
export type { Box, Corner, Edge, EdgeOfFaces, Face, NodeSet, Point, Side } from "./nodes.ts";
export { fix, spring } from "./supports.ts";
export type { Direction, Held, Spring, Support } from "./supports.ts";
export { nodalLoad, tractionLoad } from "./loads.ts";
export { elasticity } from "./elasticity.ts";
export type { ElasticityOptions, ElasticitySystem } from "./elasticity.ts";
export { heatConduction } from "./heat-conduction.ts";
export type { HeatConductionOptions, HeatSystem } from "./heat-conduction.ts";
export { checkLoad, factorBytes, feApply, feFactor, feForm, feSolve, internalForces, reactions } from "./solve.ts";
export type { Factor, FieldOf, GridSystem, SolveOptions } from "./solve.ts";
export type { DirectOptions, MultigridOptions, SolverOption } from "../../ops/fe-solver-choice.ts";
export type { DofSide } from "../../ops/fe-products.ts";
export { counters } from "../../src/counters.ts";
export type { Counters } from "../../src/counters.ts";
