/**
 * Wrong use of the assembler is a type error; right use is none. Checked by the compiler, never run.
 */
import {
  type Expression,
  type FloatInstructions,
  type FloatVectorInstructions,
  type FunctionBuilder,
  type Operand,
  type Statements,
  at,
  call,
  conditional,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i64,
  select,
  tee,
  v128,
  wasmModule,
} from "../../../kernels/assembler/index.ts";

const module = wasmModule();
const sine = module.importFunction("math", "sin", ["f64"], "f64");
const notify = module.importFunction("env", "notify", ["i32"]);

module.func("operands", { params: ["i32", "i64", "f32", "f64", "v128"] }, (f, i, l, s, d, v) => {
  f.drop(f64.add(d, 1));
  // @ts-expect-error an i32 is no f64
  f64.add(d, i);
  // @ts-expect-error an f32 is no f64
  f64.mul(s, d);
  // @ts-expect-error an f64 is no f32
  f32.sqrt(d);
  // @ts-expect-error an f64 is no address
  f64.load(d);
  // @ts-expect-error an f64 is no index
  at(i, d, 8);
  // @ts-expect-error a scalar is no vector
  f64x2.add(v, d);
  // @ts-expect-error a vector is no scalar
  f64.neg(v);
  // @ts-expect-error a lane of f64x2 is an f64
  f64x2.splat(s);
  // @ts-expect-error a comparison is an i32
  f64.neg(f64.lt(d, d));
  // @ts-expect-error literals of i64 are bigints
  i64.add(l, 1);
  // @ts-expect-error literals of i32 are numbers
  i32.add(i, 1n);
  // @ts-expect-error there is no literal of v128
  v128.and(v, 1);
  // @ts-expect-error conversion from the wrong type
  f64.convert_i32_s(l);
  // @ts-expect-error no such instruction
  f64.rem_s(d, d);
  // @ts-expect-error too few operands
  f64.add(d);
});

module.func("choices", { params: ["i32", "f32", "f64"] }, (f, i, s, d) => {
  f.drop(select(i, d, 0));
  // @ts-expect-error both choices have one type
  select(i, d, s);
  // @ts-expect-error both choices have one type
  conditional(i, s, d);
  // @ts-expect-error the condition is an i32
  select(d, d, d);
  // @ts-expect-error the value has the type of the variable
  tee(d, s);
});

module.func("statements", { params: ["i32", "f32", "f64"] }, (f, i, s, d) => {
  const x = f.local("f64");
  f.set(x, d);
  // @ts-expect-error the value has the type of the variable
  f.set(x, s);
  // @ts-expect-error only variables are set
  f.set(f64.const(1), d);
  // @ts-expect-error a stored value says its type, a literal does not
  f.store(i, 1);
  // @ts-expect-error only integers have low bits
  f.store8(i, d);
  // @ts-expect-error counters are i32
  f.for(x, 0, i, 1, () => {});
  // @ts-expect-error conditions are i32
  f.if(d, () => {});
  // @ts-expect-error a function without result returns none
  f.return(d);
  const held: Expression<"f32"> = f.hold(s);
  // @ts-expect-error a held f32 is no f64
  const wrong: Expression<"f64"> = f.hold(s);
  return void [held, wrong];
});

module.func("calls", { params: ["i32", "f64"] }, (f, i, d) => {
  f.call(notify, i);
  f.call(sine, d);
  const value: Expression<"f64"> = call(sine, d);
  // @ts-expect-error the result is an f64
  const wrong: Expression<"i32"> = call(sine, d);
  // @ts-expect-error the argument is an f64
  call(sine, i);
  // @ts-expect-error one argument is wanted
  call(sine);
  // @ts-expect-error one argument is wanted
  call(sine, d, d);
  // @ts-expect-error notify has no result
  call(notify, i);
  // @ts-expect-error the argument is an i32
  f.call(notify, d);
  return void [value, wrong];
});

module.func("result", { params: ["f64"], result: "f64" }, (f, x) => {
  f.return(x);
  // @ts-expect-error the result is an f64
  f.return(i32.const(1));
  // @ts-expect-error a result is wanted
  f.return();
  return f64.sqrt(x);
});
// @ts-expect-error the body gives an i32, the function an f64
module.func("wrongResult", { params: ["f64"], result: "f64" }, (_, x) => f64.lt(x, 0));
// @ts-expect-error the body gives nothing, the function an f64
module.func("missingResult", { params: ["f64"], result: "f64" }, () => {});
// @ts-expect-error there is no type f16
module.func("unknownType", { params: ["f16"] }, () => {});
// @ts-expect-error an i64 global starts as a bigint
module.global("i64", 1);

/** One text for both precisions. */
export function horner<T extends "f32" | "f64">(
  float: FloatInstructions<T>,
  x: Expression<T>,
  coefficients: readonly Operand<T>[],
): Expression<T> {
  let sum = float.const(0);
  for (const coefficient of coefficients) sum = float.add(float.mul(sum, x), coefficient);
  // @ts-expect-error the families share no conversion
  float.demote_f64(x);
  return sum;
}
export const single: Expression<"f32"> = horner(f32, f32.const(1), [1, 2]);
export const double: Expression<"f64"> = horner(f64, f64.const(1), [1, 2]);
// @ts-expect-error precisions do not mix
export const mixed: Expression<"f64"> = horner(f64, f32.const(1), [1, 2]);

/** One text for both vector shapes, in any function. */
export function axpy<T extends "f32" | "f64">(
  f: Statements,
  shape: FloatVectorInstructions<T>,
  a: Expression<T>,
  x: Expression<"i32">,
): void {
  f.store(x, shape.add(shape.mul(shape.splat(a), v128.load(x)), v128.load(x)));
}
export function useAxpy(f: FunctionBuilder<"f64">): void {
  axpy(f, f64x2, f64.const(1), i32.const(0));
  axpy(f, f32x4, f32.const(1), i32.const(0));
  // @ts-expect-error lanes of f32x4 are f32
  axpy(f, f32x4, f64.const(1), i32.const(0));
}
