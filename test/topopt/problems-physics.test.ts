/** Problems that are no stiff structure under one load: a mechanism, a conductor, two load cases, and own weight. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, jit, valueAndGrad } from "cotangent";
import type { NDArray } from "cotangent";
import { elementField, feSolve } from "cotangent/fem";
import type { ElementField, VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import {
  compliance,
  constraint,
  densityFilter,
  objectives,
  optimalityCriteria,
  optimize,
  pixels,
  problems,
  selfWeight,
  simp,
} from "cotangent/topopt";
import { floats, innerProduct, wave } from "../fem/fields.ts";

const sizes = fc.record({ nelx: fc.integer({ min: 1, max: 12 }), nely: fc.integer({ min: 1, max: 12 }) });
const modulusOf = (shape: readonly number[], phase: number): ElementField =>
  wave(shape, phase, { middle: 0.6, amplitude: 0.4 }) as ElementField;

describe("inverter", () => {
  test("the output moves under the input force as the input would under that force at the output", () => {
    fc.assert(
      fc.property(sizes, ({ nelx, nely }) => {
        const { mesh, system, load, output } = problems.inverter({ nelx, nely: nely + 1 });
        const modulus = modulusOf(mesh.elementShape, 1);
        const there = innerProduct(output, feSolve(system, modulus, load));
        const back = innerProduct(load, feSolve(system, modulus, output));
        // A unit force on a spring of 0.1 moves it by 10 at most.
        expect(Math.abs(there - back)).toBeLessThan(1e-12 * 10);
      }),
    );
  });

  test("the published half: pushed at the upper left, read at the upper right, symmetric on top, two nodes held", () => {
    const { system, load, output, volumeFraction } = problems.inverter({ nelx: 40, nely: 20 });
    const columnsOfNodes = 41;
    const at = (row: number, column: number, component: number): number =>
      2 * (row * columnsOfNodes + column) + component;
    const held = new Set([
      ...Array.from({ length: columnsOfNodes }, (_, column) => at(0, column, 1)),
      ...[19, 20].flatMap((row) => [at(row, 0, 0), at(row, 0, 1)]),
    ]);
    system.fixed.toTypedArray().forEach((flag, dof) => expect(flag === 1).toBe(held.has(dof)));
    expect(floats(load).findIndex((force) => force === 1)).toBe(at(0, 0, 0));
    expect(floats(output).findIndex((force) => force === 1)).toBe(at(0, 40, 0));
    for (const field of [load, output]) expect(np.sum(np.abs(field)).item()).toBe(1);
    expect(system.springs.map(({ nodes, direction, stiffness }) => [nodes.nodes, direction, stiffness])).toEqual([
      [[0], "x", 0.1],
      [[40], "x", 0.1],
    ]);
    expect(volumeFraction).toBe(0.3);
  });

  test("springs and force are the asked ones; other values are refused", () => {
    const asked = problems.inverter({ nelx: 4, nely: 2, inputStiffness: 1, outputStiffness: 0.001, inputForce: 3 });
    expect(asked.system.springs.map(({ stiffness }) => stiffness)).toEqual([1, 0.001]);
    expect(np.sum(asked.load).item()).toBe(3);
    for (const wrong of [{ inputForce: Number.NaN }, { inputStiffness: -1 }, { outputStiffness: "1" as never }])
      expect(() => problems.inverter({ nelx: 4, nely: 2, ...wrong })).toThrow(
        expect.objectContaining({ code: "InvalidOption" }),
      );
    expect(() => problems.inverter({ nelx: 4, nely: 1 })).toThrow(expect.objectContaining({ code: "InvalidProblem" }));
    expect(() => problems.inverter({ nelx: 4, nely: 2, spring: 1 } as never)).toThrow(
      expect.objectContaining({ code: "UnknownOption" }),
    );
  });

  test("designed for it, the output moves against the input", () => {
    const { mesh, system, load, output, volumeFraction } = problems.inverter({ nelx: 20, nely: 10 });
    const filter = densityFilter(mesh, { radius: 1.2 });
    const motion = (own: ElementField): NDArray =>
      np.vdot(output, feSolve(system, simp(filter(own), { eMin: 1e-3 }), load));
    const evaluate = jit(valueAndGrad(motion));
    const volumeGradient = grad((own: ElementField) => np.mean(filter(own)))(elementField(mesh, 1));
    let design = elementField(mesh, volumeFraction!);
    expect(motion(design).item()).toBeGreaterThan(0);
    for (let iteration = 0; iteration < 40; iteration++)
      design = optimalityCriteria({
        design,
        // Material that would move the output forward counts for nothing, as in Sigmund's update.
        objectiveGradient: np.minimum(evaluate(design)[1], -1e-10) as ElementField,
        volumeGradient,
        volumeFraction: volumeFraction!,
        move: 0.1,
        volumeTolerance: 1e-9,
      }).design;
    expect(motion(design).item()).toBeLessThan(-0.5);
  });
});

describe("heatSink", () => {
  test("1 watt comes in, its compliance is the mean temperature, and upper and lower half are alike", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const problem = problems.heatSink(size);
        expect(Math.abs(np.sum(problem.load).item() - 1)).toBeLessThan(1e-13);
        const { fixed } = problem.system;
        expect(np.sum(fixed).item()).toBeGreaterThan(0);
        expect(np.flip(fixed, 0).toTypedArray()).toEqual(fixed.toTypedArray());
        const modulus = modulusOf(problem.mesh.elementShape, 2);
        const temperature = feSolve(problem.system, modulus, problem.load);
        const { nelx, nely } = size;
        const corners = [0, 1].flatMap((row) =>
          [0, 1].map((column) => temperature.at(np.slice(row, nely + row), np.slice(column, nelx + column)).get()),
        );
        const mean = corners.reduce((sum, own) => sum + np.mean(own).item(), 0) / 4;
        expect(Math.abs(compliance(problem, modulus).item() / mean - 1)).toBeLessThan(1e-11);
      }),
    );
  });

  test("the sink is the middle tenth of the left edge", () => {
    const { fixed } = problems.heatSink({ nelx: 5, nely: 40 }).system;
    const held = np.reshape(fixed.astype("int32"), [41, 6]).toList() as number[][];
    held.forEach((row, r) =>
      row.forEach((flag, column) => expect(flag).toBe(column === 0 && r >= 18 && r <= 22 ? 1 : 0)),
    );
  });
});

test("the load cases of multiLoad are each other's mirror image, and their compliances add up", () => {
  fc.assert(
    fc.property(sizes, (size) => {
      const problem = problems.multiLoad(size);
      const [down, up] = [0, 1].map((at) => problem.load.at(at).get() as VectorField);
      const mirrored = np.flip(down!, 0).mul(np.array([1, -1]));
      expect(floats(up!).map((force) => force + 0)).toEqual(floats(mirrored).map((force) => force + 0));
      const modulus = elementField(problem.mesh, 0.5);
      const alone = [down!, up!].map((load) => compliance({ ...problem, load }, modulus).item());
      expect(Math.abs(alone[0]! / alone[1]! - 1)).toBeLessThan(1e-10);
      expect(Math.abs(compliance(problem, modulus).item() / (alone[0]! + alone[1]!) - 1)).toBeLessThan(1e-13);
    }),
  );
});

test("the arch weighs 1 newton where it is solid, bears nothing else, and sinks alike on both sides", () => {
  fc.assert(
    fc.property(sizes, (size) => {
      const { mesh, system, load, weight } = problems.arch(size);
      expect(floats(load).every((force) => force === 0)).toBe(true);
      const own = selfWeight(mesh, elementField(mesh, 1), weight!);
      expect(Math.abs(np.sum(own).item() + 1)).toBeLessThan(1e-13);
      const u = feSolve(system, elementField(mesh, 1), own);
      expect(innerProduct(own, u)).toBeGreaterThan(0);
      const mirrored = np.flip(u, 1).mul(np.array([-1, 1]));
      const largest = np.max(np.abs(u)).item();
      expect(np.max(np.abs(u.sub(mirrored))).item()).toBeLessThan(1e-10 * largest);
    }),
  );
});

test("under its own weight alone nothing is lightest: bounded from above the arch vanishes, from below it keeps its volume", () => {
  const problem = problems.arch({ nelx: 24, nely: 12 });
  const volumeUnder = (sense: "<=" | ">="): number =>
    optimize({
      problem,
      parameterization: pixels(problem),
      optimizer: optim.mma({ lower: 0, upper: 1 }),
      constraints: { volume: constraint(objectives.volume(), sense, 0.2) },
      stop: { iterations: 60 },
    }).history.at(-1)!.volume;
  expect(volumeUnder("<=")).toBeLessThan(1e-6);
  expect(Math.abs(volumeUnder(">=") - 0.2)).toBeLessThan(0.002);
});
