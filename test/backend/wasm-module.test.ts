/**
 * Emitted modules: an independent tool finds them valid, and they ask the host for nothing beyond memory,
 * the host call and the scalar functions in use.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeProgram } from "../../src/backend/wasm.ts";
import { buildProgram } from "../../src/compile/program.ts";
import { add } from "../../ops/arithmetic.ts";
import { sin } from "../../ops/trigonometric.ts";
import { disassemble } from "../kernels/assembler/disassemble.ts";
import { filled, jaxprOf, programs } from "./programs.ts";

test("modules of random programs are valid", () => {
  fc.assert(
    fc.property(programs(40), ({ jaxpr }) => {
      expect(disassemble(encodeProgram(buildProgram(jaxpr)).bytes)).toContain('(export "main"');
    }),
    { numRuns: 60 },
  );
});

test("a module imports what it uses and nothing else", () => {
  const x = filled([4], "float64", [1]);
  const text = disassemble(encodeProgram(buildProgram(jaxprOf((a) => [add(sin(a!), a!)], [x]))).bytes);
  expect(text.match(/\(import "\w+" "\w+"/g)).toEqual([
    '(import "env" "memory"',
    '(import "math" "sinOfHuge64"',
    '(import "env" "host"',
  ]);
});
