/**
 * Random programs: applications of primitives, drawn from their own samples, and calls with inner programs; operands are
 * earlier values, fitted (program-builder.ts). Half of the time the primitive with the emptiest quota comes next.
 */
import { NotDifferentiable } from "../../../src/error.ts";
import { isFloat } from "../../../src/array/dtype.ts";
import { sizeOf } from "../../../src/array/shape.ts";
import type { InputSpec, LawCase, Params, Primitive } from "../../../src/ir/primitive.ts";
import { zero } from "../../../src/ir/primitive.ts";
import { newMark } from "../../../src/ir/tracer.ts";
import { hasSample, typesOf } from "./cases.ts";
import type { Uniform } from "../chance.ts";
import { drawArray, uniform } from "../chance.ts";
import type { OwnPrimitive, Program } from "./program.ts";
import { argumentsOf, functionOf, pruned } from "./program.ts";
import type { Builder } from "./program-builder.ts";
import { attempt, createBuilder, known, operandFor, sizeBound, vocabularyOf } from "./program-builder.ts";
import { recordedCase } from "./program-case.ts";
import { calls } from "./program-calls.ts";
import { recipes } from "./program-recipes.ts";
import type { Quota } from "./quota.ts";
import { appearances, successes } from "./quota.ts";

/** Names of the library's primitives that programs are made of: those with samples or recipes. */
export const sampledNames: readonly string[] = [...known.values()]
  .filter((primitive) => hasSample(primitive) || Object.hasOwn(recipes, primitive.name))
  .map(({ name }) => name);

export interface GeneratorSettings {
  /** Primitives to draw from. */
  readonly names: readonly string[];
  readonly own: Readonly<Record<string, OwnPrimitive>> | undefined;
  /** Largest number of applications beside the fitting of their operands. */
  readonly maxLength: number;
  /** How deep calls may hold inner programs. */
  readonly depth: number;
  readonly quota: Quota;
}

/** Operands that a primitive refuses to be differentiated by, though it can be by others; asked once. */
const refusals = new WeakMap<Primitive, readonly boolean[]>();

/** Such operands are closed over instead of being arguments: differences would see them vary. */
const refusedOperands = (primitive: Primitive, { inputs: specs, params }: LawCase<Params>): readonly boolean[] => {
  const known = refusals.get(primitive);
  if (known !== undefined && known.length === specs.length) return known;
  const inputs = specs.map((spec, k) => drawArray(uniform(k), spec));
  const refuses = (position: number): boolean => {
    const tangents = inputs.map((x, k) => (k === position ? x : zero(x)));
    try {
      primitive.jvp(inputs, tangents, params, { mark: newMark("a random program") });
      return false;
    } catch (error) {
      if (error instanceof NotDifferentiable) return true;
      throw error;
    }
  };
  const refused = inputs.map((x, k) => isFloat(x.dtype) && refuses(k));
  const answers = inputs.some((x, k) => isFloat(x.dtype) && !refused[k]!);
  const own = answers ? refused : refused.map(() => false);
  refusals.set(primitive, own);
  return own;
};

/** Applies the primitive to fitted operands, or as its recipe says; null where that gives no tame value. */
const addApplication = (builder: Builder, name: string): number | null =>
  attempt(builder, () => {
    const recipe = Object.hasOwn(recipes, name) ? recipes[name]! : null;
    if (recipe !== null && (!hasSample(builder.find(name)) || builder.pick.integer(0, 1) === 0)) return recipe(builder);
    const { inputs, params, choices } = recordedCase(builder.find(name), builder.pick);
    if (inputs.some(({ shape }) => sizeOf(shape) > sizeBound)) return null;
    const primitive = builder.find(name);
    const refused = refusedOperands(primitive, { inputs, params });
    const operands = inputs.map((spec, k) => (refused[k]! ? builder.constant(spec) : operandFor(builder, spec)));
    const types = typesOf(
      primitive,
      operands.map((k) => builder.values[k]!),
      params,
    );
    const output = types.length > 1 ? builder.pick.integer(0, types.length - 1) : 0;
    return builder.push({ kind: "apply", primitive: name, operands, params, output, outputs: types.length, choices });
  });

/** Types and domains of a program's inputs, as specs for the operands of a call. */
const specsOf = ({ instructions }: Program): readonly InputSpec[] =>
  instructions.flatMap((instruction) =>
    instruction.kind === "input"
      ? [{ shape: instruction.shape, dtype: instruction.dtype, domain: instruction.domain }]
      : [],
  );

/** A call with a small inner program; null where it cannot be made. */
const addCall = (builder: Builder, settings: GeneratorSettings): number | null => {
  const { pick, random, find } = builder;
  const name = settings.quota.choose(random, Object.keys(calls));
  settings.quota.record(name, appearances);
  const call = calls[name]!;
  const inner = generateProgram({ ...settings, maxLength: 2, depth: settings.depth - 1 }, random, true);
  const inputs = specsOf(inner);
  const [output] = functionOf(inner, find)(...argumentsOf(inner));
  const isSmooth = inputs.every(({ dtype, shape }) => dtype === "float64" && !shape.includes(0));
  if (inputs.length === 0 || (call.isDerivative && !(isSmooth && output!.dtype === "float64" && output!.size > 0)))
    return null;
  const place = attempt(builder, () => {
    const own = call.settings(pick, inputs);
    const wanted = call.operands(inputs, own);
    if (wanted.some(({ shape }) => sizeOf(shape) > sizeBound)) return null;
    const operands = wanted.map((spec) => operandFor(builder, spec));
    return builder.push({ kind: "call", call: name, programs: [inner], operands, settings: own });
  });
  if (place !== null) settings.quota.record(name, successes);
  return place;
};

/** Every result that no later step uses, and a float where there is one, so that derivatives have something to say. */
const chooseOutputs = ({ instructions, values, hidden }: Builder, places: readonly number[]): number[] => {
  const used = new Set(instructions.flatMap((step) => ("operands" in step ? step.operands : [])));
  const outputs = places.filter((k) => !used.has(k));
  const isSmooth = (k: number): boolean => values[k]!.dtype === "float64" && values[k]!.size > 0;
  const float = values.findLastIndex(
    (_, k) => isSmooth(k) && !hidden.has(k) && instructions[k]!.kind !== "constant" && !outputs.includes(k),
  );
  return outputs.some(isSmooth) || float < 0 ? outputs : [float, ...outputs];
};

/** Argument of a program that would have none otherwise. */
const anyNumbers: InputSpec = { shape: [2], dtype: "float64", domain: { low: -1, high: 1 } };

/** One random program; `isInner` gives it one output, the last. */
export const generateProgram = (settings: GeneratorSettings, random: Uniform, isInner = false): Program => {
  const builder = createBuilder(vocabularyOf(settings.own), random);
  const { pick } = builder;
  const length = pick.integer(1, settings.maxLength);
  const places: number[] = [];
  for (let attempts = 0; places.length < length && attempts < 12 * length; attempts++) {
    const place =
      settings.depth > 0 && pick.integer(0, 4) === 0
        ? addCall(builder, settings)
        : addApplication(builder, chooseName(settings, random));
    if (place !== null) places.push(place);
  }
  if (places.length === 0) places.push(builder.input(anyNumbers));
  const outputs = chooseOutputs(builder, places).slice(isInner ? -1 : 0);
  const whole: Program = { instructions: builder.instructions, outputs };
  const { program } = pruned(settings.own === undefined ? whole : { ...whole, own: settings.own });
  if (program.instructions.some(({ kind }) => kind === "input")) return program;
  const place = builder.apply("sin", [builder.input(anyNumbers)]);
  return pruned({
    ...program,
    instructions: builder.instructions,
    outputs: [place, ...outputs].slice(0, isInner ? 1 : undefined),
  }).program;
};

/** Mostly the primitive with the emptiest quota. */
const chooseName = ({ names, quota }: GeneratorSettings, random: Uniform): string => {
  const name = random() < 0.75 ? quota.choose(random, names) : names[Math.floor(random() * names.length)]!;
  quota.record(name, appearances);
  return name;
};
