/**
 * Loops on lanes give the bits of loops one by one, however operands are seen, and touch no memory that is not theirs:
 * elements are read and written in a memory that ends with the frame.
 */
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bufferOf } from "../../src/array/ndarray.ts";
import { encodeProgram } from "../../src/backend/wasm.ts";
import { buildProgram } from "../../src/compile/program.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { lanePrograms } from "./lane-programs.ts";
import { programs, runOn } from "./programs.ts";
import type { RandomProgram } from "./programs.ts";

// A fallback would compare the interpreter with itself.
beforeAll(() =>
  setNoticeListener((_code, text) => {
    throw new Error(text);
  }),
);
afterAll(() => setNoticeListener(null));

const pageBytes = 65536;

/** Runs the nests of a program on a frame after which the memory ends. */
const runAtTheEnd = ({ jaxpr, inputs }: RandomProgram): void => {
  const program = buildProgram(jaxpr);
  const { offsets, bytes } = program.plan;
  const encoded = encodeProgram(program);
  if (encoded.routines.length > 0 || encoded.kernels.length > 0) return;
  const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / pageBytes)) });
  const base = memory.buffer.byteLength - bytes;
  inputs.forEach((input, k) => {
    const { buffer, byteOffset, byteLength } = bufferOf(input);
    if (offsets[k]! >= 0)
      new Uint8Array(memory.buffer).set(new Uint8Array(buffer, byteOffset, byteLength), base + offsets[k]!);
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encoded.bytes), {
    env: { memory, host: () => {} },
    math: encoded.functions,
  });
  (exports["main"] as (base: number) => void)(base);
};

test.each(["wasm", "js"] as const)(
  "operands seen reversed, strided, transposed or broadcast give the interpreter's bits on %s",
  (backend) => {
    fc.assert(
      fc.property(lanePrograms, ({ jaxpr, inputs }) => {
        expect(runOn(backend, jaxpr, inputs)).toEqual(runOn("interpreter", jaxpr, inputs));
      }),
      { numRuns: 150 },
    );
  },
);

test("no nest touches memory beyond its frame", () => {
  fc.assert(
    fc.property(fc.oneof(lanePrograms, programs(8)), (program) => {
      expect(() => runAtTheEnd(program)).not.toThrow();
    }),
    { numRuns: 150 },
  );
});
