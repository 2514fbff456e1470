/** The optimizers' formulas once more, in plain numbers: a step of (x, g), with what they remember in closures. */

type Step = (x: readonly number[], g: readonly number[]) => number[];

type Arguments = Readonly<Record<string, any>>;

const clipped = (g: readonly number[], { global_clipnorm: norm, clipvalue: limit }: Arguments): number[] => {
  const length = Math.hypot(...g);
  const factor = norm === undefined || length <= norm ? 1 : norm / length;
  return g.map((value) => {
    const scaled = value * factor;
    return limit === undefined ? scaled : Math.sign(scaled) * Math.min(Math.abs(scaled), limit);
  });
};

const sgd = (args: Arguments): Step => {
  const { learning_rate: rate, momentum = 0, nesterov = false } = args;
  let velocity = [0, 0, 0, 0];
  return (x, g) => {
    const own = clipped(g, args);
    velocity = velocity.map((v, i) => momentum * v - rate * own[i]!);
    return x.map((value, i) => value + (nesterov ? momentum * velocity[i]! - rate * own[i]! : velocity[i]!));
  };
};

const adam = (args: Arguments): Step => {
  const { learning_rate: rate, beta_1: b1 = 0.9, beta_2: b2 = 0.999, epsilon = 1e-7, amsgrad = false } = args;
  const decay = args["weight_decay"] ?? 0;
  let [m, v, largest] = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  let t = 0;
  return (x, g) => {
    t++;
    m = m!.map((value, i) => b1 * value + (1 - b1) * g[i]!);
    v = v!.map((value, i) => b2 * value + (1 - b2) * g[i]! ** 2);
    largest = largest!.map((value, i) => Math.max(value, v![i]!));
    const alpha = (rate * Math.sqrt(1 - b2 ** t)) / (1 - b1 ** t);
    const below = amsgrad ? largest : v;
    return x.map((value, i) => value * (1 - rate * decay) - (alpha * m![i]!) / (Math.sqrt(below[i]!) + epsilon));
  };
};

const rmsprop = ({
  learning_rate: rate,
  rho = 0.9,
  momentum = 0,
  centered = false,
  epsilon = 1e-7,
}: Arguments): Step => {
  let [v, a, u] = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  return (x, g) => {
    v = v!.map((value, i) => rho * value + (1 - rho) * g[i]! ** 2);
    a = a!.map((value, i) => rho * value + (1 - rho) * g[i]!);
    const spread = v.map((value, i) => (centered ? value - a![i]! ** 2 : value));
    u = u!.map((value, i) => momentum * value + (rate * g[i]!) / Math.sqrt(spread[i]! + epsilon));
    return x.map((value, i) => value - u![i]!);
  };
};

const adagrad = ({ learning_rate: rate, initial_accumulator_value: first = 0.1, epsilon = 1e-7 }: Arguments): Step => {
  let sum = [first, first, first, first];
  return (x, g) => {
    sum = sum.map((value, i) => value + g[i]! ** 2);
    return x.map((value, i) => value - (rate * g[i]!) / Math.sqrt(sum[i] + epsilon));
  };
};

/** By the names and arguments of Keras. */
export const formulas: Readonly<Record<string, (args: Arguments) => Step>> = {
  SGD: sgd,
  Adam: adam,
  AdamW: adam,
  RMSprop: rmsprop,
  Adagrad: adagrad,
};
