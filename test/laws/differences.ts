/** Directional derivatives by differences, as cotangent/testing takes them. */
export { differenceError } from "../../library/testing/differences.ts";
