/** Sound problem files as JSON values, whose parts fit together. */
import { fc } from "@fast-check/vitest";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

const even = fc.integer({ min: 1, max: 10 }).map((half) => 2 * half);
const real = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true }).map((value) => value + 0);
const positive = real(1e-6, 100);
const unit = real(0, 1);

/** A record that has some of these keys. */
const some = (own: Readonly<Record<string, fc.Arbitrary<Json>>>): fc.Arbitrary<JsonObject> =>
  fc.record(own, { requiredKeys: [] }) as fc.Arbitrary<JsonObject>;
const all = (own: Readonly<Record<string, fc.Arbitrary<Json>>>): fc.Arbitrary<JsonObject> =>
  fc.record(own) as fc.Arbitrary<JsonObject>;
const both = (one: fc.Arbitrary<JsonObject>, other: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  fc.tuple(one, other).map(([a, b]) => ({ ...a, ...b }));

export const schedules = (value: fc.Arbitrary<number>): fc.Arbitrary<Json> =>
  fc.oneof(
    value,
    fc
      .tuple(value, value, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }))
      .map(([from, to, start, length]) => ({ from, to, start, end: start + length })),
    fc
      .tuple(value, fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), value), { maxLength: 4 }))
      .map(([first, later]) => {
        let at = 1;
        return { steps: [[1, first], ...later.map(([gap, own]) => [(at += gap), own])] };
      }),
  );

// --- Problems ---------------------------------------------------------------------------------

const interval = fc.tuple(unit, unit).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
const boxes = (dimensions: number): fc.Arbitrary<JsonObject> =>
  some({ x: interval, y: interval, ...(dimensions === 3 ? { z: interval } : {}) });
const vectors = (dimensions: number): fc.Arbitrary<number[]> =>
  fc.array(real(-5, 5), { minLength: dimensions, maxLength: dimensions });
/** Forces and directions, which are not 0. */
const arrows = (dimensions: number): fc.Arbitrary<number[]> =>
  vectors(dimensions).filter((own) => own.some((component) => component !== 0));

const sides = ["left", "right", "top", "bottom"] as const;
const planeCorners = ["topLeft", "topRight", "bottomLeft", "bottomRight"];

/** Selectors on a mesh of even counts. */
export const selectors = (dimensions: number): fc.Arbitrary<JsonObject> => {
  const isPlane = dimensions === 2;
  const simple = fc.oneof<fc.Arbitrary<JsonObject>[]>(
    isPlane
      ? fc.constantFrom(...sides).map((edge) => ({ edge }))
      : fc.constantFrom(["left", "top"], ["front", "bottom"], ["right", "back"]).map((edge) => ({ edge })),
    fc.constantFrom(...planeCorners).map((name) => ({ corner: isPlane ? name : `${name}Front` })),
    fc.constantFrom(...sides, ...(isPlane ? [] : ["front", "back"])).map((name) => ({ middle: name })),
    vectors(dimensions).map((nearest) => ({ nearest })),
    boxes(dimensions).map((region) => ({ region })),
    ...(isPlane ? [] : [fc.constantFrom(...sides, "front", "back").map((face) => ({ face }))]),
  );
  return fc.oneof(
    { weight: 4, arbitrary: simple },
    { weight: 1, arbitrary: fc.array(simple, { minLength: 1, maxLength: 3 }).map((union) => ({ union })) },
    { weight: 1, arbitrary: fc.tuple(simple, simple).map((minus) => ({ minus })) },
  );
};

const loadsOf = (dimensions: number, isHeat: boolean): fc.Arbitrary<Json[]> =>
  fc.array(
    both(
      all({ at: selectors(dimensions), force: isHeat ? real(-5, 5).map((heat) => heat || 1) : arrows(dimensions) }),
      some({ spread: fc.constantFrom("nodal", "traction"), case: fc.constant(0) }),
    ),
    { minLength: 1, maxLength: 3 },
  );

const customWith = (dimensions: number, isHeat: boolean): fc.Arbitrary<JsonObject> => {
  const direction = isHeat ? fc.constant("temperature") : fc.constantFrom("x", "y", ...(dimensions === 3 ? ["z"] : []));
  const mesh = both(
    all({ nelx: even, nely: even, ...(dimensions === 3 ? { nelz: even } : {}) }),
    some({ size: fc.array(positive, { minLength: dimensions, maxLength: dimensions }) }),
  );
  const supports = fc.array(both(all({ at: selectors(dimensions), direction }), some({ value: real(-1, 1) })), {
    minLength: 1,
    maxLength: 3,
  });
  const springs = fc.array(all({ at: selectors(dimensions), direction, stiffness: positive }), { maxLength: 2 });
  const passive = fc.array(boxes(dimensions), { maxLength: 2 });
  return both(
    all({ mesh, supports, loads: loadsOf(dimensions, isHeat), ...(isHeat ? { physics: fc.constant("heat") } : {}) }),
    some({
      springs,
      void: passive,
      solid: passive,
      ...(isHeat
        ? {}
        : {
            output: all({ at: selectors(dimensions), direction: arrows(dimensions) }),
            poisson: real(-0.9, 0.45),
          }),
    }),
  );
};

const planeNames = ["mbb", "tensile", "bridge", "michell", "multiLoad", "arch", "heatSink", "lBracket", "inverter"];

const problems = fc.oneof<fc.Arbitrary<JsonObject>[]>(
  fc.tuple(fc.constantFrom(...planeNames), even, even).map(([name, nelx, nely]) => ({ name, nelx, nely })),
  fc.tuple(even, even, even).map(([nelx, nely, nelz]) => ({ name: "cantilever3d", nelx, nely, nelz })),
  fc.constantFrom("mbb_beam_96x32_0.5", "l_shape_0.4_64x64_0.4", "dam_64x64_0.2").map((suite) => ({ suite })),
  customWith(2, false),
  customWith(3, false),
  customWith(2, true),
);

// --- The other parts --------------------------------------------------------------------------

const adam = { b1: real(0, 0.99), b2: real(0, 0.999), epsilon: positive };
const steps = (kind: string, own: Readonly<Record<string, fc.Arbitrary<Json>>>): fc.Arbitrary<JsonObject> =>
  both(all({ kind: fc.constant(kind), learningRate: schedules(positive) }), some({ clipNorm: positive, ...own }));

const free = fc.oneof(
  steps("adam", adam),
  steps("amsgrad", adam),
  steps("adamw", { ...adam, weightDecay: positive }),
  steps("sgd", { momentum: real(0, 0.99) }),
  steps("rmsprop", { rho: real(0, 0.99), momentum: real(0, 0.99), epsilon: positive, centered: fc.boolean() }),
  steps("adagrad", { initialAccumulator: positive, epsilon: positive }),
  both(fc.constant({ kind: "lbfgs" }), some({ memory: fc.integer({ min: 1, max: 30 }), initialStep: positive })),
);

const asymptotic = (bounds: JsonObject): fc.Arbitrary<JsonObject> =>
  fc
    .constantFrom("mma", "gcmma")
    .chain((kind) =>
      both(
        fc.constant({ kind, ...bounds }),
        some({ move: real(0.01, 1), asymptoteInit: real(0.01, 10), asymptoteIncrease: real(1, 2), penalty: positive }),
      ),
    );
const ofPixels = asymptotic({ lower: 0, upper: 1 });
const criteria = both(fc.constant({ kind: "optimalityCriteria" }), some({ move: positive, damping: real(0.1, 1) }));
const lagrangian = both(
  all({ kind: fc.constant("augmentedLagrangian"), inner: free }),
  some({ penalty: real(1, 100), growth: real(1, 10), innerIterations: fc.integer({ min: 1, max: 100 }) }),
);

export const optimizers: fc.Arbitrary<JsonObject> = fc.oneof(free, ofPixels, criteria, lagrangian);

const shared = {
  filter: real(0, 4),
  projection: both(all({ beta: schedules(positive) }), some({ eta: real(0.1, 0.9) })),
  symmetry: fc.constantFrom("left-right", "top-bottom", "both", "all"),
};
const size = fc.integer({ min: 1, max: 40 });
const network = (kind: string, own: Readonly<Record<string, fc.Arbitrary<Json>>>): fc.Arbitrary<JsonObject> =>
  both(fc.constant({ kind }), some({ ...shared, dtype: fc.constantFrom("float32", "float64"), ...own }));
const hidden = fc.array(size, { maxLength: 4 });

export const networks: fc.Arbitrary<JsonObject> = fc.oneof(
  network("siren", { width: size, depth: fc.integer({ min: 1, max: 5 }), omega: positive }),
  network("mlp", { hidden, normalization: fc.constantFrom("none", "layer", "batch", "frozenBatch") }),
  network("fourier", { hidden, features: size, scale: positive }),
);
const decoders = network("cnn", {
  latent: size,
  denseChannels: size,
  kernel: fc.constantFrom(1, 3, 5),
  gain: positive,
});
const pixels = both(fc.constant({ kind: "pixels" }), some({ ...shared, initial: unit }));

const constraint = fc.oneof(
  all({ kind: fc.constant("volume"), sense: fc.constantFrom("<=", ">="), bound: real(0.01, 1) }),
  all({ kind: fc.constant("compliance"), sense: fc.constantFrom("<=", ">="), bound: positive }),
);

const rest = some({
  title: fc.constantFrom("A bracket", "", "Träger <b>&amp;</b> \u{1f309}"),
  volumeFraction: real(0.05, 0.95),
  interpolation: fc.oneof(
    both(fc.constant({ kind: "simp" }), some({ penal: schedules(real(1, 10)), eMin: real(1e-12, 0.1) })),
    both(fc.constant({ kind: "ramp" }), some({ q: real(0, 20) })),
  ),
  stop: some({ iterations: fc.integer({ min: 1, max: 1000 }), change: unit, milliseconds: positive }),
  seed: fc.integer(),
  solver: fc.constantFrom("auto", "direct", "multigrid"),
  threads: fc.integer({ min: 1, max: 8 }),
  output: some({
    every: fc.integer({ min: 1, max: 100 }),
    checkpointEvery: fc.integer({ min: 1, max: 100 }),
    files: fc.subarray(["png", "svg", "apng", "csv", "json", "npy", "vti", "stl", "3mf", "safetensors"]),
    scale: fc.integer({ min: 1, max: 16 }),
  }),
});

const isHeat = (problem: JsonObject): boolean => problem["physics"] === "heat" || problem["name"] === "heatSink";
const isSpatial = (problem: JsonObject): boolean =>
  "nelz" in problem || (typeof problem["mesh"] === "object" && problem["mesh"] !== null && "nelz" in problem["mesh"]);

/** Parameterization, optimizer and constraints that fit; made once, which takes longer than drawing from them. */
const methodsOf = (isPlane: boolean): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    all({
      parameterization: pixels,
      optimizer: fc.oneof(criteria, ofPixels, lagrangian),
      constraints: all({ "only-one": constraint }),
    }),
    all({
      parameterization: pixels,
      optimizer: ofPixels,
      constraints: fc.dictionary(fc.stringMatching(/^v[a-z]{1,5}$/), constraint),
    }),
    both(all({ optimizer: free, constraints: fc.constant({}) }), some({ parameterization: pixels })),
    both(
      all({ optimizer: fc.oneof(criteria, ofPixels, lagrangian), volumeFraction: real(0.1, 0.9) }),
      some({ parameterization: pixels }),
    ),
    all({
      parameterization: isPlane ? fc.oneof(networks, decoders) : networks,
      optimizer: fc.oneof(free, asymptotic({ lower: -2, upper: 3 })),
      volumeFraction: real(0.1, 0.9),
    }),
  );
const [methodsInPlane, methodsInSpace] = [methodsOf(true), methodsOf(false)];

const stress = both(fc.constant({ kind: "stress" }), some({ p: real(1, 20), q: real(0, 2) }));

/** Objectives of a problem. */
const objectives = (problem: JsonObject): fc.Arbitrary<JsonObject> =>
  fc.oneof<fc.Arbitrary<JsonObject>[]>(
    fc.constantFrom({ kind: "compliance" }, { kind: "volume" }),
    ...(isHeat(problem) ? [] : [stress]),
    ...("output" in problem || problem["name"] === "inverter" ? [fc.constant({ kind: "displacement" })] : []),
  );

/** Without what nothing would ask for, and with what has to be said where nothing holds the volume. */
const saidInFull = (file: JsonObject): JsonObject => {
  const { volumeFraction, objective, ...own } = file;
  const { initial, kind = "pixels" } = (own["parameterization"] ?? {}) as JsonObject;
  const isSmallest = (objective as JsonObject | undefined)?.["kind"] === "volume";
  if ("constraints" in own) return initial === undefined ? file : objective === undefined ? own : { ...own, objective };
  if (!isSmallest) return file;
  return kind === "pixels" ? { ...own, volumeFraction: volumeFraction! } : { ...file, constraints: {} };
};

/** A sound file. */
export const files: fc.Arbitrary<JsonObject> = problems.chain((problem) =>
  fc
    .tuple(rest, isSpatial(problem) ? methodsInSpace : methodsInPlane, some({ objective: objectives(problem) }))
    .map(([others, method, goal]): JsonObject => saidInFull({ problem, ...others, ...method, ...goal })),
);
