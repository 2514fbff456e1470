/**
 * A network written in the place of an argument has its types from there, with an input and without; a network that may be
 * either is taken, too. Checked by the compiler, never run.
 */
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import type { Network } from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { neural, problems } from "cotangent/topopt";
import type { Parameterization } from "cotangent/topopt";

type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;

/** Fails to compile unless both types are the same. */
const same = <X, Y>(..._proof: Equal<X, Y> extends true ? [] : [never]): void => undefined;

const problem = problems.mbb({ nelx: 12, nely: 8 });

const linear = neural(
  problem,
  {
    init: (key) => ({ w: random.normal(key, [2, 1]) }),
    apply: ({ w }, x) => np.matmul(x, w),
  },
  { volumeFraction: 0.4 },
);
same<typeof linear, Parameterization<{ w: NDArray }>>();

const bare = neural(
  problem,
  {
    init: (key) => random.normal(key, [8, 12]),
    apply: (logits) => logits,
  },
  { volumeFraction: 0.4 },
);
same<typeof bare, Parameterization<NDArray>>();

const siren = neural(problem, nn.siren());
same<typeof siren, Parameterization<readonly nn.DenseParams[]>>();
const fixed = neural(problem, nn.fixedInput(nn.siren(), nn.coordinates([8, 12])));
same<typeof fixed, Parameterization<readonly nn.DenseParams[]>>();
const heat = neural(problems.heatSink({ nelx: 12, nely: 8 }), nn.siren(), { volumeFraction: 0.4 });
same<typeof heat, Parameterization<readonly nn.DenseParams[]>>();

declare const either: Network<NDArray> | Network<NDArray, void>;
const ofEither = neural(problem, either);
same<typeof ofEither, Parameterization<NDArray>>();

// @ts-expect-error the parameters have no such entry
neural(problem, { init: (key) => ({ w: random.normal(key, [2, 1]) }), apply: ({ v }, x) => np.matmul(x, v) });
// @ts-expect-error a network's input is an array
neural(problem, { init: (key) => random.normal(key, [2, 1]), apply: (w, _x: string) => w });
