/** Laws of the decoders that the schema of problem files is made of, on random ones. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { isLeft } from "../../src/fp.ts";
import { parseJson } from "../../cli/json/index.ts";
import { flag, list, number, refine, tuple, whole, word } from "../../cli/problem-file/decoder.ts";
import type { Decoder } from "../../cli/problem-file/decoder.ts";
import { map, optional, record, required, withDefault } from "../../cli/problem-file/records.ts";
import type { Json, JsonObject } from "./problem-file-arbitraries.ts";
import { changedAt, placesIn, writePath } from "./problem-file-paths.ts";

/** A decoder with values that it accepts, and which it leaves as they are. */
interface Sample {
  readonly decoder: Decoder<Json>;
  readonly values: fc.Arbitrary<Json>;
}

const ranges = fc
  .tuple(fc.integer({ min: -9, max: 9 }), fc.nat({ max: 9 }))
  .map(([least, width]) => ({ least, most: least + width }));

const { sample: samples } = fc.letrec<{
  sample: Sample;
  leaf: Sample;
  list: Sample;
  pair: Sample;
  record: Sample;
  map: Sample;
}>((tie) => ({
  sample: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("leaf"),
    tie("list"),
    tie("pair"),
    tie("record"),
    tie("map"),
  ),
  leaf: fc.oneof(
    ranges.map((range): Sample => ({
      decoder: whole(range),
      values: fc.integer({ min: range.least, max: range.most }),
    })),
    ranges.map((range): Sample => ({
      decoder: number(range),
      values: fc.double({ min: range.least, max: range.most, noNaN: true }).map((value) => value + 0),
    })),
    fc.constant<Sample>({ decoder: flag, values: fc.boolean() }),
    fc.constant<Sample>({ decoder: word(["one", "two"]), values: fc.constantFrom("one", "two") }),
  ),
  list: tie("sample").map((own): Sample => ({
    decoder: list(own.decoder, 0, 3),
    values: fc.array(own.values, { maxLength: 3 }),
  })),
  pair: fc.tuple(tie("sample"), tie("sample")).map(([one, other]): Sample => ({
    decoder: tuple("a pair", one.decoder, other.decoder),
    values: fc.tuple(one.values, other.values),
  })),
  record: fc.tuple(tie("sample"), tie("sample")).map(([one, other]): Sample => ({
    decoder: record<{ a: Json; b?: Json }>({
      a: required(one.decoder, "first"),
      b: optional(other.decoder, "second"),
    }) as Decoder<Json>,
    values: fc.record({ a: one.values, b: other.values }, { requiredKeys: ["a"] }) as fc.Arbitrary<Json>,
  })),
  map: tie("sample").map((own): Sample => ({
    decoder: map(own.decoder, "^[a-z]+$", "a record", 5),
    values: fc.dictionary(fc.stringMatching(/^x[a-z]{1,3}$/), own.values, { maxKeys: 3 }),
  })),
}));

const cases = samples.chain(({ decoder, values }) => values.map((value) => ({ decoder, value })));

const decode = <T>(decoder: Decoder<T>, value: Json): ReturnType<Decoder<T>["decode"]> => {
  const json = parseJson(JSON.stringify(value));
  if (isLeft(json)) throw new Error(json.left.message);
  return decoder.decode(json.right, []);
};

const pathsOf = (decoder: Decoder<unknown>, value: Json): readonly string[] => {
  const own = decode(decoder, value);
  return isLeft(own) ? own.left.map(({ path }) => path) : [];
};

describe("random decoders", () => {
  test.prop([cases], { numRuns: 250 })("leave the values that they accept as they are", ({ decoder, value }) => {
    const own = decode(decoder, value);
    expect(own).toEqual({ _tag: "Right", right: value });
  });

  test.prop([cases, fc.array(fc.nat(), { minLength: 1, maxLength: 5 })], { numRuns: 250 })(
    "report n nulls that are not inside each other as n faults at their places",
    ({ decoder, value }, seeds) => {
      const places = placesIn(value).map(([path]) => path);
      const chosen = seeds.map((seed) => places[seed % places.length]!);
      const isInside = (path: readonly unknown[], other: readonly unknown[]): boolean =>
        path.length > other.length && other.every((key, k) => path[k] === key);
      const apart = [...new Set(chosen)].filter((path) => !chosen.some((other) => isInside(path, other)));
      const changed = apart.reduce<Json>((own, path) => changedAt(own, path, () => null), value);
      expect([...pathsOf(decoder, changed)].sort()).toEqual(apart.map(writePath).sort());
    },
  );

  test.prop([cases])("say of a value that is refused what is allowed in its place", ({ decoder }) => {
    const own = decode(decoder, null);
    expect(isLeft(own) && own.left[0].message).toMatch(/^null is not ./);
  });
});

describe("records", () => {
  const fields = { a: required(whole(), "a"), b: withDefault(whole(), 7, "b"), c: optional(whole(), "c") };
  const own = record<{ a: number; b: number; c?: number }>(fields);

  test("fill in what has a default and leave out what is optional", () => {
    expect(decode(own, { a: 1 })).toEqual({ _tag: "Right", right: { a: 1, b: 7 } });
    expect(decode(own, { c: 3, b: 2, a: 1 })).toEqual({ _tag: "Right", right: { a: 1, b: 2, c: 3 } });
  });

  test.prop([fc.dictionary(fc.stringMatching(/^[d-z]{1,5}$/), fc.integer(), { maxKeys: 6 })])(
    "refuse every unknown key, beside all other faults",
    (others) => {
      const unknown = Object.keys(others);
      expect([...pathsOf(own, { ...others, c: "x" } as JsonObject)].sort()).toEqual([...unknown, "a", "c"].sort());
    },
  );
});

test.prop([fc.integer(), fc.integer()])("a further condition is asked of sound values only", (value, bound) => {
  const own = refine(whole({ least: 0 }), "", (seen) => (seen > bound ? `${seen} is above ${bound}` : null));
  expect(pathsOf(own, value).length).toBe(value < 0 || value > bound ? 1 : 0);
});
