/**
 * Laws of the prebuilt random numbers: every form equals kernels/threefry.ts to the bit, for any number of keys and counters,
 * in one call or in several that share it; JAX's known words come out.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type PrebuiltCall, type PrebuiltModule, instantiate } from "../../kernels/prebuilt/module.ts";
import { setLeastSharedTime } from "../../kernels/prebuilt/shares.ts";
import { type RandomForm, planCipher, planThreefry } from "../../kernels/prebuilt/threefry.ts";
import { fillPairs, fillUnits, fillWords } from "../../kernels/threefry.ts";
import { threefry } from "../../ops/random-bits.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { Primitive } from "../../src/ir/primitive.ts";
import { disassemble } from "../kernels/assembler/disassemble.ts";
import { kernelDifference } from "./against-evaluate.ts";

const memory = new WebAssembly.Memory({ initial: 8 });
const noise = 0xa5;
const keysAt = 16;
const forms = ["words", "pairs", "float32", "float64"] as const;

/** Elements of the result for each counter, and its array type. */
const arrayOf = { words: Uint32Array, pairs: Uint32Array, float32: Float32Array, float64: Float64Array } as const;

const wanted = (form: RandomForm, keys: Uint32Array, count: number) => {
  const width = form === "pairs" ? 2 : 1;
  const out = new arrayOf[form]((keys.length / 2) * count * width);
  for (let k = 0; k < keys.length / 2; k++) {
    const [first, second, at] = [keys[2 * k]!, keys[2 * k + 1]!, k * count * width];
    if (form === "words") fillWords(first, second, count, out as Uint32Array, at);
    else if (form === "pairs") fillPairs(first, second, count, out as Uint32Array, at);
    else fillUnits(first, second, count, out as Float64Array, at);
  }
  return out;
};

/** What the calls write, between two stretches of noise that must remain. */
const run = (
  module: PrebuiltModule,
  calls: readonly PrebuiltCall[],
  form: RandomForm,
  keys: Uint32Array,
  length: number,
) => {
  const { run: compute } = instantiate(module, memory);
  const bytes = new Uint8Array(memory.buffer).fill(noise);
  new Uint32Array(memory.buffer, keysAt, keys.length).set(keys);
  const item = arrayOf[form].BYTES_PER_ELEMENT;
  // The result ends with the memory: what lies beyond traps.
  const result = memory.buffer.byteLength - length * item;
  for (const call of calls) compute!(...call.args({ operands: [keysAt], results: [result], scratch: 0 }));
  expect(bytes.subarray(result - 64, result).every((byte) => byte === noise)).toBe(true);
  return new arrayOf[form](memory.buffer.slice(result));
};

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test("every form gives the bits of the TypeScript kernel, key by key", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...forms),
      fc.array(fc.tuple(word, word), { maxLength: 4 }),
      fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3000 })),
      (form, pairs, count) => {
        const keys = Uint32Array.from(pairs.flat());
        const expected = wanted(form, keys, count);
        const { module, call } = planThreefry(form, pairs.length, count);
        expect(run(module, [call], form, keys, expected.length)).toEqual(expected);
      },
    ),
    { numRuns: 200 },
  );
});

test("the cipher gives every key its own counter's words", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word, word, word), { maxLength: 11 }), (quads) => {
      const keys = fromBuffer(Uint32Array.from(quads.flatMap(([x, y]) => [x, y])), [quads.length, 2], "uint32");
      const counters = fromBuffer(Uint32Array.from(quads.flatMap(([, , x, y]) => [x, y])), [quads.length, 2], "uint32");
      expect(kernelDifference(threefry.primitive as Primitive, [keys, counters])).toBe("");
    }),
  );
});

test("parts of a call make the whole, in any order", () => {
  const keys = Uint32Array.of(1, 2, 3, 4);
  for (const form of forms)
    for (const threads of [2, 3]) {
      const count = 20_001 + threads;
      const expected = wanted(form, keys, count);
      const { module, call } = planThreefry(form, 2, count);
      const parts = call.parts!(threads);
      expect(parts).toHaveLength(threads);
      expect(run(module, parts.toReversed(), form, keys, expected.length)).toEqual(expected);
    }
});

test("few numbers are not shared", () => {
  setLeastSharedTime();
  expect(planThreefry("words", 1, 100).call.parts!(4)).toHaveLength(1);
});

test("66: the known words of key 0 and counter 0", () => {
  const { module, call } = planThreefry("pairs", 1, 1);
  expect([...run(module, [call], "pairs", Uint32Array.of(0, 0), 2)]).toEqual([0x6b200159, 0x99ba4efe]);
});

test("the modules are valid", () => {
  for (const form of forms) expect(disassemble(planThreefry(form, 1, 1).module.build())).toContain('(export "run"');
  expect(disassemble(planCipher(1).module.build())).toContain('(export "run"');
});
