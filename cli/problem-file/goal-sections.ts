/**
 * The parts "objective", "constraints", "interpolation", "stop" and "output" of a file.
 */
import { distinctWords, list, number, whole, word } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { endOfText } from "./description.ts";
import { map, optional, record, required, variants, withDefault } from "./records.ts";
import type { CaseOf } from "./records.ts";
import { largestIterations, schedule } from "./schedule.ts";
import type { OutputFormat, RunConstraint, RunInterpolation, RunObjective, RunOutput, RunStop } from "./types.ts";

const positive = number({ above: 0 });

const aggregation = {
  p: withDefault(number({ least: 1, most: 1000 }), 8, "exponent of the norm over elements"),
  q: withDefault(number({ least: 0, most: 10 }), 0.5, "exponent of the density in the relaxed stress"),
} as const;

type ObjectiveOf<K extends RunObjective["kind"]> = CaseOf<RunObjective, "kind", K>;

/** What is made small. */
export const objective: Decoder<RunObjective> = variants<"kind", RunObjective>("kind", {
  compliance: record<ObjectiveOf<"compliance">>({
    weights: optional(list(number({ least: 0 }), 1, 1000), "one for each load case; 1 each without"),
  }),
  displacement: record<ObjectiveOf<"displacement">>({}),
  volume: record<ObjectiveOf<"volume">>({}),
  stress: record<ObjectiveOf<"stress">>(aggregation),
});

type ConstraintOf<K extends RunConstraint["kind"]> = CaseOf<RunConstraint, "kind", K>;

const sense = required(word(["<=", ">="]), "on which side of the bound the value stays");
const positiveBound = { sense, bound: required(positive, "bound of the value") } as const;

const constraint = variants<"kind", RunConstraint>("kind", {
  volume: record<ConstraintOf<"volume">>({
    sense,
    bound: required(number({ above: 0, most: 1 }), "fraction of the elements where material may be"),
  }),
  compliance: record<ConstraintOf<"compliance">>(positiveBound),
  displacement: record<ConstraintOf<"displacement">>({ sense, bound: required(number(), "of the problem's output") }),
  stress: record<ConstraintOf<"stress">>({
    ...positiveBound,
    ...aggregation,
    limit: withDefault(positive, 1, "stress that counts as 1"),
  }),
});

const constraintNames = `^[A-Za-z][A-Za-z0-9_-]{0,39}${endOfText}`;

/** What has to hold, by names that reports use. */
export const constraints: Decoder<Readonly<Record<string, RunConstraint>>> = map(
  constraint,
  constraintNames,
  "a record of constraints by name",
  100,
);

type InterpolationOf<K extends RunInterpolation["kind"]> = CaseOf<RunInterpolation, "kind", K>;

const eMin = withDefault(number({ above: 0, below: 1 }), 1e-9, "modulus of void; that of solid is 1");

/** From density to modulus. */
export const interpolation: Decoder<RunInterpolation> = variants<"kind", RunInterpolation>("kind", {
  simp: record<InterpolationOf<"simp">>({
    penal: withDefault(schedule("EXPONENT", { least: 1, most: 100 }), 3, "exponent of the density"),
    eMin,
  }),
  ramp: record<InterpolationOf<"ramp">>({
    q: withDefault(number({ least: 0, most: 1e6 }), 8, "curvature; 0 is linear"),
    eMin,
  }),
});

/** When the run ends. */
export const stop: Decoder<RunStop> = record<RunStop>({
  iterations: withDefault(whole({ least: 1, most: largestIterations }), 100, "evaluations of the objective"),
  change: withDefault(number({ least: 0 }), 0, "ends the run when no parameter changes more; 0 for never"),
  milliseconds: optional(
    positive,
    "ends the run after the iteration that passes this time; one that is resumed has as much again; none without",
  ),
});

const formats: readonly OutputFormat[] = [
  "png",
  "svg",
  "apng",
  "csv",
  "json",
  "npy",
  "vti",
  "stl",
  "3mf",
  "safetensors",
];

const interval = whole({ least: 1, most: largestIterations });

/** What the run leaves behind; where, only the command line says. */
export const output: Decoder<RunOutput> = record<RunOutput>({
  every: withDefault(interval, 10, "iterations between two pictures"),
  checkpointEvery: withDefault(interval, 10, "iterations between two checkpoints"),
  files: withDefault(distinctWords(formats), ["png", "csv", "json"], "formats of the results"),
  scale: withDefault(whole({ least: 1, most: 64 }), 8, "pixels per element of pictures"),
});
