/** The network that a problem file describes, ready for `neural`. */
import * as nn from "../../library/nn/index.ts";
import type { Network } from "../../library/nn/index.ts";
import { foldIn, key, normal } from "../../library/random/index.ts";
import type { GridMesh } from "../../library/fem/index.ts";
import type { RunNetwork } from "../problem-file/index.ts";

/** Numbers that keep draws of what never trains apart from those of the parameters. */
const latentDraw = 1;
const frequencyDraw = 2;

/** A network of coordinates, or one with a latent vector of its own, drawn from the seed. */
export const buildNetwork = (own: RunNetwork, mesh: GridMesh, seed: number): Network<unknown> => {
  const { dimensions: inputs, nelx, nely } = mesh;
  const { dtype } = own;
  switch (own.kind) {
    case "siren": {
      const { width, depth, omega, biases } = own;
      return nn.siren({ inputs, width, depth, omega, biases, dtype }) as Network<unknown>;
    }
    case "mlp":
      return nn.mlp({ inputs, hidden: own.hidden, normalization: own.normalization, dtype }) as Network<unknown>;
    case "fourier": {
      const { features, scale, hidden, normalization } = own;
      const frequencies = foldIn(key(seed), frequencyDraw);
      return nn.fourierMlp({
        inputs,
        features,
        scale,
        hidden,
        normalization,
        key: frequencies,
        dtype,
      }) as Network<unknown>;
    }
    case "cnn": {
      const { latent, denseChannels, filters, resizes, kernel, normalization, offsetScale, gain } = own;
      const shape = { height: nely, width: nelx, latent, denseChannels, filters, resizes, kernel };
      const decoder = nn.cnnDecoder({ ...shape, normalization, offsetScale, gain, dtype });
      return nn.fixedInput(decoder, normal(foldIn(key(seed), latentDraw), [latent])) as unknown as Network<unknown>;
    }
  }
};
