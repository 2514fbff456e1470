/**
 * Random programs: a seed repeats them, printed source computes the same, smaller programs are smaller, quotas fill evenly,
 * and a wrong rule is found, shrunk to its bare application, and repeated by the source in the message.
 */
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { NDArray } from "cotangent";
import {
  arrays,
  axes,
  broadcastableShapes,
  checkProgram,
  createQuota,
  dtypes,
  generateProgram,
  printProgram,
  programFunction,
  programs,
  shapes,
  trees,
} from "cotangent/testing/properties";
import type { Program } from "cotangent/testing/properties";
import { tree } from "cotangent";
import * as np from "cotangent/numpy";
import { cumsum } from "../../ops/cumulative.ts";
import { zero } from "../../src/ir/primitive.ts";
import { argumentsOf, lengthOf, primitivesOf } from "../../library/testing/properties/program.ts";
import { vocabularyOf } from "../../library/testing/properties/program-builder.ts";
import { sampledNames } from "../../library/testing/properties/program-generator.ts";
import { recipes } from "../../library/testing/properties/program-recipes.ts";
import { isLess, shrunkPrograms, weightOf } from "../../library/testing/properties/program-shrink.ts";
import { expectResult } from "../docs/example-text.ts";
import { errorOf, removeSnippets, runSnippet, writeModule } from "../docs/run-snippet.ts";

afterAll(removeSnippets);

const resultsOf = (program: Program): readonly NDArray[] => programFunction(program)(...argumentsOf(program));

describe("programs", () => {
  test("of one seed are the same, of another different", () => {
    expect(printProgram(generateProgram({ seed: 12 }))).toBe(printProgram(generateProgram({ seed: 12 })));
    expect(printProgram(generateProgram({ seed: 12 }))).not.toBe(printProgram(generateProgram({ seed: 13 })));
  });

  test("of one run of fast-check are the same again", () => {
    const texts = (): string[] =>
      fc.sample(programs(), { numRuns: 20, seed: 3 }).map((program) => printProgram(program));
    expect(texts()).toEqual(texts());
  });

  test("have arguments, and results that are finite and of moderate size", () => {
    fc.assert(
      fc.property(programs(), (program) => {
        expect(argumentsOf(program).length).toBeGreaterThan(0);
        for (const x of resultsOf(program))
          for (const value of x.toTypedArray()) expect(Math.abs(value)).toBeLessThanOrEqual(2 ** 32);
      }),
      { numRuns: 100 },
    );
  });

  test("are made of the primitives asked for, beside those that fit operands", () => {
    const fitting = ["reshape", "broadcast", "slice", "sin", "mul", "add"];
    for (const program of fc.sample(programs({ primitives: ["tanh", "dot"], depth: 0 }), { numRuns: 20, seed: 1 }))
      for (const name of primitivesOf(program)) expect(["tanh", "dot", ...fitting]).toContain(name);
    expect(() => programs({ primitives: ["tanhh"] })).toThrow(/primitive "tanhh"/);
    expect(() => programs({ maxLength: 0 })).toThrow(/length/);
    expect(() => programs({ own: { f: { primitive: Math.sin, from: "./f.ts" } } })).toThrow(/no primitive/);
  });

  test("have a recipe only for primitives that exist", () => {
    for (const name of Object.keys(recipes)) expect(vocabularyOf(undefined)(name).name).toBe(name);
  });

  test("come by quota: with 40 primitives none is five times as frequent as another", () => {
    const names = sampledNames.slice(0, 40);
    const quota = createQuota();
    fc.sample(programs({ primitives: names, depth: 0, quota }), { numRuns: 400, seed: 2 });
    const counts = names.map((name) => quota.count(name, "appearances")).sort((left, right) => left - right);
    expect(counts[0]).toBeGreaterThanOrEqual(20);
    expect(counts.at(-1)! / counts[0]!).toBeLessThan(5);
  });
});

describe("printed source", () => {
  test("computes what the program computes: every primitive and call, in one module", async () => {
    const all = fc.sample(programs(), { numRuns: 250, seed: 8 });
    const blocks = all.map((program) => {
      const lines = printProgram(program, "results.push(f(...inputs));").split("\n");
      return `{\n${lines.filter((line) => !line.startsWith("import ")).join("\n")}\n}`;
    });
    const { results } = (await runSnippet(`export const results = [];\n${blocks.join("\n")}`)) as {
      results: NDArray[][];
    };
    expect(results.length).toBe(all.length);
    all.forEach((program, k) =>
      expect(results[k]!.map(String), printProgram(program)).toEqual(resultsOf(program).map(String)),
    );
    const used = new Set(all.flatMap(primitivesOf));
    expect(sampledNames.filter((name) => !used.has(name)).length).toBeLessThan(0.1 * sampledNames.length);
  });

  test("is a module of its own, with its imports", async () => {
    const program = generateProgram({ seed: 5 });
    const module = await runSnippet(printProgram(program, "export const outputs = f(...inputs);"));
    expect((module["outputs"] as NDArray[]).map(String)).toEqual(resultsOf(program).map(String));
  });
});

describe("shrinking", () => {
  test("offers programs that run and weigh less, so that it ends", () => {
    for (const program of fc.sample(programs(), { numRuns: 20, seed: 6 })) {
      const before = weightOf(program);
      let count = 0;
      for (const next of shrunkPrograms(program, vocabularyOf(program.own))) {
        resultsOf(next);
        expect(isLess(weightOf(next), before)).toBe(true);
        if (++count === 30) break;
      }
    }
  });

  test("ends at one step on one element for a law about one primitive", () => {
    const law = (program: Program): boolean => !primitivesOf(program).includes("exp");
    const details = fc.check(fc.property(programs({ depth: 0 }), law), { seed: 1, numRuns: 2000 });
    expect(details.failed).toBe(true);
    const [smallest] = details.counterexample!;
    expect(primitivesOf(smallest)).toEqual(["exp"]);
    expect(argumentsOf(smallest)).toHaveLength(1);
    expect(argumentsOf(smallest)[0]!.size).toBeLessThanOrEqual(1);
    expect(fc.stringify(smallest)).toContain("ops.exponential.exp(");
  });
});

describe("a wrong rule of one's own", () => {
  const moduleText = (jvp: string, lower: string, batch: string): string => `
    import { authoring } from "cotangent";
    import * as np from "cotangent/numpy";
    const { definePrimitive, elementwise, elementwiseBatch, mapUnary, notLinear, reals, requireFloat, sampleElementwise, noParameters } = authoring;
    const { binaryExpression, constantExpression, unaryExpression } = authoring;
    export const softsign = definePrimitive({
      name: "softsign",
      evaluate: ([x]) => mapUnary((value) => value / (1 + Math.abs(value)), x),
      abstractEval: ([x]) => requireFloat("softsign", x),
      jvp: ([x], [dx]) => [softsign(x), ${jvp}],
      transpose: notLinear,
      batch: ${batch},
      lower: elementwise(([x]) => ${lower}),
      laws: { sample: sampleElementwise(noParameters, reals(-4, 4, [0])) },
    });
  `;
  const right = "np.div(dx, np.square(np.add(1, np.abs(x))))";
  const lowering =
    'binaryExpression("div", x, binaryExpression("add", constantExpression(1, x.dtype), unaryExpression("abs", x)))';
  const batching = "elementwiseBatch(([x]) => softsign(x))";

  const wrong: Readonly<Record<string, readonly [text: string, law: string, code: string]>> = {
    "a factor in its jvp": [moduleText(`np.mul(2, ${right})`, lowering, batching), "derivatives", "GradientMismatch"],
    "a missing square in its jvp": [
      moduleText("np.div(dx, np.add(1, np.abs(x)))", lowering, batching),
      "derivatives",
      "GradientMismatch",
    ],
    "a sign in its lowering": [
      moduleText(right, `unaryExpression("neg", ${lowering})`, batching),
      "wasm",
      "LawViolation",
    ],
    "examples turned round by its batch rule": [
      moduleText(right, lowering, "([x], [dim]) => [np.flip(softsign(x), dim), dim]"),
      "vmap",
      "LawViolation",
    ],
  };

  test.each(Object.entries(wrong))(
    "%s is found, shrunk and repeated by its source",
    async (_what, [text, law, code]) => {
      const path = writeModule(text);
      const { softsign } = (await import(path)) as { softsign: unknown };
      const own = { softsign: { primitive: softsign, from: path } };
      const details = fc.check(
        fc.property(programs({ own, maxLength: 4 }), (program) => void checkProgram(program, { backends: ["wasm"] })),
        { seed: 4, numRuns: 1000 },
      );
      expect(details.failed).toBe(true);
      const [smallest] = details.counterexample!;
      expect(primitivesOf(smallest).filter((name) => name === "softsign")).toHaveLength(1);
      expect(lengthOf(smallest)).toBeLessThanOrEqual(3);
      const { message } = details.errorInstance as Error;
      expect(message).toContain(`law ${law}`);
      const source = message.slice(message.indexOf("import "));
      expect(source.split("\n").length).toBeLessThan(20);
      expect((await errorOf(source)) as { code?: string }).toMatchObject({ code });
    },
  );

  test("the same primitive without a mistake passes", async () => {
    const path = writeModule(moduleText(right, lowering, batching));
    const { softsign } = (await import(path)) as { softsign: unknown };
    const own = { softsign: { primitive: softsign, from: path } };
    fc.assert(
      fc.property(programs({ own, maxLength: 3 }), (program) => void checkProgram(program)),
      { numRuns: 40, seed: 4 },
    );
  });
});

describe("a wrong rule of the library", () => {
  type Rule = (...parts: any[]) => any;
  const recordOf = (name: string): Record<string, Rule> =>
    vocabularyOf(undefined)(name) as unknown as Record<string, Rule>;

  /** Each replaces one rule of a record, given the right one. */
  const faults: Readonly<Record<string, readonly [name: string, rule: string, fault: (right: Rule) => Rule]>> = {
    "the adjoint of a solve by the matrix instead of its transpose": [
      "denseSolve",
      "transpose",
      (right) => (cotangents, inputs, params) =>
        right(cotangents, inputs, { ...params, transposed: !params.transposed }),
    ],
    "a finite element adjoint of twice the size": [
      "feSolve",
      "transpose",
      (right) => (cotangents, inputs, params) =>
        right(cotangents, inputs, params).map((x: NDArray | null) => (x === null ? null : np.mul(x, 2))),
    ],
    "a sparse solve whose values have no tangent": [
      "sparseSolve",
      "jvp",
      (right) => (inputs, tangents, params, context) =>
        right(inputs, [tangents[0], zero(inputs[1]), tangents[2]], params, context),
    ],
    "a running sum whose cotangent is not reversed": [
      "cumsum",
      "transpose",
      () =>
        ([ct], _x, params) => [cumsum(ct, params)],
    ],
    "a batched sort of the wrong lane": [
      "sort",
      "batch",
      (right) => (inputs, dims, params, context) => {
        const [out, dim] = right(inputs, dims, params, context);
        return [np.flip(out, dim), dim];
      },
    ],
  };

  test.each(Object.entries(faults))("%s is found by random programs", (_what, [name, rule, fault]) => {
    const record = recordOf(name);
    const right = record[rule]!;
    record[rule] = fault(right);
    try {
      const law = (program: Program): void => void checkProgram(program, { backends: [] });
      const details = fc.check(fc.property(programs(), law), { seed: 9, numRuns: 1500, endOnFailure: true });
      expect(details.failed).toBe(true);
      expect(primitivesOf(details.counterexample![0])).toContain(name);
    } finally {
      record[rule] = right;
    }
  });
});

describe("arbitraries", () => {
  test("shapes and arrays keep their bounds and types", () => {
    fc.assert(
      fc.property(
        arrays({ shape: shapes({ minRank: 1, maxRank: 2, minSize: 2, maxSize: 3 }), dtype: dtypes() }),
        (x) => {
          expect([1, 2]).toContain(x.ndim);
          for (const extent of x.shape) expect([2, 3]).toContain(extent);
          expect(x.toTypedArray().length).toBe(x.size);
        },
      ),
    );
  });

  test("special values are among the special ones, and only there", () => {
    const found = (values: "ordinary" | "special"): boolean =>
      fc
        .sample(arrays({ shape: [20], values }), { numRuns: 50, seed: 1 })
        .some((x) => x.toTypedArray().some((value: number) => !Number.isFinite(value)));
    expect(found("special")).toBe(true);
    expect(found("ordinary")).toBe(false);
  });

  test("trees flatten to the arrays they hold", () => {
    fc.assert(
      fc.property(trees(arrays({ shape: [2] })), (own) => {
        const { leaves, treedef } = tree.flatten(own);
        expectResult({ value: tree.unflatten(treedef, leaves) }, JSON.stringify(own));
      }),
      { numRuns: 50 },
    );
  });

  test("axes count from both ends, and shapes that should broadcast do", () => {
    fc.assert(
      fc.property(axes(3), broadcastableShapes(), (axis, [left, right]) => {
        expect(axis >= -3 && axis < 3).toBe(true);
        for (let k = 1; k <= Math.min(left.length, right.length); k++) {
          const [a, b] = [left.at(-k)!, right.at(-k)!];
          expect(a === b || a === 1 || b === 1).toBe(true);
        }
      }),
    );
  });

  test("smaller arrays come first when a law fails, simpler numbers last", () => {
    const details = fc.check(
      fc.property(
        arrays({ values: fc.integer({ min: 0, max: 100 }) }),
        (x) => !x.toTypedArray().some((v: number) => v > 9),
      ),
      { seed: 1, numRuns: 200 },
    );
    expect([...details.counterexample![0].toTypedArray()].reduce((sum, value) => sum + value, 0)).toBe(10);
  });

  test("bad options are refused by name", () => {
    expect(() => shapes({ minRank: 3, maxRank: 2 })).toThrow(/rank from 3 to 2/);
    expect(() => shapes({ rank: 2 } as never)).toThrow(/option "rank"/);
    expect(() => axes(0)).toThrow(/rank 0/);
    expect(() => arrays({ values: "odd" as never })).toThrow(/values "odd"/);
  });
});
