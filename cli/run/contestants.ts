/**
 * The parameterizations that `compare` and `suite` put side by side, each as a problem file of its own: the file asked for with
 * another parameterization and an optimizer that suits it. A network's design has its volume by construction, so bounds on the
 * volume become its volume fraction; other constraints go to it by an augmented Lagrangian.
 */
import { isLeft } from "../../src/fp.ts";
import { readRunFile } from "../problem-file/index.ts";
import type { RunFile } from "../problem-file/index.ts";

/** Source of the networks' settings: Sanu, Bessa & Aragon 2026, 200 iterations of Adam. */
const parts = {
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
} as const;

type ContestantName = keyof typeof parts;

export const contestantNames = Object.keys(parts) as readonly ContestantName[];

export interface Contestant {
  readonly name: string;
  readonly file: RunFile;
}

/** Contestants, and a sentence for each that does not fit the problem. */
export interface LineUp {
  readonly contestants: readonly Contestant[];
  readonly leftOut: readonly string[];
}

const boundsVolume = ({ kind }: RunFile["constraints"][string]): boolean => kind === "volume";

/** As pixels: where the file asks for a network, its volume is kept by a constraint. */
const asPixels = (asked: RunFile): object => {
  const { constraints, volumeFraction, objective } = asked;
  if (Object.values(constraints).some(boundsVolume) || objective.kind === "volume") return parts.pixels;
  const name = "volume" in constraints ? "volumeFraction" : "volume";
  const volume = { kind: "volume", sense: "<=", bound: volumeFraction };
  return { ...parts.pixels, constraints: { [name]: volume, ...constraints } };
};

const asNetwork = (name: Exclude<ContestantName, "pixels">, { constraints, volumeFraction }: RunFile): object => {
  const { parameterization, optimizer } = parts[name];
  const most = Object.values(constraints).flatMap((own) =>
    boundsVolume(own) && own.sense === "<=" ? [own.bound] : [],
  );
  const fraction = most.length === 0 ? volumeFraction : Math.min(...most);
  const others = Object.fromEntries(Object.entries(constraints).filter(([, own]) => !boundsVolume(own)));
  return {
    ...(fraction === undefined ? {} : { volumeFraction: fraction }),
    parameterization,
    constraints: others,
    optimizer: Object.keys(others).length === 0 ? optimizer : { kind: "augmentedLagrangian", inner: optimizer },
  };
};

/** What every parameterization has, and networks alone. */
const shared = ["filter", "projection", "symmetry"] as const;
const ofNetworks = [...shared, "dtype"] as const;

/** The contestant's own problem file, to be checked like any other; the one asked for where that is its own. */
const fileOf = (name: string, asked: RunFile): object => {
  if (name === asked.parameterization.kind) return asked;
  const own = name as ContestantName;
  const other = own === "pixels" ? asPixels(asked) : asNetwork(own, asked);
  const names: readonly string[] = own === "pixels" ? shared : ofNetworks;
  const kept = Object.entries(asked.parameterization).filter(([key]) => names.includes(key));
  return {
    ...asked,
    ...other,
    parameterization: { ...parts[own].parameterization, ...Object.fromEntries(kept) },
  };
};

/** What is wrong with a contestant, or its file. */
const entrantOf = (name: string, asked: RunFile): RunFile | string => {
  if (!["pixels", asked.parameterization.kind].includes(name) && asked.objective.kind === "volume")
    return "a network's design has a given volume, and the objective is the volume";
  const read = readRunFile(JSON.stringify(fileOf(name, asked)));
  return isLeft(read) ? read.left.map(({ message }) => message).join("; ") : read.right;
};

/** The contestants of a name that fit what a file asks. */
export const lineUp = (names: readonly string[], asked: RunFile): LineUp => {
  const entrants = names.map((name) => ({ name, file: entrantOf(name, asked) }));
  return {
    contestants: entrants.flatMap(({ name, file }) => (typeof file === "string" ? [] : [{ name, file }])),
    leftOut: entrants.flatMap(({ name, file }) => (typeof file === "string" ? [`${name} is left out: ${file}`] : [])),
  };
};
