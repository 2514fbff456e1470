/**
 * The parameterizations that `compare` and `suite` put side by side, each as a problem file of its own: the file asked for with
 * another parameterization and an optimizer that suits it. A network's design has its volume by construction, so bounds on the
 * volume become its volume fraction, where it can keep them all; other constraints go to it by an augmented Lagrangian.
 */
import { isLeft } from "../../src/fp.ts";
import { readRunFile } from "../problem-file/index.ts";
import type { RunFile } from "../problem-file/index.ts";
import { leavesRoom } from "./build-checks.ts";

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

type Bound = RunFile["constraints"][string];

const boundsVolume = ({ kind }: Bound): boolean => kind === "volume";

/** No design is more than solid. */
const isUpper = ({ sense, bound }: Bound): boolean => sense === "<=" && bound < 1;

/** As pixels: where the file asks for a network, its volume is kept by a constraint. */
const asPixels = (asked: RunFile): object => {
  const { constraints, volumeFraction, objective } = asked;
  const isBounded = Object.values(constraints).some((own) => boundsVolume(own) && isUpper(own));
  if (isBounded || objective.kind === "volume") return parts.pixels;
  const name = "volume" in constraints ? "volumeFraction" : "volume";
  const volume = { kind: "volume", sense: "<=", bound: volumeFraction };
  return { ...parts.pixels, constraints: { [name]: volume, ...constraints } };
};

/**
 * The fraction of a network's design, which is its volume, or why there is none: the smallest upper bound of the file's
 * constraints; without one the volume fraction, raised to the largest lower bound.
 */
const fractionOf = ({ constraints, volumeFraction }: RunFile): number | string => {
  const bounds = Object.values(constraints).filter(boundsVolume);
  const upper = bounds.filter(isUpper).map(({ bound }) => bound);
  const lower = bounds.filter(({ sense }) => sense === ">=").map(({ bound }) => bound);
  const [most, least] = [Math.min(...upper), Math.max(...lower)];
  if (least > most) return `volume >= ${least} and volume <= ${most} contradict each other`;
  if (least >= 1) return `volume >= ${least} asks for a solid block: the volume of a network's design lies below 1`;
  if (upper.length > 0) return most;
  const fraction = Math.max(volumeFraction ?? 0, least);
  return fraction > 0 ? fraction : "a network's design has a given volume, and the file has no volumeFraction";
};

/** As a network: other constraints than those on the volume, which its fraction keeps. */
const asNetwork = (
  name: Exclude<ContestantName, "pixels">,
  { constraints }: RunFile,
  volumeFraction: number,
): object => {
  const { parameterization, optimizer } = parts[name];
  const others = Object.fromEntries(Object.entries(constraints).filter(([, own]) => !boundsVolume(own)));
  return {
    volumeFraction,
    parameterization,
    constraints: others,
    optimizer: Object.keys(others).length === 0 ? optimizer : { kind: "augmentedLagrangian", inner: optimizer },
  };
};

/** What every parameterization has, and networks alone. */
const shared = ["filter", "projection", "symmetry"] as const;
const ofNetworks = [...shared, "dtype"] as const;

/** The contestant's own problem file, to be checked like any other, or why there is none; its own where it is asked for. */
const fileOf = (name: string, asked: RunFile): object | string => {
  if (name === asked.parameterization.kind) return asked;
  const own = name as ContestantName;
  const names: readonly string[] = own === "pixels" ? shared : ofNetworks;
  const kept = Object.fromEntries(Object.entries(asked.parameterization).filter(([key]) => names.includes(key)));
  const parameterization = { ...parts[own].parameterization, ...kept };
  if (own === "pixels") return { ...asked, ...asPixels(asked), parameterization };
  if (asked.objective.kind === "volume")
    return "a network's design has a given volume, and the objective is the volume";
  const fraction = fractionOf(asked);
  return typeof fraction === "string" ? fraction : { ...asked, ...asNetwork(own, asked, fraction), parameterization };
};

/** What is wrong with a contestant, or its file; the problem is the one that was asked for, built once for all. */
const entrantOf = (name: string, asked: RunFile): RunFile | string => {
  const own = fileOf(name, asked);
  if (typeof own === "string") return own;
  const read = readRunFile(JSON.stringify(own));
  if (isLeft(read)) return read.left.map(({ message }) => message).join("; ");
  const entrant = { ...read.right, problem: asked.problem };
  const [wrong] = leavesRoom.remarks(entrant);
  return wrong === undefined ? entrant : wrong[1];
};

/** The contestants of a name that fit what a file asks. */
export const lineUp = (names: readonly string[], asked: RunFile): LineUp => {
  const entrants = names.map((name) => ({ name, file: entrantOf(name, asked) }));
  return {
    contestants: entrants.flatMap(({ name, file }) => (typeof file === "string" ? [] : [{ name, file }])),
    leftOut: entrants.flatMap(({ name, file }) => (typeof file === "string" ? [`${name} is left out: ${file}`] : [])),
  };
};
