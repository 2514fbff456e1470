/**
 * Networks as pairs of pure functions: parameters from a key, results from parameters and an input. Parameters are plain trees
 * of arrays, so that every transform and optimizer takes them as they are; apply computes in their dtype, whatever the input's.
 * Source: Stax, the neural network library of JAX's examples.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { InvalidOption } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { namedScope } from "../../transforms/named-scope.ts";
import { requireKey, splitKeys } from "../random/keys.ts";
import { requireEntries } from "./network-options.ts";

/** A pure network with parameters P from inputs X to results Y; X is void where nothing is put in. */
export interface Network<P, X = NDArray, Y = NDArray> {
  /** First parameters, of a key of cotangent/random: equal keys give equal bits. A tree of arrays, float32 unless asked otherwise. */
  readonly init: (key: NDArray) => P;
  /** The result, in the dtype of the parameters: a tree of them cast to float64 makes it the float64 network. */
  readonly apply: (params: P, x: X) => Y;
}

/** Networks one behind the other, with parameters P[0], P[1] and so on. */
export type NetworkList<P extends readonly unknown[]> = { readonly [K in keyof P]: Network<P[K]> };

export const requireNetwork = (asked: string, network: unknown): void => {
  const { init, apply } = (network ?? {}) as Partial<Network<unknown>>;
  if (typeof init !== "function" || typeof apply !== "function")
    throw new InvalidOption(
      asked,
      `${showValue(network)} in the place of a network`,
      "Give objects with init and apply; functions of arrays become networks by nn.activation(f)",
    );
};

/**
 * Networks one behind the other: apply(p, x) = last(p[n - 1], .. first(p[0], x)). Each draws from a key of its own.
 * @returns  a network whose parameters are the list of theirs (null for those that have none)
 * @throws InvalidOption; init InvalidKey; apply TreeMismatch for another number of parameters
 * @example
 * const network = nn.sequential(nn.dense(2, 8), nn.activation(nn.tanh), nn.dense(8, 1));
 * const params = network.init(random.key(0));
 * params[0].weights.shape // [2, 8]
 * network.apply(params, np.zeros([5, 2])).shape // [5, 1]
 */
export const sequential = <const P extends readonly unknown[]>(...networks: NetworkList<P>): Network<P> => {
  const list = networks as readonly Network<unknown>[];
  for (const network of list) requireNetwork("nn.sequential", network);
  return {
    init: (key) => {
      const keys = splitKeys(requireKey("nn.sequential", key), list.length);
      return list.map((network, k) => network.init(keys[k]!)) as readonly unknown[] as P;
    },
    apply: (params, x) => {
      const given = params as readonly unknown[];
      requireEntries("nn.sequential", "networks", given, list.length);
      return list.reduce((layer, network, k) => namedScope(`layer ${k}`, () => network.apply(given[k], layer)), x);
    },
  };
};

/**
 * A function of arrays as a network without parameters: nn.activation(nn.tanh).
 * @throws InvalidOption
 * @example nn.activation(nn.relu).apply(null, array([-1, 2])) // [0, 2]
 */
export const activation = (f: (x: NDArray) => NDArray): Network<null> => {
  if (typeof f !== "function") throw new InvalidOption("nn.activation", showValue(f), "Give a function of an array");
  return { init: () => null, apply: (_params, x) => f(x) };
};

/**
 * The network with its input fixed: coordinates, or a latent vector that is no parameter (one that is: latentInput). Parameters
 * and their number stay those of the network, so that no optimizer moves the input.
 * @param x  what is put in, whatever the parameters
 * @throws InvalidOption
 * @example
 * const field = nn.fixedInput(nn.mlp({ hidden: [4] }), nn.coordinates([2, 3]));
 * field.apply(field.init(random.key(0))).shape // [2, 3, 1]
 */
export const fixedInput = <P, X, Y>(network: Network<P, X, Y>, x: X): Network<P, void, Y> => {
  requireNetwork("nn.fixedInput", network);
  return { init: network.init, apply: (params) => network.apply(params, x) };
};
