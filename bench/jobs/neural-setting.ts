/** The optimization of a network's weights that both sides run: the mesh and material of the classical one, and Adam. */
import type { Setting } from "./setting.ts";

/** A sine network of 3 x 256 at the elements' centres; the convolutional decoder of a latent vector of 128. */
export type NetworkName = "siren" | "decoder";

export interface NeuralSetting extends Setting {
  readonly network: NetworkName;
  readonly learningRate: number;
  /** Norm to which longer gradients are cut; null where they are taken as they are. */
  readonly clip: number | null;
}

const beam: Setting = { nelx: 96, nely: 64, volumeFraction: 0.4, filterRadius: 2, penal: 3 };

export const neuralSettings: Readonly<Record<NetworkName, NeuralSetting>> = {
  siren: { ...beam, network: "siren", learningRate: 1e-4, clip: 1 },
  decoder: { ...beam, network: "decoder", learningRate: 5e-3, clip: null },
};

/** What a process is asked; files hold little-endian floats. */
export type NeuralQuestion =
  /** Ours: writes the first weights, float32, one after the other; answers their shapes. */
  | { readonly ask: "weights"; readonly file: string }
  /** Theirs: takes them. */
  | { readonly ask: "begin"; readonly file: string; readonly shapes: readonly (readonly number[])[] }
  /** The next iterations of one optimization; answers a history of Steps. */
  | { readonly ask: "iterate"; readonly count: number }
  /** Gradient of the compliance by the logits, both float64 files; answers the objective. */
  | { readonly ask: "gradient"; readonly logits: string; readonly file: string }
  /** Ours: certificates of the gradients of the next designs; answers milliseconds of each, and whether all passed. */
  | { readonly ask: "certify"; readonly count: number };
