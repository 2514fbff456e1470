/**
 * The part "parameterization" of a file: pixels or a network. Options and their defaults are those of topopt and library/nn.
 */
import type { Symmetry } from "../../topopt/pixels.ts";
import { list, number, whole, word } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { optional, record, required, variants, withDefault } from "./records.ts";
import type { CaseOf } from "./records.ts";
import { schedule } from "./schedule.ts";
import type { RunNetwork, RunPixels } from "./types.ts";

type Open<P, K extends keyof P> = P extends unknown ? Omit<P, K> & Partial<Pick<P, K>> : never;

/** As it stands in the file: the filter's radius and what pixels start from depend on other parts of it. */
export type FileNetwork = Open<RunNetwork, "filter">;
export type FileParameterization = FileNetwork | Open<RunPixels, "filter" | "initial">;

type Projection = NonNullable<RunPixels["projection"]>;

const symmetry: Decoder<Symmetry> = word(["left-right", "top-bottom", "front-back", "both", "all"]);

const shared = {
  filter: optional(
    number({ least: 0 }),
    "radius of the density filter, in the unit of the mesh's size; 0 for none; without, 1.5 element widths",
  ),
  projection: optional(
    record<Projection>({
      beta: required(schedule("STEEPNESS", { above: 0, most: 1e6 }), "steepness"),
      eta: withDefault(number({ above: 0, below: 1 }), 0.5, "density that becomes one half"),
    }),
    "smooth step after the filter",
  ),
  symmetry: optional(
    symmetry,
    'the design is its own mirror image; "both": left-right and top-bottom, "all": front-back too; front-back only in space',
  ),
} as const;

const ofNetworks = {
  ...shared,
  dtype: withDefault(word(["float32", "float64"]), "float32", "of the network's parameters"),
} as const;

const size = (most: number): Decoder<number> => whole({ least: 1, most });
const sizes = list(size(4096), 0, 64);
const positive = number({ above: 0 });

type Of<K extends FileParameterization["kind"]> = CaseOf<FileParameterization, "kind", K>;
type Normalization = Extract<RunNetwork, { readonly kind: "mlp" }>["normalization"];

const normalization: Decoder<Normalization> = word(["none", "layer", "batch", "frozenBatch"]);
const perceptron = {
  hidden: withDefault(sizes, [20, 20, 20, 20, 20], "units of the hidden layers"),
  normalization: withDefault(normalization, "none", "after every hidden layer"),
} as const;

/** What the parameters of a run are. */
export const parameterization: Decoder<FileParameterization> = variants<"kind", FileParameterization>("kind", {
  pixels: record<Of<"pixels">>({
    ...shared,
    initial: optional(number({ least: 0, most: 1 }), "density to start from; without, volumeFraction or else 0.5"),
  }),
  siren: record<Of<"siren">>({
    ...ofNetworks,
    width: withDefault(size(4096), 256, "units of every sine layer"),
    depth: withDefault(size(64), 3, "number of sine layers"),
    omega: withDefault(positive, 30, "frequency factor"),
    biases: withDefault(word(["zeros", "uniform"]), "zeros", "how biases begin"),
  }),
  mlp: record<Of<"mlp">>({ ...ofNetworks, ...perceptron }),
  cnn: record<Of<"cnn">>({
    ...ofNetworks,
    latent: withDefault(size(10_000), 128, "size of the latent vector"),
    denseChannels: withDefault(size(1024), 32, "channels of the coarse image"),
    filters: withDefault(list(size(1024), 1, 16), [64, 32, 16, 8, 1], "channels after every stage; the last is 1"),
    resizes: withDefault(list(size(16), 1, 16), [1, 2, 2, 2, 1], "by how much every stage magnifies"),
    kernel: withDefault(size(99), 5, "rows and columns of the windows"),
    normalization: withDefault(word(["layer", "global"]), "layer", "at the start of every stage"),
    offsetScale: withDefault(number(), 0, "factor of trained offsets; 0 for none"),
    gain: withDefault(number(), 1, "factor of the first weights of the coarse image"),
  }),
  fourier: record<Of<"fourier">>({
    ...ofNetworks,
    ...perceptron,
    features: withDefault(size(100_000), 256, "random frequencies"),
    scale: withDefault(positive, 1, "standard deviation of a frequency, periods per unit of [-1, 1]"),
  }),
});
