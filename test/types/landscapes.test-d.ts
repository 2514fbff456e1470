/**
 * Directions that one function gives fit where the next takes them: principal ones and a landscape's own, of trees of any
 * structure. Checked by the compiler, never run.
 */
import type { NDArray } from "cotangent";
import { landscape, principalDirections, projectTrajectory } from "cotangent/topopt";
import { landscapePicture } from "cotangent/topopt/render";

declare const weights: { readonly w: NDArray; readonly b: readonly NDArray[] };
declare const track: readonly (typeof weights)[];
declare const lists: readonly NDArray[][];
declare const loss: (params: typeof weights) => NDArray;
declare const lossOfList: (params: NDArray[]) => NDArray;

const { directions } = principalDirections(track);
const plane = landscape(loss, weights, { directions });
const again = landscape(loss, weights, { directions: plane.directions });
const { coordinates } = projectTrajectory(track, weights, again.directions);
landscapePicture({ landscape: plane, trajectory: coordinates });

landscape(lossOfList, lists[0]!, { directions: principalDirections(lists, { count: 1 }).directions });
landscape(loss, weights, { directions: [weights] });
// @ts-expect-error a tree of parameters is no list of directions
landscape(loss, weights, { directions: weights });
// @ts-expect-error trees of another structure
landscape(loss, weights, { directions: lists });
// @ts-expect-error coordinates are one part of a projection
landscapePicture({ landscape: plane, trajectory: projectTrajectory(track, weights, directions) });
