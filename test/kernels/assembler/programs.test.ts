/**
 * Random typed programs compute the same in WebAssembly and in an interpreter written in JavaScript,
 * and the independent toolkit reads and writes them without change.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Expression,
  type Label,
  type Local,
  type Statements,
  call,
  conditional,
  f32,
  f64,
  i32,
  i64,
  select,
  tee,
  wasmModule,
} from "../../../kernels/assembler/index.ts";
import * as opcodes from "../../../kernels/assembler/opcodes.ts";
import { instantiate, reassemble } from "./disassemble.ts";
import * as meaning from "./meaning.ts";

type Scalar = "i32" | "i64" | "f32" | "f64";
type Value = number | bigint;
type AnyExpression = Expression<Scalar>;
const scalars = ["i32", "i64", "f32", "f64"] as const;
const families = { i32, i64, f32, f64 } as unknown as Record<
  Scalar,
  Record<string, (...operands: readonly AnyExpression[]) => AnyExpression>
>;

/** An instruction that never traps and whose result does not depend on the bits of a NaN. */
interface Operation {
  readonly name: string;
  readonly operands: readonly Scalar[];
  readonly result: Scalar;
  readonly rule: (...values: readonly Value[]) => Value;
  readonly make: (...operands: readonly AnyExpression[]) => AnyExpression;
}

function operation(
  family: Scalar,
  name: string,
  operands: readonly Scalar[],
  result: Scalar,
  rule: unknown,
): Operation {
  return {
    name: `${family}.${name}`,
    operands,
    result,
    rule: rule as Operation["rule"],
    make: families[family][name] as Operation["make"],
  };
}

const integerOperations = (["i32", "i64"] as const).flatMap((type) => {
  const bits = type === "i32" ? 32 : 64;
  const narrow = (result: unknown): Value => (type === "i32" ? Number(result) : (result as bigint));
  const lifted =
    (rule: (...values: bigint[]) => unknown) =>
    (...values: Value[]) =>
      narrow(rule(...values.map(BigInt)));
  const traps = ["div_s", "div_u", "rem_s", "rem_u"];
  return [
    ...Object.entries(meaning.integerBinaryRules(bits))
      .filter(([name]) => !traps.includes(name))
      .map(([name, rule]) => operation(type, name, [type, type], type, lifted(rule))),
    ...Object.entries(meaning.integerUnaryRules(bits)).map(([name, rule]) =>
      operation(type, name, [type], type, lifted(rule)),
    ),
    ...Object.entries(meaning.integerComparisonRules(bits)).map(([name, rule]) =>
      operation(type, name, [type, type], "i32", (...values: Value[]) =>
        rule(...(values.map(BigInt) as [bigint, bigint])),
      ),
    ),
  ];
});
const floatOperations = (["f32", "f64"] as const).flatMap((type) => {
  const round = type === "f32" ? Math.fround : (x: number): number => x;
  const { copysign: _, ...binary } = meaning.floatBinaryRules;
  return [
    ...Object.entries(binary).map(([name, rule]) =>
      operation(type, name, [type, type], type, (a: number, b: number) => round(rule(a, b))),
    ),
    ...Object.entries(meaning.floatUnaryRules).map(([name, rule]) =>
      operation(type, name, [type], type, (a: number) => round(rule(a))),
    ),
    ...Object.entries(meaning.floatComparisonRules).map(([name, rule]) =>
      operation(type, name, [type, type], "i32", rule),
    ),
  ];
});
const conversionOperations = (["i32", "i64", "f32", "f64"] as const).flatMap((type) => {
  const [table, rules] = (
    {
      i32: [opcodes.i32Conversion, meaning.i32ConversionRules],
      i64: [opcodes.i64Conversion, meaning.i64ConversionRules],
      f32: [opcodes.f32Conversion, meaning.f32ConversionRules],
      f64: [opcodes.f64Conversion, meaning.f64ConversionRules],
    } as const
  )[type];
  const total = Object.entries(table).filter(([name]) => !/^(trunc_f|reinterpret)/.test(name));
  return total.map(([name, [, from]]) =>
    operation(type, name, [from as Scalar], type, rules[name as keyof typeof rules]),
  );
});
const choiceOperations = scalars.flatMap((type) =>
  (["select", "conditional"] as const).map((name): Operation => ({
    name,
    operands: ["i32", type, type],
    result: type,
    rule: (condition, whenTrue, whenFalse) => (condition === 0 ? whenFalse : whenTrue) as Value,
    make: (condition, whenTrue, whenFalse) =>
      ({ select, conditional })[name](
        condition as Expression<"i32">,
        whenTrue as AnyExpression,
        whenFalse as AnyExpression,
      ),
  })),
);
const operations = [...integerOperations, ...floatOperations, ...conversionOperations, ...choiceOperations];

type Term =
  | { readonly kind: "variable"; readonly index: number }
  | { readonly kind: "constant"; readonly type: Scalar; readonly value: Value }
  | { readonly kind: "operation"; readonly operation: Operation; readonly operands: readonly Term[] }
  | { readonly kind: "tee"; readonly index: number; readonly operand: Term };

/** Variables 0 to 7: two of each type. */
const variableTypes: readonly Scalar[] = [...scalars, ...scalars];
const variableOf = (type: Scalar): fc.Arbitrary<number> =>
  fc.constantFrom(scalars.indexOf(type), scalars.indexOf(type) + 4);

const literal: Record<Scalar, fc.Arbitrary<Value>> = {
  i32: fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 })),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  f32: fc.float(),
  f64: fc.oneof(
    fc.double(),
    fc.integer({ min: -5, max: 5 }).map((n) => n / 2),
  ),
};

const terms = fc.letrec<Record<Scalar, Term>>(
  (tie) =>
    Object.fromEntries(
      scalars.map((type) => [
        type,
        fc.oneof(
          { depthSize: "small", withCrossShrink: true },
          variableOf(type).map((index): Term => ({ kind: "variable", index })),
          literal[type].map((value): Term => ({ kind: "constant", type, value })),
          fc
            .constantFrom(...operations.filter(({ result }) => result === type))
            .chain((chosen) =>
              fc
                .tuple(...chosen.operands.map((operand) => tie(operand)))
                .map((operands): Term => ({ kind: "operation", operation: chosen, operands })),
            ),
          fc.tuple(variableOf(type), tie(type)).map(([index, operand]): Term => ({ kind: "tee", index, operand })),
        ),
      ]),
    ) as unknown as Record<Scalar, fc.Arbitrary<Term>>,
);

function evaluate(term: Term, variables: Value[]): Value {
  switch (term.kind) {
    case "variable":
      return variables[term.index] as Value;
    case "constant":
      return term.value;
    case "tee":
      return (variables[term.index] = evaluate(term.operand, variables));
    case "operation": {
      const { name, rule } = term.operation;
      if (name !== "conditional" && name !== "select")
        return rule(...term.operands.map((operand) => evaluate(operand, variables)));
      const [condition, whenTrue, whenFalse] = term.operands as [Term, Term, Term];
      if (name === "conditional")
        return evaluate(evaluate(condition, variables) === 0 ? whenFalse : whenTrue, variables);
      const [a, b] = [evaluate(whenTrue, variables), evaluate(whenFalse, variables)];
      return evaluate(condition, variables) === 0 ? b : a;
    }
  }
}

function expressionOf(term: Term, variables: readonly Local<Scalar>[]): AnyExpression {
  switch (term.kind) {
    case "variable":
      return variables[term.index] as Local<Scalar>;
    case "constant":
      return families[term.type]["const"]?.(term.value as never) as AnyExpression;
    case "tee":
      return tee(variables[term.index] as Local<Scalar>, expressionOf(term.operand, variables));
    case "operation":
      return term.operation.make(...term.operands.map((operand) => expressionOf(operand, variables)));
  }
}

const inputs = fc.tuple(...variableTypes.map((type) => literal[type]));

test.each(scalars)("a random %s expression has the value JavaScript gives it", (type) =>
  fc.assert(
    fc.property(terms[type], inputs, (term, values) => {
      const module = wasmModule();
      module.func(
        "f",
        { params: variableTypes, result: type, export: true },
        (_, ...parameters) => expressionOf(term, parameters as unknown as Local<Scalar>[]) as never,
      );
      const bytes = module.assemble();
      expect(instantiate(bytes)["f"]?.(...values)).toBe(evaluate(term, [...values]));
      expect([...reassemble(bytes)]).toEqual([...bytes]);
    }),
    { numRuns: 200 },
  ),
);

type Statement =
  | { readonly kind: "set"; readonly index: number; readonly value: Term }
  | {
      readonly kind: "if";
      readonly condition: Term;
      readonly whenTrue: readonly Statement[];
      readonly whenFalse: readonly Statement[];
    }
  | {
      readonly kind: "for";
      readonly start: number;
      readonly end: number;
      readonly step: number;
      readonly body: readonly Statement[];
    }
  | { readonly kind: "while"; readonly rounds: number; readonly condition: Term; readonly body: readonly Statement[] }
  | { readonly kind: "leave"; readonly condition: Term };

const { block } = fc.letrec<{ block: readonly Statement[]; statement: Statement }>((tie) => ({
  block: fc.array(tie("statement"), { maxLength: 4 }),
  statement: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc
      .constantFrom(...scalars)
      .chain((type) => fc.record({ kind: fc.constant("set" as const), index: variableOf(type), value: terms[type] })),
    fc.record({ kind: fc.constant("leave" as const), condition: terms.i32 }),
    fc.record({
      kind: fc.constant("if" as const),
      condition: terms.i32,
      whenTrue: tie("block"),
      whenFalse: tie("block"),
    }),
    fc.record({
      kind: fc.constant("for" as const),
      start: fc.integer({ min: -3, max: 3 }),
      end: fc.integer({ min: -3, max: 5 }),
      step: fc.constantFrom(1, 2, 3, -1, -2),
      body: tie("block"),
    }),
    fc.record({ kind: fc.constant("while" as const), rounds: fc.nat(3), condition: terms.i32, body: tie("block") }),
  ),
}));

/** Runs the statements; true if one of them left the enclosing loop. Counters change variable 0, so that bodies see them. */
function run(statements: readonly Statement[], variables: Value[]): boolean {
  for (const statement of statements) {
    if (statement.kind === "set") variables[statement.index] = evaluate(statement.value, variables);
    else if (statement.kind === "leave") {
      if (evaluate(statement.condition, variables) !== 0) return true;
    } else if (statement.kind === "if") {
      const chosen = evaluate(statement.condition, variables) === 0 ? statement.whenFalse : statement.whenTrue;
      if (run(chosen, variables)) return true;
    } else if (statement.kind === "for") {
      const { start, end, step } = statement;
      for (let i = start; step > 0 ? i < end : i > end; i += step) {
        variables[0] = i;
        if (run(statement.body, variables)) break;
      }
    } else {
      for (let i = 0; i < statement.rounds && evaluate(statement.condition, variables) !== 0; i++)
        if (run(statement.body, variables)) break;
    }
  }
  return false;
}

function write(
  f: Statements,
  statements: readonly Statement[],
  variables: readonly Local<Scalar>[],
  leave: Label,
): void {
  const term = (t: Term): AnyExpression => expressionOf(t, variables);
  const inner =
    (body: readonly Statement[]) =>
    (exit: Label): void =>
      write(f, body, variables, exit);
  for (const statement of statements) {
    if (statement.kind === "set") f.set(variables[statement.index] as Local<Scalar>, term(statement.value));
    else if (statement.kind === "leave") f.brIf(leave, term(statement.condition) as Expression<"i32">);
    else if (statement.kind === "if") {
      const { whenTrue, whenFalse } = statement;
      f.if(
        term(statement.condition) as Expression<"i32">,
        () => write(f, whenTrue, variables, leave),
        whenFalse.length > 0 ? () => write(f, whenFalse, variables, leave) : undefined,
      );
    } else if (statement.kind === "for") {
      const counter = f.local("i32");
      f.for(counter, statement.start, i32.const(statement.end), statement.step, (exit) => {
        f.set(variables[0] as Local<"i32">, counter);
        inner(statement.body)(exit);
      });
    } else {
      const round = f.local("i32");
      f.set(round, 0);
      f.while(
        conditional(i32.lt_s(round, statement.rounds), i32.ne(term(statement.condition) as Expression<"i32">, 0), 0),
        (exit) => {
          f.set(round, i32.add(round, 1));
          inner(statement.body)(exit);
        },
      );
    }
  }
}

test("a random program of assignments, branches and loops leaves the variables as JavaScript does", () =>
  fc.assert(
    fc.property(block, inputs, (statements, values) => {
      const module = wasmModule();
      const report = scalars.map((type) => module.importFunction("report", type, [type]));
      module.func("f", { params: variableTypes, export: true }, (f, ...parameters) => {
        const variables = parameters as unknown as Local<Scalar>[];
        f.block((leave) => write(f, statements, variables, leave));
        for (const [i, variable] of variables.entries()) f.call(report[i % 4] as (typeof report)[0], variable);
      });
      const bytes = module.assemble();
      const seen: Value[] = [];
      const receive = (value: Value): void => {
        seen.push(value);
      };
      instantiate(bytes, { report: { i32: receive, i64: receive, f32: receive, f64: receive } })["f"]?.(...values);
      const variables: Value[] = [...values];
      run(statements, variables);
      expect(seen).toEqual(variables);
      expect([...reassemble(bytes)]).toEqual([...bytes]);
    }),
    { numRuns: 300 },
  ));

test("an expression used twice is evaluated twice, and a held one once", () => {
  let calls = 0;
  const module = wasmModule();
  const next = module.importFunction("env", "next", [], "f64");
  module.func("twice", { params: [], result: "f64", export: true }, () => {
    const once = call(next);
    return f64.add(once, once);
  });
  module.func("held", { params: [], result: "f64", export: true }, (f) => {
    const once = f.hold(call(next));
    return f64.add(once, once);
  });
  const { twice, held } = instantiate(module.assemble(), { env: { next: () => ++calls } });
  expect(twice?.()).toBe(1 + 2);
  expect(held?.()).toBe(3 + 3);
});
