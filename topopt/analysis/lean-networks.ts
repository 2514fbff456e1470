/**
 * Networks that need less memory for their gradients: points in chunks, layers that are computed again on the way back.
 * Both give the values and gradients of the network they are made of, to the rounding of sums in another order.
 * Source: Griewank & Walther 2000; Chen, Xu, Zhang & Guestrin 2016.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { requireNetwork } from "../../library/nn/network.ts";
import type { Network } from "../../library/nn/network.ts";
import { slice } from "../../library/numpy/indexing.ts";
import { concatenate } from "../../library/numpy/joining.ts";
import { checkpoint } from "../../transforms/checkpoint.ts";
import { map } from "../../transforms/scan.ts";

/** A whole number from 1. */
export const requireCount = (asked: string, name: string, value: unknown): void => {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Give a whole number from 1");
};

/**
 * A network of which reverse mode keeps parameters and input alone, and which is computed again on the way back.
 * Around each layer it keeps the layers' inputs; around a whole network it gains nothing.
 * @throws InvalidOption
 * Derivatives: as the network. Cost: in reverse mode, one application more.
 * @example
 * const layer = rematerialized(nn.dense(2, 3));
 * layer.apply(layer.init(random.key(0)), np.ones([5, 2])).shape // [5, 3]
 */
export const rematerialized = <P>(network: Network<P>): Network<P> => {
  requireNetwork("rematerialized", network);
  const apply = network.apply as (params: unknown, x: NDArray) => NDArray;
  return { init: network.init, apply: (params, x) => checkpoint(apply)(params, x) };
};

/**
 * A network of points that sees them in chunks, one after the other: reverse mode keeps the points, and the intermediate
 * values of one chunk at a time, which it computes again. For networks that treat every point alike and by itself: with a
 * normalization over all points ("batch" of nn.mlp) it is another network.
 * @param network  from [..., inputs] to [..., outputs]
 * @param chunks   how many; the last is the smaller one where the points do not divide
 * @returns        a network of the same parameters, from [..., inputs] to [..., outputs]
 * @throws InvalidOption
 * Derivatives: as the network. Cost: in reverse mode, one application more; memory of one chunk.
 * @example
 * const network = nn.mlp({ hidden: [4] });
 * const params = network.init(random.key(0));
 * const x = nn.coordinates([5, 3]);
 * np.allclose(inChunks(network, 4).apply(params, x), network.apply(params, x)) // true
 */
export const inChunks = <P>(network: Network<P>, chunks: number): Network<P> => {
  requireNetwork("inChunks", network);
  requireCount("inChunks", "chunks", chunks);
  if (chunks === 1) return network;
  const lean = rematerialized(network);
  const apply = (params: P, x: NDArray): NDArray => {
    const points = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
    const rows = Math.ceil(points / chunks);
    if (rows === 0) return network.apply(params, x);
    const count = Math.floor(points / rows);
    const list = x.reshape([points, x.shape.at(-1)!]);
    const whole = list.at(slice(0, count * rows)).get();
    const stacked = map((chunk: NDArray) => lean.apply(params, chunk), whole.reshape([count, rows, -1]));
    const tail = stacked.shape.slice(2);
    const first = stacked.reshape([count * rows, ...tail]);
    const last = count * rows === points ? [] : [lean.apply(params, list.at(slice(count * rows)).get())];
    return concatenate([first, ...last]).reshape([...x.shape.slice(0, -1), ...tail]);
  };
  return { init: network.init, apply };
};
