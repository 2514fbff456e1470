import { nearestName } from "../../src/options.ts";

/** "; did you mean "x"?" where a wrong name was probably meant to be one of the known, else nothing. */
export const suggestion = (name: string, known: readonly string[]): string => {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
};
