/** The state of L-BFGS is all there is: saved and read back, carried, mapped and compiled it gives the same bits. */
import { describe, expect, test } from "vitest";
import { array, jit, NDArray, scan, tree, valueAndGrad, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import type { ArrayTree, Lbfgs } from "cotangent/optim";
import { objectives } from "./problems.ts";
import type { Objective } from "./problems.ts";

const barrier: Objective = (x) => np.sum(x.sub(np.log(x).mul(0.01)));

type Carry = readonly [x: NDArray, state: ArrayTree];

const cases: Readonly<Record<string, readonly [f: Objective, optimizer: Lbfgs, start: number[]]>> = {
  "free, with a short memory": [objectives["rosenbrock"]!, optim.lbfgs({ memory: 3 }), [-1.2, 1, -1.2, 1]],
  "within bounds": [objectives["rosenbrock"]!, optim.lbfgs({ lower: -1, upper: 0.8 }), [-1.2, 1, -1.2, 1]],
  "at a barrier, to the end": [barrier, optim.lbfgs({ maxLineSearch: 6 }), [0.5, 2]],
};

const stepper =
  (f: Objective, { update }: Lbfgs) =>
  (x: NDArray, state: ArrayTree): Carry => {
    const [value, gradient] = valueAndGrad(f)(x);
    return update({ value, gradient }, state, x);
  };

const bits = (carry: unknown): unknown =>
  (tree.leaves(carry) as NDArray[]).map((x) => [x.dtype, x.shape, ...x.toTypedArray()]);

/** A tree of arrays through text and back. */
const reread = <T>(carry: T): T =>
  tree.map((x: NDArray) => {
    const text = JSON.stringify({
      dtype: x.dtype,
      shape: x.shape,
      values: [...new Uint8Array(x.toTypedArray().buffer)],
    });
    const { dtype, shape, values } = JSON.parse(text);
    const bytes = new Uint8Array(values).buffer;
    const typed =
      dtype === "float64"
        ? new Float64Array(bytes)
        : dtype === "float32"
          ? new Float32Array(bytes)
          : dtype === "int32"
            ? new Int32Array(bytes)
            : new Uint8Array(bytes);
    return array([...typed], { dtype: dtype === "bool" ? "int32" : dtype })
      .astype(dtype)
      .reshape(shape);
  }, carry as never) as T;

const steps = 60;

describe.each(Object.entries(cases))("%s", (_name, [f, optimizer, start]) => {
  const first = (): Carry => [array(start), optimizer.init(array(start))];

  const states = (step: (...carry: Carry) => Carry): Carry[] => {
    const all = [first()];
    for (let k = 0; k < steps; k++) all.push(step(...all.at(-1)!));
    return all;
  };

  const compiled = jit(stepper(f, optimizer) as never) as unknown as (...carry: Carry) => Carry;
  const history = states(compiled);

  test("a run that is saved after any evaluation goes on with the same bits", () => {
    history.slice(0, -1).forEach((carry, k) => expect(bits(compiled(...reread(carry)))).toEqual(bits(history[k + 1])));
  });

  test.each(["js", "interpreter"] as const)("on %s it takes the steps of wasm, bit for bit", (backend) => {
    const other = jit(stepper(f, optimizer) as never, { backend }) as unknown as typeof compiled;
    states(other).forEach((carry, k) => expect(bits(carry)).toEqual(bits(history[k])));
  });

  test("without jit it takes the same steps, bit for bit", () => {
    states(stepper(f, optimizer)).forEach((carry, k) => expect(bits(carry)).toEqual(bits(history[k])));
  });

  test("structure, shapes and dtypes never change", () => {
    const formOf = (carry: Carry): unknown => [
      tree.structure(carry).text,
      (tree.leaves(carry) as NDArray[]).map(({ dtype, shape }) => [dtype, shape]),
    ];
    history.forEach((carry) => expect(formOf(carry)).toEqual(formOf(history[0]!)));
  });

  test("a scan carries it, with the bits of the loop", () => {
    const body = (carry: Carry): [Carry, NDArray] => [stepper(f, optimizer)(...carry), carry[0]];
    const [last, points] = jit(() =>
      scan(body as never, first() as never, null as never, { length: steps }),
    )() as unknown as [Carry, NDArray];
    expect(bits(last)).toEqual(bits(history.at(-1)));
    expect(points.toList()).toEqual(history.slice(0, -1).map(([x]) => x.toList()));
  });

  test("mapped over starts it takes the steps of a loop", () => {
    const starts = [start, start.map((x) => 0.7 * x), start.map((x) => x * x)];
    const mapped = jit(vmap(stepper(f, optimizer) as never) as never) as unknown as typeof compiled;
    let many: Carry = [array(starts), vmap((x: NDArray) => optimizer.init(x) as never)(array(starts)) as ArrayTree];
    const alone = starts.map((x) => [array(x), optimizer.init(array(x))] as Carry);
    for (let k = 0; k < 40; k++) {
      many = mapped(...many);
      starts.forEach((_, i) => {
        alone[i] = compiled(...alone[i]!);
        const own = tree.map((x: NDArray) => x.at(i).get(), many as never);
        expect(bits(own)).toEqual(bits(alone[i]));
      });
    }
  });
});

test("of 515,313 float32 parameters and 10 pairs it takes 47.5 MB at most, and no float64 vector", () => {
  const state = optim.lbfgs().init(np.zeros([515_313], { dtype: "float32" }));
  const leaves = tree.leaves(state) as NDArray[];
  expect(leaves.filter(({ size, dtype }) => size > 1000 && dtype !== "float32")).toEqual([]);
  expect(leaves.reduce((bytes, { size }) => bytes + 4 * size, 0)).toBeLessThanOrEqual(23 * 4 * 515_313 + 1000);
});

test("40,000 float32 parameters take the same steps compiled, on as many threads as there are, as interpreted", () => {
  const weight = np.arange(40_000).mul(3e-4).add(1).astype("float32");
  const f: Objective = (x) => np.sum(np.cos(x).add(np.square(x).mul(weight)).astype("float64"));
  const optimizer = optim.lbfgs({ memory: 3, lower: -0.9 });
  const start = np.sin(np.arange(40_000)).astype("float32");
  const [seen, wanted] = (["wasm", "interpreter"] as const).map((backend) => {
    const step = jit(stepper(f, optimizer) as never, { backend }) as unknown as (...carry: Carry) => Carry;
    let carry: Carry = [start, optimizer.init(start)];
    for (let k = 0; k < 7; k++) carry = step(...carry);
    return tree.leaves(carry) as NDArray[];
  });
  seen!.forEach((x, k) =>
    expect(Buffer.compare(Buffer.from(x.toTypedArray().buffer), Buffer.from(wanted![k]!.toTypedArray().buffer))).toBe(
      0,
    ),
  );
});
