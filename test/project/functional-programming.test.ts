/** The door to fp-ts: pipelines of data-last functions, and validation that collects every problem. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { array, NDArray, pipe } from "cotangent";
import * as np from "cotangent/numpy";
import { minimizeCompliance, problems } from "cotangent/topopt";
import { isLeft } from "../../src/fp.ts";
import { check, checkAll } from "../../src/validate-options.ts";

const x = array([0.5, 2, -3]);

describe("pipe", () => {
  const binaries = {
    add: np.add,
    sub: np.sub,
    mul: np.mul,
    div: np.div,
    pow: np.pow,
    maximum: np.maximum,
    minimum: np.minimum,
    remainder: np.remainder,
  };

  test.prop([fc.constantFrom(...Object.keys(binaries)), fc.integer({ min: 1, max: 4 })])(
    "a binary function of one operand applies it on the right",
    (name, y) => {
      const f = binaries[name as keyof typeof binaries];
      expect(pipe(x, f(y)).toList()).toEqual(f(x, y).toList());
    },
  );

  test("the interpolation of a density reads as a pipeline", () => {
    const eMin = 1e-9;
    const modulus = pipe(x, np.pow(3), np.mul(1 - eMin), np.add(eMin));
    expect(modulus.toList()).toEqual(
      (
        x
          .pow(3)
          .mul(1 - eMin)
          .add(eMin) as NDArray
      ).toList(),
    );
  });
});

describe("validation", () => {
  test.prop([fc.array(fc.boolean(), { minLength: 1, maxLength: 8 })])(
    "collects exactly the claims that do not hold",
    (claims) => {
      const fields = Object.fromEntries(claims.map((holds, k) => [`f${k}`, check(`f${k}`, k, holds, "it should")]));
      const checked = checkAll(fields);
      const broken = claims.flatMap((holds, k) => (holds ? [] : [`f${k} is ${k}, but it should`]));
      if (isLeft(checked)) expect([...checked.left].sort()).toEqual(broken.sort());
      else expect(broken).toEqual([]);
    },
  );

  test("all bad options of an optimization are named at once", () => {
    const run = (): unknown =>
      minimizeCompliance(problems.mbb({ nelx: 4, nely: 2 }), { volumeFraction: 2, move: -1, iterations: 0.5 });
    for (const name of ["volumeFraction is 2", "move is -1", "iterations is 0.5"]) expect(run).toThrow(name);
  });
});
