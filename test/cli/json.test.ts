/** The JSON reader against JSON.parse, and what it says of texts that are not JSON. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { jsonLimits, parseJson } from "../../cli/json/index.ts";
import type { JsonFault, JsonNode } from "../../cli/json/index.ts";
import { isLeft } from "../../src/fp.ts";

const read = (text: string): JsonNode => {
  const own = parseJson(text);
  if (isLeft(own)) throw new Error(`${own.left.code}: ${own.left.message}`);
  return own.right;
};

const faultOf = (text: string): JsonFault => {
  const own = parseJson(text);
  if (isLeft(own)) return own.left;
  throw new Error(`accepted: ${text.slice(0, 80)}`);
};

const plain = (node: JsonNode): unknown => {
  if (node.kind === "list") return node.items.map(plain);
  if (node.kind === "record")
    return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
  return node.value;
};

/** Equal to the bit: JSON.stringify tells keys and their order, Object.is the sign of 0. */
const sameValue = (one: unknown, other: unknown): boolean => {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null)
    return Object.is(one, other);
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === others.length &&
    keys.every((key, k) => others[k] === key && sameValue(Reflect.get(one, key), Reflect.get(other, key)))
  );
};

const parsed = (text: string): { readonly value: unknown } | null => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
};

const keys = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "toString", "0", "a", ""),
  fc.string({ unit: "binary" }),
);
const numbers = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
const { json: documents } = fc.letrec<{ json: unknown; list: unknown[]; record: Record<string, unknown> }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(numbers, fc.boolean(), fc.constant(null), fc.string({ unit: "binary" })),
    tie("list"),
    tie("record"),
  ),
  list: fc.array(tie("json"), { maxLength: 5 }),
  record: fc
    .uniqueArray(fc.tuple(keys, tie("json")), { maxLength: 5, selector: ([key]) => key })
    .map((entries) => Object.fromEntries(entries) as Record<string, unknown>),
}));
const texts = fc
  .tuple(documents, fc.constantFrom(undefined, 1, 2, "\t", "\r\n  ".trim()))
  .map(([value, space]) => JSON.stringify(value, null, space));

const characters = fc.oneof(
  fc.constantFrom(..."{}[]\",:'0123456789+-.eEtrufalsn/\\ \n\r\t\b\u00a0\ufeff\u2028"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
);

/** One character put in, taken out, or replaced. */
const mutated = fc
  .tuple(texts, fc.nat(), characters, fc.constantFrom("insert", "remove", "replace"))
  .map(([text, seed, character, change]) => {
    const at = seed % (text.length + 1);
    const rest = change === "insert" ? at : at + 1;
    return text.slice(0, at) + (change === "remove" ? "" : character) + text.slice(rest);
  });

const stricter: readonly JsonFault["code"][] = ["duplicate key", "number too large", "number too small"];

describe("agreement with JSON.parse", () => {
  test.prop([texts], { numRuns: 500 })("what JSON.parse reads, it reads as the same value", (text) => {
    expect(sameValue(plain(read(text)), JSON.parse(text))).toBe(true);
  });

  test.prop([mutated], { numRuns: 3000 })(
    "a text with one wrong character is refused exactly where JSON.parse refuses it, or for a documented reason",
    (text) => {
      const own = parseJson(text);
      const other = parsed(text);
      if (isLeft(own)) expect(other === null || stricter.includes(own.left.code)).toBe(true);
      else expect(other !== null && sameValue(plain(own.right), other.value)).toBe(true);
    },
  );

  const numerals = fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/);
  test.prop([numerals], { numRuns: 1000 })(
    "numbers are those of JavaScript unless they overflow or vanish",
    (numeral) => {
      const own = parseJson(numeral);
      const value = Number(numeral);
      const mantissa = numeral.split(/[eE]/)[0]!;
      if (!Number.isFinite(value)) expect(isLeft(own) && own.left.code).toBe("number too large");
      else if (value === 0 && /[1-9]/.test(mantissa)) expect(isLeft(own) && own.left.code).toBe("number too small");
      else expect(Object.is(plain(read(numeral)), value)).toBe(true);
    },
  );
});

/** Offset of a line and column. */
const offsetOf = (text: string, { line, column }: { readonly line: number; readonly column: number }): number => {
  const starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
  return starts[line - 1]! + column - 1;
};

describe("places", () => {
  test.prop([texts], { numRuns: 300 })("every value and every key stands where its place says", (text) => {
    const pending: JsonNode[] = [read(text)];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      const rest = text.slice(offsetOf(text, node));
      if (node.kind === "list") {
        expect(rest[0]).toBe("[");
        pending.push(...node.items);
      } else if (node.kind === "record") {
        expect(rest[0]).toBe("{");
        for (const [key, entry] of node.entries) {
          expect(text.slice(offsetOf(text, entry))).toSatisfy((own: string) => own.startsWith(JSON.stringify(key)));
          pending.push(entry.value);
        }
      } else expect(rest.startsWith(JSON.stringify(node.value))).toBe(true);
    }
  });

  test.prop([texts.filter((text) => /^[[{]/.test(text)), fc.nat()], { numRuns: 500 })(
    "the beginning of a record or list is truncated, at its end",
    (text, seed) => {
      const cut = text.slice(0, seed % text.length);
      const { code, ...place } = faultOf(cut);
      expect(code).toBe("truncated");
      expect(offsetOf(cut, place)).toBe(cut.length);
    },
  );

  test("lines end with a line feed, a carriage return or both", () => {
    expect(read('\r\n\n\r {"a":\r\n 1}')).toMatchObject({ line: 4, column: 2 });
    expect(faultOf('{\r\n  "a": 1,\r\n  "b": x\r\n}')).toMatchObject({ line: 3, column: 8, path: ["b"] });
  });
});

const table: readonly (readonly [text: string, code: JsonFault["code"], line: number, column: number, says: string])[] =
  [
    ["", "truncated", 1, 1, "the file ends"],
    ["  \n ", "truncated", 2, 2, "the file ends"],
    ['{"a": [1, 2', "truncated", 1, 12, "inside the list that begins at line 1, column 7"],
    ['{"a"', "truncated", 1, 5, "a colon"],
    ['{"a": "bc', "truncated", 1, 10, "inside a text"],
    ['"\\u12', "truncated", 1, 6, "inside a text"],
    ["-", "truncated", 1, 2, "inside a number"],
    ["1e+", "truncated", 1, 4, "inside a number"],
    ["fals", "truncated", 1, 5, "inside the word fals"],
    ['{"a": 1,}', "trailing comma", 1, 8, "a comma before }"],
    ["[1, 2,\n]", "trailing comma", 1, 6, "a comma before ]"],
    ["[,1]", "unexpected character", 1, 2, '"," stands where a value is expected'],
    ["[1 2]", "unexpected character", 1, 4, "2 stands where a comma or ] is expected"],
    ['{"a" 1}', "unexpected character", 1, 6, "1 stands where a colon is expected"],
    ["[1}", "unexpected character", 1, 3, "a comma or ]"],
    ['{"a": 1 // one\n}', "comment", 1, 9, "JSON has no comments"],
    ["/* all */ {}", "comment", 1, 1, "JSON has no comments"],
    ["{} # end", "comment", 1, 4, "JSON has no comments"],
    ["\ufeff{}", "byte order mark", 1, 1, "save the file as UTF-8 without it"],
    ['{"a": 1,\n "b": 2,\n "a": 3}', "duplicate key", 3, 2, "first at line 1, column 2, then here"],
    ["{'a': 1}", "single quotes", 1, 2, 'double quotes (")'],
    ['{"a": \u201cb\u201d}', "single quotes", 1, 7, "double quotes"],
    ["{a: 1}", "bare word", 1, 2, "a stands where a key in double quotes is expected"],
    ["[True]", "bare word", 1, 2, "write true"],
    ["[undefined]", "bare word", 1, 2, "write null"],
    ["[NaN]", "not finite", 1, 2, "JSON has no NaN"],
    ["[-Infinity]", "not finite", 1, 2, "JSON has no -Infinity"],
    ["[Infinity]", "not finite", 1, 2, "JSON has no Infinity"],
    ["[1e999]", "number too large", 1, 2, "1e999 is beyond float64"],
    ["[-1e309]", "number too large", 1, 2, "-1e309 is beyond float64"],
    ["[1e-400]", "number too small", 1, 2, "1e-400 is 0 in float64"],
    ["[-0.00001e-400]", "number too small", 1, 2, "is 0 in float64"],
    ["[01]", "malformed number", 1, 2, "01 is no number of JSON"],
    ["[+1]", "malformed number", 1, 2, "+1 is no number of JSON"],
    ["[.5]", "malformed number", 1, 2, ".5 is no number of JSON"],
    ["[5.]", "malformed number", 1, 2, "5. is no number of JSON"],
    ["[0x10]", "malformed number", 1, 2, "0x10 is no number of JSON"],
    ["[1_000]", "malformed number", 1, 2, "1_000 is no number of JSON"],
    ["[10px]", "malformed number", 1, 2, "10px is no number of JSON"],
    ['"a\nb"', "control character", 1, 3, "ends on the line that it begins on"],
    ['"a\tb"', "control character", 1, 3, "U+0009"],
    ['"\\x41"', "malformed escape", 1, 2, "one of"],
    ['"\\u00g0"', "malformed escape", 1, 2, "four hexadecimal digits"],
    ["{\u00a0}", "unknown blank", 1, 2, "U+00A0"],
    ["{} {}", "trailing text", 1, 4, "a file holds one"],
    ["[\u0000]", "unexpected character", 1, 2, "U+0000"],
  ];

describe("what is not JSON (faults 89, 91)", () => {
  test.each(table)("%j is refused: %s", (text, code, line, column, says) => {
    const fault = faultOf(text);
    expect(fault).toMatchObject({ code, line, column });
    expect(fault.message).toContain(says);
  });

  test("a fault knows the keys and indices that lead to it", () => {
    expect(faultOf('{"a": [1, {"b": 1e999}]}').path).toEqual(["a", 1, "b"]);
    expect(faultOf('{"a": {"b": 1, "b": 2}}').path).toEqual(["a", "b"]);
    expect(faultOf('{"a": {"b": 1, c: 2}}').path).toEqual(["a"]);
  });

  test("-0 is a number, and so are subnormal ones and halves of surrogate pairs text", () => {
    expect(plain(read("-0"))).toBe(-0);
    expect(plain(read("5e-324"))).toBe(5e-324);
    expect(plain(read(String.raw`"\ud800"`))).toBe("\ud800");
  });
});

describe("limits (fault 94)", () => {
  const milliseconds = (run: () => unknown): number => {
    const start = performance.now();
    run();
    return performance.now() - start;
  };

  test("1e5-deep nesting is refused by the depth cap, of lists and of records", () => {
    for (const opening of ["[", '{"a":'])
      expect(faultOf(opening.repeat(100_000))).toMatchObject({
        code: "too deep",
        line: 1,
        column: jsonLimits.depth * opening.length + 1,
      });
    const deepest = "[".repeat(jsonLimits.depth) + "]".repeat(jsonLimits.depth);
    expect(read(deepest).kind).toBe("list");
    expect(faultOf(`[${deepest}]`).code).toBe("too deep");
  });

  test("a file of hundreds of megabytes is refused before it is read", () => {
    for (const text of [`"${"x".repeat(2 ** 28)}"`, `{${'"a":1,'.repeat(10_000_000)}`]) {
      expect(milliseconds(() => expect(faultOf(text).code).toBe("too long"))).toBeLessThan(50);
      expect(faultOf(text).message).toContain(`the limit is ${jsonLimits.characters}`);
    }
    expect(faultOf(" ".repeat(jsonLimits.characters + 1)).code).toBe("too long");
    expect(faultOf(" ".repeat(jsonLimits.characters)).code).toBe("truncated");
  });

  test("keys are counted over all records", () => {
    const file = (count: number): string => `[${Array.from({ length: count }, (_, k) => `{"k${k}":0}`).join(",")}]`;
    expect(read(file(jsonLimits.keys)).kind).toBe("list");
    expect(faultOf(file(jsonLimits.keys + 1)).code).toBe("too many keys");
  });

  test("a text longer than the limit is refused at its beginning", () => {
    expect(read(`"${"x".repeat(jsonLimits.text - 1)}"`).kind).toBe("text");
    expect(faultOf(`[ "${"x".repeat(jsonLimits.text + 1)}"]`)).toMatchObject({ code: "text too long", column: 3 });
  });

  test("a million digits or blanks, or 1e5 list entries, take less than a second", () => {
    for (const text of ["1".repeat(1_000_000), " ".repeat(1_000_000) + "1", `[${"0,".repeat(100_000)}0]`])
      expect(milliseconds(() => parseJson(text))).toBeLessThan(1000);
  });
});

test("keys that objects inherit are ordinary keys, and no prototype changes (fault 95)", () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const node = read('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}, "toString": 3}');
  expect(node.kind === "record" && [...node.entries.keys()]).toEqual(["__proto__", "constructor", "toString"]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
});
