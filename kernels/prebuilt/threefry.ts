/**
 * Random words and numbers as WebAssembly: equal with kernels/threefry.ts. Counters are lanes, four to a vector, and several
 * vectors go through the rounds side by side, since a round waits for the one before it. There is a small module for
 * each form of result.
 * Source: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
 */
import { f32x4, f64x2, i32, i32x4, i8x16, v128 } from "../assembler/index.ts";
import type { Expression, FunctionBuilder, Local } from "../assembler/index.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { shared, stacked } from "./shares.ts";
import { smallModule } from "./small-module.ts";

type Vector = Expression<"v128">;
type Builder = FunctionBuilder<"none">;

/** What a counter gives: one word, both words of its pair, or a number in [0, 1). */
export type RandomForm = "words" | "pairs" | "float32" | "float64";

const lanes = 4;
/** Vectors that go through the rounds side by side. */
const abreast = 4;
/** XORed with both key words into the third one. */
const parity = 0x1bd11bda;
const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
const groups = 5;

const constantOf = (numbers: Float32Array | Float64Array | Int32Array): Vector =>
  v128.const(new Uint8Array(numbers.buffer.slice(0)));

const inEveryLane = (number: number): Vector => constantOf(new Int32Array(lanes).fill(number));

const bytesFrom = (start: number): number[] => Array.from({ length: 16 }, (_, k) => k - (k % 4) + ((k + start) % 4));

/** Lanes turned left by so many bits; whole bytes are moved at once. */
const turned = (x: Vector, bits: number): Vector =>
  bits % 8 === 0
    ? i8x16.shuffle(x, x, bytesFrom(4 - bits / 8))
    : v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));

/** The keys of the groups in all lanes: what is added to the first word before the rounds and after every group, then to the second. */
interface Schedule {
  readonly first: readonly Vector[];
  readonly second: readonly Vector[];
}

const scheduleOf = (f: Builder, key0: Vector, key1: Vector): Schedule => {
  const [first, second] = [f.hold(key0), f.hold(key1)];
  const words = [first, second, f.hold(v128.xor(v128.xor(first, second), inEveryLane(parity)))];
  const steps = Array.from({ length: groups + 1 }, (_, k) => k);
  return {
    first: steps.map((k) => words[k % 3]!),
    second: steps.map((k) => (k === 0 ? second : f.hold(i32x4.add(words[(k + 1) % 3]!, inEveryLane(k))))),
  };
};

interface Pair {
  readonly first: Local<"v128">;
  readonly second: Local<"v128">;
}

/** The lower words of four counters, and the upper ones where they are not 0. */
interface Counters {
  readonly low: Vector;
  readonly high?: Vector;
}

/** The pairs of words of all counters. */
const encrypted = (f: Builder, { first, second }: Schedule, counters: readonly Counters[]): readonly Pair[] => {
  const pairs = counters.map(({ low, high }) => ({
    first: f.hold(high === undefined ? first[0]! : i32x4.add(high, first[0]!)),
    second: f.hold(i32x4.add(low, second[0]!)),
  }));
  for (let group = 0; group < groups; group += 1) {
    for (const bits of rotations[group % 2]!)
      for (const pair of pairs) {
        f.set(pair.first, i32x4.add(pair.first, pair.second));
        f.set(pair.second, v128.xor(turned(pair.second, bits), pair.first));
      }
    for (const pair of pairs) {
      f.set(pair.first, i32x4.add(pair.first, first[group + 1]!));
      f.set(pair.second, i32x4.add(pair.second, second[group + 1]!));
    }
  }
  return pairs;
};

/** Elements of either vector in turn, from the lower or the upper half of both. */
const interleaved = (x: Vector, y: Vector, from: 0 | 2): Vector =>
  i8x16.shuffle(
    x,
    y,
    [0, 1].flatMap((k) => [0, 16].flatMap((other) => [0, 1, 2, 3].map((byte) => other + 4 * (from + k) + byte))),
  );

const upperHalf = (x: Vector): Vector => i8x16.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);

/** The highest 52 bits of two pairs as multiples of 2^-52: both terms are exact, and so is their sum. */
const doublesOf = (high: Vector, low: Vector): Vector => {
  const upper = f64x2.mul(f64x2.convert_low_i32x4_u(high), constantOf(new Float64Array(2).fill(2 ** 20)));
  const sum = f64x2.add(upper, f64x2.convert_low_i32x4_u(i32x4.shr_u(low, 12)));
  return f64x2.mul(sum, constantOf(new Float64Array(2).fill(2 ** -52)));
};

/** Results of four counters in order, as vectors. */
const forms: Readonly<Record<RandomForm, (pair: Pair) => readonly Vector[]>> = {
  words: ({ first, second }) => [v128.xor(first, second)],
  pairs: ({ first, second }) => [interleaved(first, second, 0), interleaved(first, second, 2)],
  float32: ({ first, second }) => [
    f32x4.mul(
      f32x4.convert_i32x4_u(i32x4.shr_u(v128.xor(first, second), 9)),
      constantOf(new Float32Array(4).fill(2 ** -23)),
    ),
  ],
  float64: ({ first, second }) => [doublesOf(first, second), doublesOf(upperHalf(first), upperHalf(second))],
};

const itemBytes: Readonly<Record<RandomForm, 4 | 8>> = { words: 4, pairs: 8, float32: 4, float64: 8 };

const countUp = constantOf(Int32Array.from({ length: lanes }, (_, k) => k));

/** Results of the counters from `at` on that lie before `last`, to their places. */
const writeFrom = (f: Builder, form: RandomForm, schedule: Schedule, out: Local<"i32">, at: Local<"i32">) => {
  const item = itemBytes[form];
  const place = f.local("i32");
  const resultsOf = (vectors: number): readonly (readonly Vector[])[] => {
    const start = f.hold(i32x4.add(i32x4.splat(at), countUp));
    const counters = Array.from({ length: vectors }, (_, k) => ({
      low: k === 0 ? start : i32x4.add(start, inEveryLane(k * lanes)),
    }));
    f.set(place, i32.add(out, i32.mul(at, i32.const(item))));
    return encrypted(f, schedule, counters).map(forms[form]);
  };
  return {
    whole: (): void =>
      resultsOf(abreast)
        .flat()
        .forEach((vector, k) => f.store(place, vector, 16 * k)),
    /** As many of one vector's counters as are left. */
    rest: (left: Expression<"i32">): void => {
      const vectors = resultsOf(1)
        .flat()
        .map((vector) => f.hold(vector));
      for (let lane = 0; lane < lanes; lane += 1)
        f.if(i32.gt_s(left, i32.const(lane)), () => {
          const offset = lane * item;
          const vector = vectors[Math.floor(offset / 16)]!;
          f.storeLane(item === 4 ? 32 : 64, { pointer: place, offset }, vector, (offset % 16) / item);
        });
    },
  };
};

/** run(keys, keyCount, step, out, first, last): counters first .. last - 1 of every key, the results of each `step` bytes apart. */
const moduleOf = (form: RandomForm): PrebuiltModule =>
  smallModule(`threefry ${form}`, (module) => {
    const params = ["i32", "i32", "i32", "i32", "i32", "i32"] as const;
    module.func("run", { params, export: true }, (f, keys, keyCount, step, out, first, last) => {
      f.for(f.local("i32"), 0, keyCount, 1, () => {
        const schedule = scheduleOf(f, v128.load32_splat(keys), v128.load32_splat(keys, 4));
        const at = f.local("i32");
        const { whole, rest } = writeFrom(f, form, schedule, out, at);
        f.set(at, first);
        f.while(i32.le_s(i32.add(at, i32.const(abreast * lanes)), last), () => {
          whole();
          f.set(at, i32.add(at, i32.const(abreast * lanes)));
        });
        f.while(i32.lt_s(at, last), () => {
          rest(f.hold(i32.sub(last, at)));
          f.set(at, i32.add(at, i32.const(lanes)));
        });
        f.set(keys, i32.add(keys, i32.const(8)));
        f.set(out, i32.add(out, step));
      });
    });
  });

/** Estimate of the nanoseconds that a counter takes. */
const counterTime = 3;

/**
 * How to fill memory with what keys make of the counters 0 .. count - 1, as kernels/threefry.ts does, key by key.
 * @param keyCount  pairs of words that are the operand
 * @param count     results for each key, whose bytes must be below 2^31
 */
export function planThreefry(
  form: RandomForm,
  keyCount: number,
  count: number,
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } {
  const step = count * itemBytes[form];
  const callFor = (first: number, last: number): PrebuiltCall => ({
    function: "run",
    scratchBytes: 0,
    args: ({ operands: [keys], results: [out] }) => [keys!, keyCount, step, out!, first, last],
  });
  const call = shared(callFor(0, count), keyCount * count * counterTime, [
    { length: count, group: lanes, range: callFor },
  ]);
  return { module: moduleOf(form), call };
}

// --- One counter for each key -----------------------------------------------------------------

/** Four pairs that lie at an address: their first and their second words. */
const loadPairs = (f: Builder, address: Local<"i32">): readonly [Vector, Vector] => {
  const [lower, upper] = [f.hold(v128.load(address)), f.hold(v128.load(address, 16))];
  const words = (place: number): Vector =>
    i8x16.shuffle(
      lower,
      upper,
      Array.from({ length: 16 }, (_, k) => 8 * Math.floor(k / 4) + 4 * place + (k % 4)),
    );
  return [words(0), words(1)];
};

/** One pair, in the first lane. */
const loadPair = (_f: Builder, address: Local<"i32">): readonly [Vector, Vector] => [
  v128.load32_zero(address),
  v128.load32_zero(address, 4),
];

/** run(count, keys, counters, out): the pair of words that each key makes of its counter. */
const cipherModule = (): PrebuiltModule =>
  smallModule("threefry cipher", (module) => {
    module.func("run", { params: ["i32", "i32", "i32", "i32"], export: true }, (f, count, keys, counters, out) => {
      const encipher = (load: typeof loadPairs): readonly Vector[] => {
        const schedule = scheduleOf(f, ...load(f, keys));
        const [high, low] = load(f, counters);
        return encrypted(f, schedule, [{ low, high }]).flatMap(forms.pairs);
      };
      const advance = (pairs: number): void => {
        for (const pointer of [keys, counters, out]) f.set(pointer, i32.add(pointer, i32.const(8 * pairs)));
        f.set(count, i32.sub(count, i32.const(pairs)));
      };
      f.while(i32.ge_s(count, i32.const(lanes)), () => {
        encipher(loadPairs).forEach((vector, k) => f.store(out, vector, 16 * k));
        advance(lanes);
      });
      f.while(count, () => {
        f.storeLane(64, out, encipher(loadPair)[0]!, 0);
        advance(1);
      });
    });
  });

/**
 * How to encipher in memory as `threefry2x32` does; operands: keys and counters.
 * @param count  pairs of words in each
 */
export function planCipher(count: number): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } {
  return {
    module: cipherModule(),
    call: stacked(count, 2 * counterTime, {
      group: lanes,
      first: (pairs) => ({
        function: "run",
        scratchBytes: 0,
        args: ({ operands: [keys, counters], results: [out] }) => [pairs, keys!, counters!, out!],
      }),
      operands: [8, 8],
      results: [8],
    }),
  };
}
