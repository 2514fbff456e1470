/**
 * Numbers that change along a run: what they are at an iteration, whether they moved, and whether they move again.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidProblem } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { array } from "../../library/numpy/creation.ts";
import type { Continuation } from "../parameterization.ts";

/** A number, or what it is at each iteration from 1. */
export type Scheduled = number | ((iteration: number) => number);

export interface Timetable {
  /** Plain numbers, for reports. */
  readonly valuesAt: (iteration: number) => Readonly<Record<string, number>>;
  /** Those that never change, as numbers that programs are compiled with. */
  readonly constants: Continuation;
  /** Those that do, as arrays to be traced. */
  readonly movingAt: (iteration: number) => Continuation;
  /** Whether objectives at an iteration and at the one before belong to other values. */
  readonly movesAt: (iteration: number) => boolean;
  /** Whether the values stay what they are from an iteration to the last one. */
  readonly restsAfter: (iteration: number) => boolean;
}

const valueOf = (name: string, schedule: (iteration: number) => number, iteration: number): number => {
  const value: unknown = schedule(iteration);
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new InvalidProblem(
    "a run",
    `the continuation's ${name} is ${showValue(value)} at iteration ${iteration}`,
    "A schedule gives a finite number for every iteration from 1",
  );
};

/** The values as functions of a run are given them: notes which names they ask for, there or not. */
export const watched = (at: Continuation, asked: Set<string>): Continuation =>
  new Proxy(at, {
    get: (values, name) => {
      if (typeof name === "string") asked.add(name);
      return Reflect.get(values, name) as NDArray | number;
    },
  });

/** Refuses values that no function of a run has asked for: a name with a typing error would be a number without effect. */
export const requireRead = (where: string, at: Continuation, asked: ReadonlySet<string>): void => {
  const unread = Object.keys(at).find((name) => !asked.has(name));
  if (unread === undefined) return;
  const read = asked.size === 0 ? "They ask for nothing" : `They ask for ${[...asked].join(", ")}`;
  throw new InvalidProblem(
    where,
    `parameterization, interpolation, objective and constraints ask for no ${showValue(unread)} of the continuation`,
    `${read}: name it so, or leave it out`,
  );
};

/**
 * @param last  the last iteration of the run
 */
export const timetable = (schedules: Readonly<Record<string, Scheduled>>, last: number): Timetable => {
  const entries = Object.entries(schedules);
  const moving = entries.flatMap(([name, own]) =>
    typeof own === "function" ? [[name, (iteration: number) => valueOf(name, own, iteration)] as const] : [],
  );
  const constants = Object.fromEntries(entries.filter(([, own]) => typeof own === "number")) as Record<string, number>;
  const movesAt = (iteration: number): boolean =>
    iteration > 1 && moving.some(([, own]) => own(iteration) !== own(iteration - 1));
  // Where the values are known to move; looked for at most once over all iterations.
  let nextMove = 0;
  return {
    // In the order in which they were given.
    valuesAt: (iteration) => {
      const own = {
        ...constants,
        ...Object.fromEntries(moving.map(([name, schedule]) => [name, schedule(iteration)])),
      };
      return Object.fromEntries(entries.map(([name]) => [name, own[name]!]));
    },
    constants,
    movingAt: (iteration) => Object.fromEntries(moving.map(([name, own]) => [name, array(own(iteration))])),
    movesAt,
    restsAfter: (iteration) => {
      if (moving.length === 0) return true;
      if (nextMove <= iteration) {
        nextMove = iteration + 1;
        while (nextMove <= last && !movesAt(nextMove)) nextMove++;
      }
      return nextMove > last;
    },
  };
};
