/**
 * Networks carry the exact type of their parameters: sequences as tuples, layers without bias as such, networks whose
 * input is fixed without a second argument. Checked by the compiler, never run.
 */
import { grad, jit, tree, valueAndGrad, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import type { AffineParams, DenseParams, LatentParams, Network } from "cotangent/nn";

type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;

/** Fails to compile unless both types are the same. */
const same = <X, Y>(..._proof: Equal<X, Y> extends true ? [] : [never]): void => undefined;

declare const key: NDArray;
declare const keys: NDArray;
declare const x: NDArray;

// --- Layers and sequences ---------------------------------------------------------------------

same<ReturnType<Network<null>["init"]>, null>();
const plain = nn.dense(2, 3).init(key);
same<typeof plain, DenseParams>();
const withoutBias = nn.dense(2, 3, { bias: false }).init(key);
same<typeof withoutBias.bias, null>();
const withOptions = nn.dense(2, 3, { bias: nn.initializers.ones, dtype: "float64" }).init(key);
same<typeof withOptions.bias, NDArray>();

const network = nn.sequential(nn.dense(2, 8), nn.activation(nn.tanh), nn.layerNorm(8), nn.dense(8, 1, { bias: false }));
const params = network.init(key);
same<typeof params, readonly [DenseParams, null, AffineParams, DenseParams<null>]>();
const out = network.apply(params, x);
same<typeof out, NDArray>();
// @ts-expect-error there are four networks
network.apply([...params, null], x);
// @ts-expect-error the parameters of another network
network.apply([plain, null, plain], x);
// @ts-expect-error a function is no network
nn.sequential(nn.dense(2, 8), nn.tanh);

// --- Transforms -------------------------------------------------------------------------------

const loss = (p: typeof params): NDArray => network.apply(p, x).mean();
const [value, gradients] = valueAndGrad(loss)(params);
same<typeof value, NDArray>();
same<typeof gradients, typeof params>();
const compiled: typeof params = jit(network.init)(key);
const stacked: typeof params = vmap(network.init)(keys);
const wide = tree.map((leaf) => leaf.astype("float64"), params);
network.apply(wide, x);
void [compiled, stacked];

// --- Fixed and trained inputs -----------------------------------------------------------------

const field = nn.fixedInput(nn.siren(), nn.coordinates([2, 3]));
const sirenParams = field.init(key);
same<typeof sirenParams, readonly DenseParams[]>();
same<ReturnType<typeof field.apply>, NDArray>();
field.apply(sirenParams);
// @ts-expect-error the input is fixed
field.apply(sirenParams, x);
const trained = nn.latentInput(nn.dense(4, 3), { size: 4 });
const latentParams = trained.init(key);
same<typeof latentParams, LatentParams<DenseParams>>();
const slope = grad((p: typeof latentParams) => trained.apply(p).mean())(latentParams);
same<typeof slope, typeof latentParams>();
