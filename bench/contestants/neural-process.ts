/**
 * Our neural optimization of the MBB beam in a process of its own, with the built library and the protocol of
 * published_neural.py: each line of input is a NeuralQuestion, each line of output one JSON object (the first one: versions).
 * Time that the scheduler gave to others is left out. Arguments: a NeuralSetting as JSON, the back end.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { NDArray } from "../../index.ts";
import type { CnnDecoderParams, DenseParams, Network } from "../../library/nn/index.ts";
import type { Parameterization, RunState } from "../../topopt/index.ts";
import type { NeuralQuestion, NeuralSetting } from "../jobs/neural-setting.ts";
import type { Step } from "../jobs/setting.ts";
import { built, ownVersion } from "./built.ts";
import { look } from "./clock.ts";

const setting = JSON.parse(process.argv[2]!) as NeuralSetting;
const backend = process.argv[3] as "auto" | "js";
const { nelx, nely, volumeFraction, filterRadius, penal, learningRate, clip } = setting;

const { array, jit, valueAndGrad } = await built<typeof import("../../index.ts")>("index.js");
const nn = await built<typeof import("../../library/nn/index.ts")>("library/nn/index.js");
const optim = await built<typeof import("../../library/optim/index.ts")>("library/optim/index.js");
const random = await built<typeof import("../../library/random/index.ts")>("library/random/index.js");
const { compliance, experiment, neural, problems, simp } =
  await built<typeof import("../../topopt/index.ts")>("topopt/index.js");

const problem = problems.mbb({ nelx, nely });
const latent = random.normal(random.key(1), [128], { dtype: "float32" });

const adam = optim.adam(learningRate);
const optimizer = clip === null ? adam : optim.chain(optim.clipByGlobalNorm(clip), adam);

const parameterizationOf = <P>(network: Network<P> | Network<P, void>): Parameterization<P> =>
  neural(problem, network, { volumeFraction, volumeOf: "design", filter: filterRadius });

const timeOf = (work: () => void): number => {
  const start = look();
  work();
  const end = look();
  return end.before - start.after - (end.waited - start.waited);
};

/** A run that continues, whatever its weights are. */
interface Run {
  readonly weights: readonly NDArray[];
  readonly iterate: () => Step;
  readonly certify: () => { readonly milliseconds: number; readonly isPassed: boolean };
}

const runOf = <P>(network: Network<P> | Network<P, void>, weightsOf: (params: P) => readonly NDArray[]): Run => {
  const run = experiment({
    problem,
    parameterization: parameterizationOf(network),
    optimizer,
    continuation: { penal },
    certificate: false,
    backend,
  });
  let state: RunState<P> = run.start();
  const iterate = (): Step => {
    let objective = NaN;
    const milliseconds = timeOf(() => {
      const taken = run.step(state);
      state = taken.state;
      objective = taken.entry.objective;
    });
    return { objective, milliseconds };
  };
  return {
    weights: weightsOf(state.params),
    iterate,
    certify: () => {
      // Of a design that no certificate was made of: the solver knows factors that it has made before.
      iterate();
      let isPassed = false;
      const milliseconds = timeOf(() => {
        isPassed = run.certify(state)?.isPassed === true;
      });
      return { milliseconds, isPassed };
    },
  };
};

const sirenRun = (): Run =>
  runOf(nn.siren({ width: 256, depth: 3, omega: 30 }), (layers: readonly DenseParams[]) =>
    layers.flatMap(({ weights, bias }) => [weights, bias]),
  );

const decoderRun = (): Run =>
  runOf(
    nn.fixedInput(nn.cnnDecoder({ height: nely, width: nelx }), latent),
    ({ dense, convolutions, normalizations }: CnnDecoderParams) => [
      latent,
      dense.weights,
      dense.bias,
      ...convolutions.flatMap(({ weights, bias }, k) => {
        const { scale, shift } = normalizations[k]!;
        return [scale, shift, weights, bias];
      }),
    ],
  );

const doublesOf = (file: string): Float64Array => {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength));
};

/** The same pipeline behind the network: a network whose parameters are its output. */
const writeGradient = (from: string, to: string): number => {
  const logits = array(doublesOf(from)).reshape([nely, nelx]);
  const pixelwise = parameterizationOf<NDArray>({ init: () => logits, apply: (params) => params });
  const objective = (x: NDArray): NDArray => compliance(problem, simp(pixelwise.density(x, {}), { penal }));
  const [value, gradient] = jit(valueAndGrad(objective), { backend })(logits);
  writeFileSync(to, gradient.toTypedArray() as Float64Array);
  return value.item();
};

const writeWeights = (weights: readonly NDArray[], file: string): void =>
  writeFileSync(
    file,
    Buffer.concat(weights.map((x) => Buffer.from(new Uint8Array((x.toTypedArray() as Float32Array).slice().buffer)))),
  );

const run = setting.network === "siren" ? sirenRun() : decoderRun();

const replyTo = (question: NeuralQuestion): object => {
  switch (question.ask) {
    case "weights":
      writeWeights(run.weights, question.file);
      return { shapes: run.weights.map(({ shape }) => shape) };
    case "iterate":
      return { history: Array.from({ length: question.count }, run.iterate) };
    case "gradient":
      return { objective: writeGradient(question.logits, question.file) };
    case "certify": {
      const all = Array.from({ length: question.count }, run.certify);
      return {
        milliseconds: all.map(({ milliseconds }) => milliseconds),
        isPassed: all.every(({ isPassed }) => isPassed),
      };
    }
    case "begin":
      throw new Error("our weights are drawn, not given");
  }
};

const answer = (reply: object): void => void process.stdout.write(`${JSON.stringify(reply)}\n`);
answer({ versions: `cotangent ${ownVersion()}` });
for await (const line of createInterface({ input: process.stdin })) answer(replyTo(JSON.parse(line) as NeuralQuestion));
