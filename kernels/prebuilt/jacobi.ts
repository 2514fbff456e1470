/**
 * One-sided Jacobi rotations, equal to the bit with `orthogonalizeRows` (kernels/dense/svd.ts): rows of R are made orthogonal
 * pair by pair, the rotations are accumulated in a second matrix, then rows of R get unit length.
 * Order: products of rows are four sums of every fourth term, what is left over goes to the first; s0 + s1 + (s2 + s3).
 */
import { at, call, f64, f64x2, i32, select, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { integers, zeros } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { eachPlace } from "./strips.ts";

const { add, sub, mul } = i32;

const epsilon = 2 ** -52;
/** Squared norms below this are zeros of a matrix whose largest element is about 1. */
const negligible = 1e-290;
const sweepLimit = 60;

const numberAt = (start: Expression<"i32">, index: Expression<"i32">): Expression<"i32"> => add(start, mul(index, 8));

/** Runs `body` for the address of every number of a row. */
const eachNumber = (
  f: Statements,
  row: Expression<"i32">,
  size: Expression<"i32">,
  body: (place: Local<"i32">) => void,
): void => eachPlace(f, row, numberAt(row, size), 8, body);

/** (size, x, y): the product of two rows. */
type Product = FunctionReference<Integers<3>, "f64">;

const rowProduct = (module: WasmModule): Product =>
  module.func("rowProduct", { params: integers(3), result: "f64" }, (f, size, x, y) => {
    const sums = [f.hold(zeros), f.hold(zeros)];
    const shift = f.local("i32");
    f.for(shift, 0, mul(i32.and(size, -4), 8), 32, () => {
      const [left, right] = [f.hold(add(x, shift)), f.hold(add(y, shift))];
      sums.forEach((sum, pair) =>
        f.set(sum, f64x2.add(sum, f64x2.mul(v128.load(at(left, pair, 16)), v128.load(at(right, pair, 16))))),
      );
    });
    const [s0, s1, s2, s3] = sums.flatMap((sum) => [0, 1].map((lane) => f.hold(f64x2.extract_lane(sum, lane))));
    f.for(shift, shift, mul(size, 8), 8, () =>
      f.set(s0!, f64.add(s0!, f64.mul(f64.load(add(x, shift)), f64.load(add(y, shift))))),
    );
    return f64.add(f64.add(s0!, s1!), f64.add(s2!, s3!));
  });

/** (size, x, y, cosine, sine): x, y := cosine x + sine y, cosine y - sine x. */
type Rotate = FunctionReference<readonly ["i32", "i32", "i32", "f64", "f64"], "none">;

/** Rows end with an even number of elements. */
const rotateRows = (module: WasmModule): Rotate =>
  module.func("rotateRows", { params: ["i32", "i32", "i32", "f64", "f64"] }, (f, size, x, y, cosine, sine) => {
    const [c, s] = [f.hold(f64x2.splat(cosine)), f.hold(f64x2.splat(sine))];
    const shift = f.local("i32");
    f.for(shift, 0, mul(size, 8), 16, () => {
      const [left, right] = [f.hold(add(x, shift)), f.hold(add(y, shift))];
      const [first, second] = [f.hold(v128.load(left)), f.hold(v128.load(right))];
      f.store(left, f64x2.add(f64x2.mul(c, first), f64x2.mul(s, second)));
      f.store(right, f64x2.sub(f64x2.mul(c, second), f64x2.mul(s, first)));
    });
  });

/** (size, x, y, turnX, turnY, squareX, squareY): 1 if the rows were rotated, 0 if they are orthogonal; addresses. */
const orthogonalizePair = (module: WasmModule, product: Product): FunctionReference<Integers<7>, "i32"> => {
  const rotate = rotateRows(module);
  return module.func(
    "orthogonalizePair",
    { params: integers(7), result: "i32" },
    (f, size, x, y, turnX, turnY, squareX, squareY) => {
      const [first, second] = [f.hold(f64.load(squareX)), f.hold(f64.load(squareY))];
      f.if(i32.or(f64.lt(first, negligible), f64.lt(second, negligible)), () => f.return(0));
      const mixed = f.hold(call(product, size, x, y));
      const bound = f64.mul(f64.mul(epsilon, f64.sqrt(first)), f64.sqrt(second));
      f.if(f64.le(f64.abs(mixed), bound), () => f.return(0));
      const slope = f.hold(f64.div(f64.sub(first, second), f64.mul(2, mixed)));
      const steepness = f.hold(f64.abs(slope));
      const root = f64.sqrt(f64.add(1, f64.mul(slope, slope)));
      const sum = f64.add(steepness, select(f64.lt(steepness, 1e8), root, steepness));
      const tangent = f.hold(f64.div(select(f64.lt(slope, 0), f64.const(-1), 1), sum));
      const cosine = f.hold(f64.div(1, f64.sqrt(f64.add(1, f64.mul(tangent, tangent)))));
      const sine = f.hold(f64.mul(cosine, tangent));
      f.call(rotate, size, x, y, cosine, sine);
      f.call(rotate, size, turnX, turnY, cosine, sine);
      const moved = f.hold(f64.mul(tangent, mixed));
      f.store(squareX, f64.add(first, moved));
      f.store(squareY, f64.sub(second, moved));
      return 1;
    },
  );
};

/** (size, rows, step, squares): squared lengths of all rows. */
type Measure = FunctionReference<Integers<4>, "none">;

const squaredLengths = (module: WasmModule, product: Product): Measure =>
  module.func("squaredLengths", { params: integers(4) }, (f, size, rows, step, squares) =>
    f.for(f.local("i32"), 0, size, 1, () => {
      f.store(squares, call(product, size, rows, rows));
      f.set(rows, add(rows, step));
      f.set(squares, add(squares, 8));
    }),
  );

/** (size, row, length): divides a row. */
type Divide = FunctionReference<readonly ["i32", "i32", "f64"], "none">;

const divideRow = (module: WasmModule): Divide =>
  module.func("divideRow", { params: ["i32", "i32", "f64"] }, (f, size, row, length) =>
    eachNumber(f, row, size, (place) => f.store(place, f64.div(f64.load(place), length))),
  );

/** (size, row): the length of a row, its squares added up one by one. */
const plainLength = (module: WasmModule): FunctionReference<Integers<2>, "f64"> =>
  module.func("plainLength", { params: integers(2), result: "f64" }, (f, size, row) => {
    const sum = f.local("f64");
    eachNumber(f, row, size, (place) => f.set(sum, f64.add(sum, f64.mul(f64.load(place), f64.load(place)))));
    return f64.sqrt(sum);
  });

/**
 * (size, rows, step, k, lengths, candidate): replaces row k by a unit vector that is orthogonal to the rows whose length is
 * not 0; `candidate` is a row beside.
 */
const completeRow = (module: WasmModule, divide: Divide): FunctionReference<Integers<6>, "none"> => {
  const lengthOf = plainLength(module);
  /** (size, row, candidate): takes a row's part off the candidate. */
  const project = module.func("project", { params: integers(3) }, (f, size, row, candidate) => {
    const along = f.local("f64");
    const shift = f.hold(sub(row, candidate));
    eachNumber(f, candidate, size, (place) =>
      f.set(along, f64.add(along, f64.mul(f64.load(place), f64.load(add(place, shift))))),
    );
    eachNumber(f, candidate, size, (place) =>
      f.store(place, f64.sub(f64.load(place), f64.mul(along, f64.load(add(place, shift))))),
    );
  });
  return module.func("completeRow", { params: integers(6) }, (f, size, rows, step, k, lengths, candidate) => {
    const own = f.hold(add(rows, mul(k, step)));
    const largest = f.hold(f64.const(-1));
    const [axis, other] = [f.local("i32"), f.local("i32")];
    f.for(axis, 0, size, 1, (found) => {
      f.brIf(found, f64.ge(largest, 0.5));
      f.memoryFill(candidate, 0, step);
      f.store(numberAt(candidate, axis), f64.const(1));
      f.for(f.local("i32"), 0, 2, 1, () => {
        const row = f.hold(rows);
        f.for(other, 0, size, 1, () => {
          f.if(f64.ne(f64.load(numberAt(lengths, other)), 0), () => f.call(project, size, row, candidate));
          f.set(row, add(row, step));
        });
      });
      const norm = f.hold(call(lengthOf, size, candidate));
      f.if(f64.gt(norm, largest), () => {
        f.memoryCopy(own, candidate, step);
        f.set(largest, norm);
      });
    });
    f.call(divide, size, own, call(lengthOf, size, own));
  });
};

/**
 * (size, rows, turns, step, lengths, done, candidate): rows of unit length, their lengths before, and the rotations. Rows are
 * `step` bytes apart, of an even number of elements; `done` and `candidate` are numbers and a row beside.
 */
export type OrthogonalizeRows = FunctionReference<Integers<7>, "none">;

export const orthogonalizeRows = (module: WasmModule): OrthogonalizeRows => {
  const product = rowProduct(module);
  const [measure, divide] = [squaredLengths(module, product), divideRow(module)];
  const turn = orthogonalizePair(module, product);
  const complete = completeRow(module, divide);
  /** (size, rows, turns, step, squares): all pairs once; whether any was rotated. */
  const sweep = module.func("sweep", { params: integers(5), result: "i32" }, (f, size, rows, turns, step, squares) => {
    const [i, k, isMoving] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const [x, turnX, squareX] = [f.hold(rows), f.hold(turns), f.hold(squares)];
    f.for(i, 0, sub(size, 1), 1, () => {
      const [y, turnY, squareY] = [f.hold(add(x, step)), f.hold(add(turnX, step)), f.hold(add(squareX, 8))];
      f.for(k, add(i, 1), size, 1, () => {
        f.set(isMoving, i32.or(isMoving, call(turn, size, x, y, turnX, turnY, squareX, squareY)));
        f.set(y, add(y, step));
        f.set(turnY, add(turnY, step));
        f.set(squareY, add(squareY, 8));
      });
      f.set(x, add(x, step));
      f.set(turnX, add(turnX, step));
      f.set(squareX, add(squareX, 8));
    });
    return isMoving;
  });
  return module.func(
    "orthogonalizeRows",
    { params: integers(7) },
    (f, size, rows, turns, step, lengths, done, candidate) => {
      f.for(f.local("i32"), 0, sweepLimit, 1, (exit) => {
        f.call(measure, size, rows, step, lengths);
        f.brIf(exit, i32.eqz(call(sweep, size, rows, turns, step, lengths)));
      });
      const k = f.local("i32");
      const row = f.hold(turns);
      f.for(k, 0, size, 1, () => {
        f.call(divide, size, row, f64.sqrt(call(product, size, row, row)));
        f.set(row, add(row, step));
      });
      f.set(row, rows);
      f.for(k, 0, size, 1, () => {
        const square = f.hold(call(product, size, row, row));
        const length = f.hold(select(f64.lt(square, negligible), f64.const(0), f64.sqrt(square)));
        f.store(numberAt(lengths, k), length);
        f.store(numberAt(done, k), length);
        f.if(f64.ne(length, 0), () => f.call(divide, size, row, length));
        f.set(row, add(row, step));
      });
      f.for(k, 0, size, 1, () =>
        f.if(f64.eq(f64.load(numberAt(done, k)), 0), () => {
          f.call(complete, size, rows, step, k, done, candidate);
          f.store(numberAt(done, k), f64.const(1));
        }),
      );
    },
  );
};
