/**
 * The parameterizations that `compare` and `suite` put side by side, each with an optimizer that suits it. Written as parts of
 * problem files, so that any of them can be run on its own.
 */
import type { RunFile } from "../problem-file/index.ts";

export type ContestantName = "pixels" | "mlp" | "siren" | "cnn";

/** Source of the networks' settings: Sanu, Bessa & Aragon 2026, 200 iterations of Adam. */
const parts: Readonly<Record<ContestantName, { readonly parameterization: object; readonly optimizer: object }>> = {
  pixels: { parameterization: { kind: "pixels" }, optimizer: { kind: "mma" } },
  mlp: {
    parameterization: { kind: "mlp", normalization: "frozenBatch" },
    optimizer: { kind: "adam", learningRate: 5e-3, clipNorm: 1 },
  },
  siren: {
    parameterization: { kind: "siren", width: 256, depth: 3, omega: 30 },
    optimizer: { kind: "adam", learningRate: 1e-4, clipNorm: 1 },
  },
  cnn: {
    parameterization: { kind: "cnn" },
    optimizer: { kind: "adam", learningRate: 5e-3, clipNorm: 1 },
  },
};

export const contestantNames = Object.keys(parts) as readonly ContestantName[];

/** The problem file, as text, of a contestant on a problem. */
export const contestantFile = (
  name: ContestantName,
  problem: RunFile["problem"],
  {
    volumeFraction,
    iterations,
    seed,
    filter,
  }: { volumeFraction?: number; iterations: number; seed: number; filter: number },
): string => {
  const { parameterization, optimizer } = parts[name];
  return JSON.stringify({
    problem,
    ...(volumeFraction === undefined ? {} : { volumeFraction }),
    parameterization: { ...parameterization, filter },
    optimizer,
    stop: { iterations },
    seed,
  });
};
