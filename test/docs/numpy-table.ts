/**
 * The table of names in docs/numpy.md: for every public array function of JAX, ours, the dtypes it takes, whether it
 * has jvp, vjp and vmap, all found by trying one call (sample-calls.ts). Names that do not exist say why.
 */
import { readFileSync } from "node:fs";
import { DataDependentShape, jvp, vjp, vmap } from "cotangent";
import type { DType, NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import * as special from "cotangent/special";
import { commonInputs, listInputs, samples } from "./sample-calls.ts";
import type { Sample } from "./sample-calls.ts";

type Names = Readonly<Record<string, readonly string[]>>;

/** The reference lists; `source` says where they are from. */
export const reference = JSON.parse(
  readFileSync(new URL("../reference/jax-names.json", import.meta.url), "utf8"),
) as Names;

interface Door {
  readonly title: string;
  readonly module: object;
  readonly prefix: string;
}

/** Where the names of a list live here. */
export const doors: Readonly<Record<string, Door>> = {
  numpy: { title: "jax.numpy", module: np, prefix: "np." },
  linalg: { title: "jax.numpy.linalg", module: linalg, prefix: "linalg." },
  nn: { title: "jax.nn", module: nn, prefix: "nn." },
  initializers: { title: "jax.nn.initializers", module: nn.initializers, prefix: "nn.initializers." },
  random: { title: "jax.random", module: random, prefix: "random." },
  "scipy.special": { title: "jax.scipy.special", module: special, prefix: "special." },
  "scipy.signal": { title: "jax.scipy.signal", module: {}, prefix: "" },
};

/** Why a name is absent, and what does its work; others are not written. */
const absences: Readonly<Record<string, string>> = {
  "scipy.signal.convolve": "np.convolve for vectors, nn.conv for images",
  "scipy.signal.correlate": "np.correlate for vectors, nn.conv for images",
  "scipy.signal.convolve2d": "nn.conv of the reversed window",
  "scipy.signal.correlate2d": "nn.conv",
  "scipy.signal.detrend": "np.polyfit and np.polyval give the trend",
  "numpy.roots": "complex in general, and there are no complex dtypes",
};

/** Our name: camelCase, without the underscore at the end. */
export const ours = (name: string): string =>
  name.replace(/_$/, "").replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

// --- Trying -----------------------------------------------------------------------------------

const dtypes: readonly (readonly [DType, string])[] = [
  ["float64", "f64"],
  ["float32", "f32"],
  ["int32", "i32"],
  ["uint32", "u32"],
  ["bool", "bool"],
];

const isArray = (value: unknown): value is NDArray => value instanceof np.NDArray;

const arraysIn = (value: unknown): NDArray[] =>
  Array.isArray(value) ? value.flatMap(arraysIn) : isArray(value) ? [value] : [];

const isFloat = ({ dtype }: NDArray): boolean => dtype.startsWith("float");

const succeeds = (attempt: () => unknown): boolean => {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
};

/** Inputs with all of the first one's dtype in another. */
const inDType = (inputs: readonly NDArray[], dtype: DType): NDArray[] =>
  inputs.map((x) => (x.dtype === inputs[0]!.dtype ? np.ceil(x).astype(dtype) : x));

const sampleOf = (list: string, name: string, f: (...args: never[]) => unknown): Sample | null => {
  const stated = samples[list]?.[name] ?? listInputs[list]?.(f);
  if (stated !== undefined) return stated;
  const call = f as unknown as (...arrays: readonly NDArray[]) => unknown;
  const inputs = commonInputs.find((each) => {
    try {
      return arraysIn(call(...each)).length > 0;
    } catch {
      return false;
    }
  });
  return inputs === undefined ? null : [call, ...inputs];
};

interface Facts {
  readonly dtypes: string;
  readonly jvp: string;
  readonly vjp: string;
  readonly vmap: string;
}

const nothing: Facts = { dtypes: "", jvp: "", vjp: "", vmap: "" };

/** What holds of one call; the floats among its inputs are varied. */
const factsOf = ([call, ...inputs]: Sample): Facts => {
  if (inputs.length === 0) return nothing;
  const taken = dtypes.filter(([dtype]) => succeeds(() => call(...inDType(inputs, dtype)))).map(([, short]) => short);
  const floats = inputs.flatMap((x, k) => (isFloat(x) ? [k] : []));
  const varied = (...given: NDArray[]): NDArray[] => {
    const all = [...inputs];
    floats.forEach((position, k) => (all[position] = given[k]!));
    return arraysIn(call(...all)).filter(isFloat);
  };
  const primals = floats.map((k) => inputs[k]!);
  const isDifferentiable = floats.length > 0 && varied(...primals).length > 0;
  const answer = (attempt: () => unknown): string => (!isDifferentiable ? "-" : succeeds(attempt) ? "yes" : "no");
  return {
    dtypes: taken.join(" "),
    jvp: answer(() => jvp(varied, primals, primals)),
    vjp: answer(() => {
      const [out, pullback] = vjp(varied, ...primals);
      return pullback(out);
    }),
    vmap: mappedAnswer(call, inputs),
  };
};

const mappedAnswer = (call: Sample[0], inputs: readonly NDArray[]): string => {
  try {
    vmap((...rows: NDArray[]) => arraysIn(call(...rows)))(...inputs.map((x) => np.stack([x, x])));
    return "yes";
  } catch (error) {
    return error instanceof DataDependentShape ? "with size" : "no";
  }
};

// --- The page ---------------------------------------------------------------------------------

/** One name of a reference list and what was found. */
export interface Row extends Facts {
  readonly list: string;
  readonly name: string;
  readonly exists: boolean;
  readonly note: string;
}

/** The first of the list's names that is the same function. */
const aliasNote = (list: string, module: object, name: string): string => {
  const members = module as Record<string, unknown>;
  const f = members[ours(name)];
  const first = reference[list]!.find((each) => members[ours(each)] === f)!;
  return first === name ? "" : `same as ${ours(first)}`;
};

const rowOf = (list: string, name: string): Row => {
  const { module } = doors[list]!;
  const member = (module as Record<string, unknown>)[ours(name)];
  const shared = { list, name };
  if (member === undefined)
    return { ...shared, ...nothing, exists: false, note: absences[`${list}.${name}`] ?? "not written" };
  if (typeof member !== "function") return { ...shared, ...nothing, exists: true, note: "a constant" };
  const sample = sampleOf(list, ours(name), member as (...args: never[]) => unknown);
  if (sample === null) throw new Error(`${list}.${ours(name)} has no sample: add one to test/docs/sample-calls.ts`);
  const note = [aliasNote(list, module, name), ...(sample.length === 1 ? ["no array arguments"] : [])];
  return { ...shared, ...factsOf(sample), exists: true, note: note.filter((part) => part !== "").join("; ") };
};

/** All rows, in the order of the lists. */
export const allRows = (): Row[] =>
  Object.keys(doors).flatMap((list) => reference[list]!.map((name) => rowOf(list, name)));

const line = (row: Row): string => {
  const { prefix } = doors[row.list]!;
  const here = row.exists ? `\`${prefix}${ours(row.name)}\`` : "absent";
  return `| \`${row.name}\` | ${here} | ${row.dtypes} | ${row.jvp} | ${row.vjp} | ${row.vmap} | ${row.note} |`;
};

const section = (list: string, rows: readonly Row[]): string => {
  const existing = rows.filter(({ exists }) => exists).length;
  return [
    `## ${doors[list]!.title}`,
    "",
    `${existing} of ${rows.length} names.`,
    "",
    "| name | here | dtypes | jvp | vjp | vmap | note |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows.map(line),
    "",
  ].join("\n");
};

/** The page docs/numpy.md. */
export const numpyTable = (rows: readonly Row[] = allRows()): string =>
  [
    "# Names",
    "",
    "The public array functions of JAX 0.11, and what stands behind each name here; ours are the same in camelCase. Left out are complex and",
    "low-precision dtypes, files and what concerns Python alone. Made by `npm run docs:numpy`, which calls every function; a test keeps it true.",
    "",
    "`dtypes`: what the first argument may be (f64 is the default). `jvp` and `vjp`: whether the derivative exists in forward and reverse mode;",
    "`-` where inputs or results are no floats. `vmap`: `with size` where the shape of the result depends on values, and is given as the option",
    "`size`. What JAX writes otherwise is not listed: `x.at(...)`, `np.slice`, `np.segmentSum`, `np.dynamicSlice` and others.",
    "",
    ...Object.keys(doors).map((list) =>
      section(
        list,
        rows.filter((row) => row.list === list),
      ),
    ),
  ].join("\n");
