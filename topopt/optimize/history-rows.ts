/** A run's history as a table of numbers. */
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import type { IterationEntry } from "./entry.ts";

/**
 * One flat row of numbers for every iteration, as historyCsv and spreadsheets take them: of each constraint its value and its
 * slack, of what a parameterization keeps its residual, the continuation's values and the numbers that the optimizer reports;
 * isFeasible is 1 or 0.
 * @throws InvalidOption
 * @example
 * const { history } = optimize({ problem, parameterization: pixels(problem), optimizer: optim.adam(0.01), stop: { iterations: 2 } });
 * historyRows(history).map(({ iteration, isFeasible }) => [iteration, isFeasible]) // [[1, 1], [2, 1]]
 */
export const historyRows = (history: readonly IterationEntry[]): readonly Readonly<Record<string, number>>[] => {
  if (
    !Array.isArray(history) ||
    !history.every((entry) => typeof entry === "object" && entry !== null && "constraints" in entry)
  )
    throw new InvalidOption("historyRows", showValue(history), "Give the history of a run: result.history");
  return (history as readonly IterationEntry[]).map(
    ({ constraints, enforced, continuation, optimizer, isFeasible, ...numbers }) => ({
      ...numbers,
      isFeasible: isFeasible ? 1 : 0,
      ...Object.fromEntries(
        Object.entries(constraints).flatMap(([name, { value, slack }]) => [
          [name, value],
          [`${name} slack`, slack],
        ]),
      ),
      ...Object.fromEntries(Object.entries(enforced).map(([name, value]) => [`${name} residual`, value])),
      ...continuation,
      ...Object.fromEntries(
        Object.entries(optimizer).flatMap(([name, value]) => (typeof value === "number" ? [[name, value]] : [])),
      ),
    }),
  );
};
