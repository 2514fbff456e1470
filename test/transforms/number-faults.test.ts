/**
 * Faults 27 and 6: debugNans and debugInfs name the first operation at fault and the line of the user; debug mode.
 */
import { afterEach, describe, expect, test } from "vitest";
import { array, configure, customJvp, grad, hessian, jit, jvp, NDArray, pureCallback, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { errorOf, expectError, values } from "../semantics/support.ts";

type Scalar = (x: NDArray) => NDArray;

const xs = array([1, 2, 3]);
const one = array(1);
const backends = ["wasm", "js", "interpreter"] as const;

afterEach(() => configure({ onPrint: null, debug: false, debugNans: false, debugInfs: false }));

// --- Numbers ----------------------------------------------------------------------------------

/** Line of this file that the error names. */
const lineNamed = (call: () => unknown): number =>
  Number(/number-faults\.test\.ts:(\d+):\d+/.exec(errorOf(call).message)?.[1] ?? Number.NaN);

const here = (): number =>
  Number(/number-faults\.test\.ts:(\d+):\d+/.exec(new Error("here").stack!.split("\n")[2]!)![1]);

let logLine = 0;
/** log(x - 2) in a line of its own. */
const logShifted: Scalar = (x) => {
  logLine = here() + 1;
  const y = np.log(np.sub(x, 2));
  return np.sum(np.mul(y, 3));
};

describe("27: debugNans", () => {
  test("names the first operation that makes a NaN, its operands, the count and the first index", () => {
    configure({ debugNans: true });
    expectError(
      () =>
        np.add(
          np.log(
            array([
              [3, -1],
              [2, -1],
            ]),
          ),
          1,
        ),
      "FoundNaN",
      "log of float64[2,2]",
      "2 NaN of 4 elements",
      "first at [0,1]",
    );
  });

  test("names the user's line, evaluated and compiled on each back end, also when it was compiled before", () => {
    const before = backends.map((backend) => jit(logShifted, { backend }));
    before.forEach((f) => expect(Number.isNaN(f(array([3, 1])).item())).toBe(true));
    configure({ debugNans: true });
    for (const f of [logShifted, ...before, ...backends.map((backend) => jit(logShifted, { backend }))]) {
      const error = errorOf(() => f(array([3, 1])));
      expect(error.message).toContain("log of float64[2]");
      expect(lineNamed(() => f(array([3, 1])))).toBe(logLine);
    }
    configure({ debugNans: false });
    before.forEach((f) => expect(Number.isNaN(f(array([3, 1])).item())).toBe(true));
  });

  const passes: Readonly<Record<string, (f: Scalar) => (x: NDArray) => unknown>> = {
    jvp: (f) => (x) => jvp(f, [x], [x]),
    grad: (f) => grad(f),
    "grad of jit": (f) => grad(jit(f)),
    "jit of grad": (f) => jit(grad(f)),
    vmap: (f) => (x) => vmap(f)(np.reshape(x, [2, 1])),
    "jit of vmap of grad": (f) => (x) => jit(vmap(grad(f)))(np.reshape(x, [2, 1])),
    hessian: (f) => hessian(f),
  };

  test.each(Object.entries(passes))("in %s too", (_name, transform) => {
    configure({ debugNans: true });
    expectError(() => transform(logShifted)(array([3, 1])), "FoundNaN", "log of");
    expect(lineNamed(() => transform(logShifted)(array([3, 1])))).toBe(logLine);
    expect(() => transform(logShifted)(array([3, 4]))).not.toThrow();
  });

  test("a NaN that only a pullback makes is led back to the line whose derivative it is", () => {
    configure({ debugNans: true });
    let line = 0;
    const guarded: Scalar = (x) => {
      line = here() + 1;
      const root = np.sqrt(x);
      return np.sum(np.where(np.greater(x, 0), root, 0));
    };
    expect(values(guarded(array([4, 0])))).toBe(2);
    expectError(() => grad(guarded)(array([4, 0])), "FoundNaN", "first at [1]");
    expect(lineNamed(() => grad(guarded)(array([4, 0])))).toBe(line);
    expect(lineNamed(() => grad(jit(guarded))(array([4, 0])))).toBe(line);
    expect(lineNamed(() => jit(grad(guarded))(array([4, 0])))).toBe(line);
  });

  test("a line of a rule is the rule's own, not that of the call", () => {
    configure({ debugNans: true });
    let line = 0;
    const f: Scalar = customJvp((x: NDArray) => np.sin(x), {
      jvp: ([x]: readonly NDArray[], [dx]: readonly NDArray[]) => {
        line = here() + 1;
        const bad = np.log(np.neg(x!));
        return [np.sin(x!), np.mul(dx!, bad)];
      },
    });
    expect(lineNamed(() => grad((x: NDArray) => f(x))(one))).toBe(line);
    expect(lineNamed(() => jit(grad((x: NDArray) => f(x)))(one))).toBe(line);
  });

  test("operations on operands that are NaN already are not blamed", () => {
    configure({ debugNans: true });
    const x = array([1, NaN]);
    expect(values(np.mul(np.add(x, 1), 2))).toEqual([4, NaN]);
    expect(values(jit((y: NDArray) => np.sin(np.add(y, 1)))(x))).toEqual([Math.sin(2), NaN]);
    expectError(() => np.div(np.sub(x, x), 0), "FoundNaN", "div", "1 NaN of 2 elements", "[0]");
    expect(np.sum(x).item()).toBeNaN();
    expect(
      errorOf(() => jit((y: NDArray, z: NDArray) => np.add(np.sin(y), np.log(z)))(x, array(-1))).message,
    ).toContain("log of");
  });

  test("switched off, nothing is looked at", () => {
    expect(logShifted(array([3, 1])).item()).toBeNaN();
    expect(jit(logShifted)(array([3, 1])).item()).toBeNaN();
  });

  test("a NaN out of a host function is the host function's", () => {
    configure({ debugNans: true });
    expectError(
      () => jit((x: NDArray) => pureCallback(() => array(NaN), { shape: [] }, [x]))(one),
      "FoundNaN",
      "callback of float64[]",
    );
  });
});

describe("27: debugInfs", () => {
  test("names the first operation that makes an infinity, and leaves NaN to debugNans", () => {
    configure({ debugInfs: true });
    expectError(
      () => np.sub(np.div(one, array([2, 0])), 1),
      "FoundInfinity",
      "div of float64",
      "1 infinite of 2 elements",
      "[1]",
    );
    expectError(() => jit((x: NDArray) => np.log(x))(array(0)), "FoundInfinity", "log of float64[]");
    expectError(() => grad(np.sqrt)(array(0)), "FoundInfinity");
    expect(np.log(array(-1)).item()).toBeNaN();
    expect(np.add(array(Infinity), 1).item()).toBe(Infinity);
    configure({ debugNans: true });
    expectError(() => np.sub(array(Infinity), array(Infinity)), "FoundNaN", "sub");
  });
});

describe("debug mode", () => {
  test("6: LeakedTracer names the line that made the tracer", () => {
    let leak: NDArray | undefined;
    let line = 0;
    const leaking: Scalar = (x) => {
      line = here() + 1;
      leak = np.sin(x);
      return x;
    };
    const runs = [() => jit(leaking)(one), () => grad(leaking)(one), () => vmap(leaking)(xs)];
    for (const run of runs) {
      run();
      expect(errorOf(() => np.add(leak!, 1)).message).not.toContain("made at");
    }
    configure({ debug: true });
    for (const run of runs) {
      run();
      expectError(() => np.add(leak!, 1), "LeakedTracer", "it was made at");
      expect(lineNamed(() => np.add(leak!, 1))).toBe(line);
      expectError(() => leak!.item(), "LeakedTracer", "it was made at");
    }
  });
});
