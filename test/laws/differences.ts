/** Directional derivatives by differences, as cotangent/testing takes them. */
export { differenceError, movedBy } from "../../library/testing/differences.ts";
