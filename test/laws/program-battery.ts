/**
 * Random programs under all laws, with two tables: the worst errors by law, and how many programs reached each
 * (primitive, transform) cell. A rule counts where it was called: records are watched while a program is tried.
 */
import fc from "fast-check";
import { createQuota, programs } from "../../library/testing/properties/index.ts";
import type { Quota } from "../../library/testing/properties/index.ts";
import { forAllApplications } from "../../library/testing/properties/cases.ts";
import { argumentsOf, functionOf, primitivesOf } from "../../library/testing/properties/program.ts";
import type { Program } from "../../library/testing/properties/program.ts";
import { calls } from "../../library/testing/properties/program-calls.ts";
import { recipes } from "../../library/testing/properties/program-recipes.ts";
import { vocabularyOf } from "../../library/testing/properties/program-builder.ts";
import { checkProgram } from "../../library/testing/properties/program-laws.ts";
import { isFloat } from "../../src/array/dtype.ts";
import { NotDifferentiable } from "../../src/error.ts";
import { innerJaxprs } from "../../src/ir/jaxpr.ts";
import type { Jaxpr } from "../../src/ir/jaxpr.ts";
import type { Primitive } from "../../src/ir/primitive.ts";
import { notLinear, zero } from "../../src/ir/primitive.ts";
import { stageFunction } from "../../src/ir/trace.ts";
import { newMark } from "../../src/ir/tracer.ts";
import { allPrimitives, higherOrderPrimitives } from "./cases.ts";

/** Columns of the quota table; the first four are rules. */
export const transforms = ["evaluate", "jvp", "transpose", "batch", "interpreter", "js", "wasm"] as const;
export type Transform = (typeof transforms)[number];

const backends = ["wasm", "js", "interpreter"] as const;

// --- Cells ------------------------------------------------------------------------------------

/** Whether some of its cases have a float operand, and whether its jvp answers for some. */
const differentiability = (primitive: Primitive): { hasFloats: boolean; answers: boolean; hasOperands: boolean } => {
  const facts = { hasFloats: false, answers: false, hasOperands: false };
  forAllApplications(primitive, { runs: 30, seed: 1 }, ({ inputs, params }) => {
    facts.hasOperands ||= inputs.length > 0;
    if (!inputs.some((x) => isFloat(x.dtype) && x.size > 0)) return;
    facts.hasFloats = true;
    try {
      const tangents = inputs.map((x) => (isFloat(x.dtype) ? x : zero(x)));
      primitive.jvp(inputs, tangents, params, { mark: newMark("a test") });
      facts.answers = true;
    } catch (error) {
      if (!(error instanceof NotDifferentiable)) throw error;
    }
  });
  return facts;
};

/**
 * Cells that no program reaches although the rule exists, with the reason; the generated laws or the test that the
 * primitive names call those rules directly.
 */
export const unreached: Readonly<Record<string, Partial<Record<Transform, string>>>> = {
  integerPower: { transpose: "linear for exponent 1 only; tangents of powers are products" },
  named: { transpose: "its tangent has no name" },
  customCall: {
    transpose: "linearized by its rule, or refused by name",
    interpreter: "closures while evaluating; staged, it is customRule",
    js: "closures while evaluating; staged, it is customRule",
    wasm: "closures while evaluating; staged, it is customRule",
  },
  customRule: { transpose: "linearized by its rule, or refused by name" },
  while: { transpose: "reverse mode of a while loop is refused by name" },
};

const madeByPrograms = new Set([...Object.values(calls).flatMap(({ binds }) => binds), ...Object.keys(recipes)]);

const known = new Map<string, string | null>();

/** Why a cell cannot be filled, or null where it must be. */
export const reasonFor = (primitive: Primitive, transform: Transform): string | null => {
  const key = `${primitive.name} ${transform}`;
  if (!known.has(key)) known.set(key, findReason(primitive, transform));
  return known.get(key)!;
};

const findReason = (primitive: Primitive, transform: Transform): string | null => {
  const { laws, name } = primitive;
  if ("testedIn" in laws && !madeByPrograms.has(name))
    return `no independent draw feeds it, or its parameters hold functions: ${laws.testedIn}`;
  if (transform === "transpose" && primitive.transpose === notLinear) return "not linear";
  const stated = unreached[name]?.[transform];
  if (stated !== undefined) return stated;
  if ("testedIn" in laws) return null;
  const { hasFloats, answers, hasOperands } = differentiability(primitive);
  if (transform === "batch" && !hasOperands) return "no operand to map";
  if ((transform === "jvp" || transform === "transpose") && !hasFloats) return "no float operand";
  if ((transform === "jvp" || transform === "transpose") && !answers) return "refuses derivatives by name";
  return null;
};

// --- Watching ---------------------------------------------------------------------------------

type Cells = Set<string>;

/** Runs `body` while every call of a rule of these records is noted; the records are as before afterwards. */
const watched = (records: readonly Primitive[], cells: Cells, body: () => void): void => {
  const rules = ["evaluate", "jvp", "linearize", "transpose", "batch"] as const;
  const originals = records.map((record) => ({ ...record }));
  for (const record of records)
    for (const rule of rules) {
      const original = record[rule] as ((...parts: unknown[]) => unknown) | undefined;
      if (original === undefined || original === notLinear) continue;
      const cell = `${record.name} ${rule === "linearize" ? "jvp" : rule}`;
      (record as unknown as Record<string, unknown>)[rule] = (...parts: unknown[]) => {
        cells.add(cell);
        return original(...parts);
      };
    }
  try {
    body();
  } finally {
    records.forEach((record, k) => Object.assign(record, originals[k]));
  }
};

/** Names of the primitives in a jaxpr and in those its equations hold. */
const stagedNames = (program: Program): Set<string> => {
  const f = functionOf(program, vocabularyOf(program.own));
  const names = new Set<string>();
  const pending: Jaxpr[] = [stageFunction("a test", (inputs) => f(...inputs), argumentsOf(program)).jaxpr];
  for (let jaxpr = pending.pop(); jaxpr !== undefined; jaxpr = pending.pop())
    for (const equation of jaxpr.equations) {
      names.add(equation.primitive.name);
      pending.push(...innerJaxprs(equation));
    }
  return names;
};

// --- The battery ------------------------------------------------------------------------------

export interface BatteryResult {
  readonly quota: Quota;
  /** All errors by law, ascending. */
  readonly errors: ReadonlyMap<string, readonly number[]>;
  /** Programs a law could not judge, by law and reason. */
  readonly skipped: ReadonlyMap<string, number>;
  /** Applications of primitives in all programs. */
  readonly applications: number;
}

export interface BatteryOptions {
  readonly programs: number;
  readonly seed: number;
  readonly records: readonly Primitive[];
  readonly onProgress?: (done: number) => void;
}

/** Tries random programs; what fails throws, shrunk and printed as source. */
export const runBattery = ({ programs: count, seed, records, onProgress }: BatteryOptions): BatteryResult => {
  const needed = new Map(
    records.map((record) => {
      const cells: string[] = transforms.filter((transform) => reasonFor(record, transform) === null);
      return [record.name, cells] as const;
    }),
  );
  const quota = createQuota((name) => needed.get(name) ?? ["successes"]);
  const errors = new Map<string, number[]>();
  const skipped = new Map<string, number>();
  let done = 0;
  let applications = 0;
  const tryProgram = (program: Program): void => {
    const own = done++;
    const cells: Cells = new Set();
    watched(records, cells, () => {
      const order = own % 8 === 0 ? 2 : 1;
      const report = checkProgram(program, { order, single: own % 4 === 1, compiled: own % 3 === 2, seed: own });
      for (const [law, error] of Object.entries(report.worst)) errors.set(law, push(errors.get(law), error));
      for (const [law, reason] of Object.entries(report.skipped))
        skipped.set(`${law}: ${reason}`, (skipped.get(`${law}: ${reason}`) ?? 0) + 1);
    });
    for (const name of stagedNames(program)) for (const backend of backends) cells.add(`${name} ${backend}`);
    for (const cell of cells) quota.record(...(cell.split(" ") as [string, string]));
    applications += primitivesOf(program).length;
    onProgress?.(done);
  };
  fc.assert(fc.property(programs({ quota }), tryProgram), { numRuns: count, seed });
  errors.forEach((list) => list.sort((left, right) => left - right));
  return { quota, errors, skipped, applications };
};

const push = (list: number[] | undefined, error: number): number[] => {
  if (list === undefined) return [error];
  list.push(error);
  return list;
};

/** Number below which this share of an ascending list lies. */
export const quantile = (list: readonly number[], share: number): number =>
  list[Math.min(list.length - 1, Math.floor(list.length * share))]!;

/** The cells with too few programs, as text. */
export const emptyCells = (result: BatteryResult, records: readonly Primitive[], least: number): string[] =>
  records.flatMap((record) =>
    transforms.flatMap((transform) => {
      const count = result.quota.count(record.name, transform);
      return count >= least || reasonFor(record, transform) !== null ? [] : [`${record.name} ${transform} ${count}`];
    }),
  );

/** Both tables, for people. */
export const tablesOf = (result: BatteryResult, records: readonly Primitive[]): string => {
  const laws = [...result.errors].map(
    ([law, list]) =>
      `${law.padEnd(32)}${String(list.length).padStart(8)}  max ${list.at(-1)!.toExponential(1)}  99% ${quantile(list, 0.99).toExponential(1)}`,
  );
  const skips = [...result.skipped].map(([reason, count]) => `${String(count).padStart(8)}  ${reason}`);
  const rows = records.map((record) =>
    [
      record.name.padEnd(26),
      ...transforms.map((transform) =>
        (reasonFor(record, transform) === null ? String(result.quota.count(record.name, transform)) : "-").padStart(12),
      ),
    ].join(""),
  );
  const head = ["".padEnd(26), ...transforms.map((transform) => transform.padStart(12))].join("");
  return [...laws, "", "not judged:", ...skips, "", head, ...rows].join("\n");
};

/** Every record: families, then what holds functions. */
export const everyRecord = async (): Promise<readonly Primitive[]> => [
  ...allPrimitives,
  ...(await higherOrderPrimitives()),
];
