/** The jobs on plain arrays, with the right numbers computed here by plain JavaScript in double precision. */
import type { Floats, Kind, Precision, Workload } from "./contestant.ts";

const million = 1_000_000;

/** Repetitions of (sin, multiply, add, tanh) in the scalar function whose gradient is taken: 20 operations. */
export const gradientRounds = 5;
export const gradientShift = 0.5;

const vector = (precision: Precision, length: number, value: (i: number) => number): Floats => {
  const values = Float64Array.from({ length }, (_, i) => value(i));
  return precision === "float64" ? values : new Float32Array(values);
};

const mapped = (input: ArrayLike<number>, value: (x: number) => number): Float64Array =>
  Float64Array.from(input, value);

const total = (input: ArrayLike<number>): number => {
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < input.length; i++) {
    const term = input[i]! - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  return sum;
};

/** Derivative of the 20 operations by the chain rule, forwards. */
const slope = (x: number): number => {
  let y = x;
  let dy = 1;
  for (let round = 0; round < gradientRounds; round++) {
    const inner = Math.sin(y) * x + gradientShift;
    const dInner = Math.cos(y) * dy * x + Math.sin(y);
    y = Math.tanh(inner);
    dy = (1 - y * y) * dInner;
  }
  return dy;
};

type Draft = Pick<Workload, "kind" | "name" | "inputs" | "expected" | "calls"> & Partial<Workload>;

const drafts = (precision: Precision): readonly Draft[] => {
  const small = [vector(precision, 10, (i) => i - 4.5), vector(precision, 10, (i) => 0.25 * i * i)];
  const wide = vector(precision, million, (i) => -5 + (10 * i) / million);
  const positive = vector(precision, million, (i) => 1 + 0.5 * Math.sin(i));
  const point = vector(precision, 1, () => 0.7);
  const added = ([a, b]: readonly ArrayLike<number>[]): Float64Array => Float64Array.from(a!, (x, i) => x + b![i]!);
  const gradient = (kind: Kind, name: string): Draft => ({
    kind,
    name,
    inputs: [point],
    isScalar: true,
    expected: [slope(point[0]!)],
    readsBack: true,
    calls: 20,
  });
  const sum = (kind: Kind, name: string): Draft => ({
    kind,
    name,
    inputs: [positive],
    expected: [total(positive)],
    readsBack: true,
    tolerance: precision === "float64" ? 1e-12 : 1e-4,
    calls: 1,
  });
  return [
    {
      kind: "chain",
      name: "sin(x) exp(-x^2) + tanh(x) / (1 + x^2), 1e6, jitted",
      inputs: [wide],
      expected: mapped(wide, (x) => Math.sin(x) * Math.exp(-x * x) + Math.tanh(x) / (1 + x * x)),
      calls: 1,
    },
    {
      kind: "tiny jit",
      name: "2 x + 1, 10 elements, jitted, read back",
      inputs: [small[0]!],
      expected: mapped(small[0]!, (x) => 2 * x + 1),
      readsBack: true,
      calls: 100,
    },
    {
      kind: "add",
      name: "a + b, 10 elements, eager, read back",
      inputs: small,
      expected: added(small),
      readsBack: true,
      calls: 100,
    },
    { kind: "add", name: "a + b, 1e6, eager", inputs: [wide, positive], expected: added([wide, positive]), calls: 1 },
    gradient("gradient", "gradient of 20 scalar operations, eager, read back"),
    gradient("jitted gradient", "gradient of 20 scalar operations, jitted, read back"),
    sum("sum", "sum of 1e6, eager, read back"),
    sum("jitted sum", "sum of 1e6, jitted, read back"),
  ];
};

const isJitted = (kind: Kind): boolean =>
  kind === "chain" || kind === "tiny jit" || kind === "jitted gradient" || kind === "jitted sum";

/** Every job in both precisions, jobs in the order of the table. */
export const workloads = (): readonly Workload[] => {
  const [doubles, singles] = (["float64", "float32"] as const).map((precision) =>
    drafts(precision).map((draft) => ({
      isScalar: false,
      readsBack: false,
      tolerance: precision === "float64" ? 1e-14 : 1e-6,
      ...draft,
      precision,
      isJitted: isJitted(draft.kind),
    })),
  );
  return doubles!.flatMap((workload, k) => [workload, singles![k]!]);
};
