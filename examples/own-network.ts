/**
 * A network of one's own is a record of two pure functions. Here residual sine layers, beside the library's sine network: both from
 * several seeds, all seeds of a network in one compiled program.
 * Run: npm run example -- own-network
 */
import { mkdirSync, writeFileSync } from "node:fs";
import * as nn from "cotangent/nn";
import type { DenseParams, Network } from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import * as random from "cotangent/random";
import { neural, optimizeSeeds, problems } from "cotangent/topopt";
import { comparisonPicture } from "cotangent/topopt/render";

type ResidualParams = {
  readonly first: DenseParams;
  readonly blocks: readonly DenseParams[];
  readonly last: DenseParams;
};

/** h = sin(x F + b), then h = h + sin(h W + b) per block, then a linear layer. */
const residual = (width: number, depth: number): Network<ResidualParams> => {
  const { normal } = nn.initializers;
  const first = nn.dense(2, width, { initializer: normal(3), bias: normal(1) });
  const [block, last] = [nn.dense(width, width), nn.dense(width, 1)];
  return {
    init: (key) => ({
      first: first.init(random.foldIn(key, 0)),
      blocks: Array.from({ length: depth }, (_, k) => block.init(random.foldIn(key, k + 1))),
      last: last.init(random.foldIn(key, depth + 1)),
    }),
    apply: (params, x) => {
      const waves = np.sin(first.apply(params.first, x));
      const bent = params.blocks.reduce((h, own) => h.add(np.sin(block.apply(own, h))), waves);
      return last.apply(params.last, bent);
    },
  };
};

const problem = problems.mbb({ nelx: 36, nely: 24 });
const designsOf = <P>(name: string, network: Network<P>, rate: number) => {
  const parameterization = neural(problem, network, { volumeFraction: 0.4 });
  const optimizer = optim.chain(optim.clipByGlobalNorm(1), optim.adam(rate));
  const runs = optimizeSeeds({ problem, parameterization, optimizer, stop: { iterations: 60 } }, [0, 1, 2]);
  const values = runs.map(({ best }) => best.objective.toFixed(2));
  console.log(`${name}: ${nn.countParameters(runs[0]!.params)} weights, compliance ${values.join(", ")}`);
  console.log(`  gradients ${runs.map(({ verdict }) => verdict).join(", ")}`);
  return runs.map(({ seed, best }, k) => ({ density: best.density, caption: `${name}, seed ${seed}: ${values[k]}` }));
};

const siren = nn.siren({ width: 32, depth: 3, omega: 20 });
const designs = [...designsOf("residual", residual(32, 2), 8e-3), ...designsOf("siren", siren, 3e-3)];
mkdirSync("out", { recursive: true });
writeFileSync("out/own-network.svg", comparisonPicture({ designs, columns: 3, title: "MBB beam, 60 steps of Adam" }));
