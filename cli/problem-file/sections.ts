/**
 * The parts of a problem file: what each may hold, and what stands for one that is absent.
 */
import { number, text, whole, word } from "./decoder.ts";
import { endOfText } from "./description.ts";
import { constraints, interpolation, objective, output, stop } from "./goal-sections.ts";
import { optimizer } from "./optimizer-section.ts";
import { parameterization } from "./parameterization-section.ts";
import type { FileParameterization } from "./parameterization-section.ts";
import { problem } from "./problem-section.ts";
import { optional, required, withDefault } from "./records.ts";
import type { Fields } from "./records.ts";
import type { RunConstraint, RunFile } from "./types.ts";

/** The file part by part, before what depends on other parts is filled in. */
export interface FileSections extends Omit<RunFile, "parameterization" | "constraints"> {
  readonly parameterization: FileParameterization;
  readonly constraints?: Readonly<Record<string, RunConstraint>>;
}

/** No control characters, which no picture's title may have, and no halves of surrogate pairs. */
const printable = `^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]*${endOfText}`;

export const sections: Fields<FileSections> = {
  title: optional(
    text(200, "text of at most 200 characters without control characters", printable),
    "of pictures and reports",
  ),
  problem: required(problem, "structure or conductor, supports and loads"),
  volumeFraction: optional(
    number({ above: 0, below: 1 }),
    "of the elements where material may be; the problem's own without, if it has one; needed by networks, and by pixels " +
      "without the key constraints; refused where nothing asks for it",
  ),
  parameterization: withDefault(parameterization, { kind: "pixels" }, "what the parameters are"),
  objective: withDefault(objective, { kind: "compliance" }, "what is made small"),
  constraints: optional(
    constraints,
    "what has to hold; without this key, pixels under mma, gcmma, optimalityCriteria or augmentedLagrangian keep " +
      "volume <= volumeFraction; {} for none, which has to be said where nothing would hold the volume: pixels under other " +
      "optimizers, and the objective volume. A design keeps one that it violates by at most 1e-4 of the bound, or by at " +
      "most 1e-4 where the bound is 0",
  ),
  optimizer: required(optimizer, "how the parameters move"),
  interpolation: withDefault(interpolation, { kind: "simp", penal: 3, eMin: 1e-9 }, "from density to modulus"),
  stop: withDefault(stop, { iterations: 100, change: 0 }, "when the run ends"),
  seed: withDefault(whole(), 0, "of the first parameters of a network"),
  solver: withDefault(word(["auto", "direct", "multigrid"]), "auto", "of the linear systems"),
  threads: withDefault(whole({ least: 1, most: 64 }), 1, "threads that compute"),
  output: withDefault(
    output,
    { every: 10, checkpointEvery: 10, files: ["png", "csv", "json"], scale: 8 },
    "results; where they go, only the command line says",
  ),
};
