/**
 * The suite of Hoyer, Sohl-Dickstein & Greydanus 2019 against numbers that its own definitions give (suite-reference.json):
 * loads, supports and masks of all tasks by plain and weighted sums, compliances of the small ones in their physics.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ElementField } from "cotangent/fem";
import { elementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { compliance, designObjective, minimizeCompliance, problemPicture, problems } from "cotangent/topopt";
import type { Problem, SuiteTask } from "cotangent/topopt";
import { circleWeight, lineWeight } from "../../topopt/problems/suite/soft-lines.ts";
import { rounded } from "../../topopt/problems/suite/family.ts";
import { floats } from "../fem/fields.ts";

type Row = readonly [
  forceX: number,
  forceY: number,
  weightedForce: number,
  fixed: number,
  weightedFixed: number,
  open: number,
  weightedOpen: number,
  compliance: number,
];

const reference = (
  JSON.parse(readFileSync(new URL("suite-reference.json", import.meta.url), "utf8")) as {
    readonly tasks: Readonly<Record<string, Row>>;
  }
).tasks;

const [all, small] = [problems.suite("all"), problems.suite("small")];
const byName = (list: readonly SuiteTask[]): [string, SuiteTask][] => list.map((task) => [task.name, task]);

/** Sum, and sum under the weight that the reference states, of numbers given row by row. */
const sums = (values: ArrayLike<number>, columns: number, components: number): readonly [number, number] => {
  let [plain, weighted] = [0, 0];
  for (let k = 0; k < values.length; k++) {
    const node = Math.floor(k / components);
    const weight = ((31 * (node % columns) + 17 * Math.floor(node / columns) + 7 * (k % components)) % 101) + 1;
    plain += values[k]!;
    weighted += weight * values[k]!;
  }
  return [plain, weighted];
};

/** The reference counts y down and keeps the numbers of its forces; a force that has both components is turned over here. */
const asDefined = ({ load }: Problem, family: string): Float64Array =>
  family === "two_level_bridge" ? floats(load).map((force, dof) => (dof % 2 === 0 ? -force : force)) : floats(load);

const maskOf = ({ mesh, mask }: Problem): ElementField => mask ?? elementField(mesh, 1);

describe("the definitions", () => {
  test("the names are those of the reference, in its order", () => {
    expect(all.map((task) => task.name)).toEqual(Object.keys(reference));
    expect(new Set(all.map((task) => task.family)).size).toBe(28);
  });

  test.each(byName(all))("loads, supports and mask of %s are those of the reference", (name, task) => {
    const problem = task.build();
    const [forceX, forceY, weightedForce, ...counts] = reference[name]!;
    const forces = asDefined(problem, task.family);
    const size = forces.reduce((sum, force) => sum + Math.abs(force), 0);
    const close = (seen: number, expected: number): void =>
      expect(Math.abs(seen - expected)).toBeLessThan(1e-12 * 101 * size);
    const columns = task.nelx + 1;
    close(
      sums(
        forces.filter((_, dof) => dof % 2 === 0),
        columns,
        1,
      )[0],
      forceX,
    );
    close(
      sums(
        forces.filter((_, dof) => dof % 2 === 1),
        columns,
        1,
      )[0],
      forceY,
    );
    close(sums(forces, columns, 2)[1], weightedForce);
    const fixed = sums(problem.system.fixed.toTypedArray(), columns, 2);
    expect([...fixed, ...sums(floats(maskOf(problem)), task.nelx, 1)]).toEqual(counts.slice(0, 4));
    expect(problem.name).toBe(name);
    expect(problem.volumeFraction).toBe(task.volumeFraction);
    expect([problem.mesh.nelx, problem.mesh.nely]).toEqual([task.nelx, task.nely]);
  });
});

describe("the small tasks", () => {
  test("are of up to 4096 elements, one of every family at least", () => {
    expect(small.length).toBe(29);
    expect(new Set(small.map((task) => task.family)).size).toBe(28);
    expect(all.filter((task) => task.nelx * task.nely <= 4096)).toEqual(small);
  });

  test.each(byName(small))("the compliance of %s is that of the reference's physics", (name, task) => {
    const problem = task.build();
    const { nelx, nely } = problem.mesh;
    const phase = Float64Array.from({ length: nelx * nely }, (_, k) => 0.13 * (k % nelx) + 0.37 * Math.floor(k / nelx));
    const density = np
      .sin(np.array(phase, { shape: [nely, nelx] }))
      .mul(0.3)
      .add(0.5);
    const modulus = elementField(
      problem.mesh,
      np
        .power(density.mul(maskOf(problem)), 3)
        .mul(0.999)
        .add(1e-3),
    );
    expect(Math.abs(compliance(problem, modulus).item() / reference[name]!.at(-1)! - 1)).toBeLessThan(1e-9);
  });

  test.each(byName(small))("%s has a positive compliance at density 0.5, and a picture", (_name, task) => {
    const problem = task.build();
    const half = maskOf(problem).mul(0.5) as ElementField;
    const value = designObjective(problem, { filterRadius: 0 })(half)[0].item();
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThan(Infinity);
    expect(problemPicture(problem).startsWith("<svg")).toBe(true);
  });

  test("roof and staggered points look the same from behind", () => {
    for (const name of ["roof_64x64_0.2", "staggered_points_64x64_0.3"]) {
      const { load, system } = problems.suite(name);
      expect(floats(np.flip(load, 1))).toEqual(floats(load));
      expect(np.flip(system.fixed, 1).toTypedArray()).toEqual(system.fixed.toTypedArray());
    }
  });
});

// By an independent program (SciPy, the reference's numbering): cone filter of radius 2, move limit 0.2, modulus from 1e-9.
// After 1000 iterations these three reach 210.5066, 256.6972 and 54.2945.
test.each([
  ["mbb_beam_96x32_0.5", 214.86098264706],
  ["cantilever_beam_full_96x32_0.4", 263.20673367913],
  ["michell_centered_both_32x64_0.12", 55.729701134465],
] as const)(
  "the 30th design of optimality criteria for %s has the compliance of an independent program",
  (name, expected) => {
    const problem = problems.suite(name);
    const { history } = minimizeCompliance(problem, {
      volumeFraction: problem.volumeFraction!,
      filterRadius: 2,
      iterations: 30,
    });
    expect(Math.abs(history.at(-1)!.objective / expected - 1)).toBeLessThan(1e-7);
  },
);

describe("names", () => {
  test("an unknown name is refused: with the tasks of its family, or with how to list them", () => {
    expect(() => problems.suite("mbb_beam_96x32")).toThrow(/Tasks of this family: mbb_beam_96x32_0\.5, /);
    expect(() => problems.suite("beam")).toThrow(/suite\("all"\) lists them/);
    for (const name of ["", "mbb_beam", "constructor", 3 as never, undefined as never])
      expect(() => problems.suite(name)).toThrow(expect.objectContaining({ code: "InvalidProblem" }));
  });

  test("a task is built anew each time, and by name as from the list", () => {
    const [task] = small;
    const [one, other] = [task!.build(), problems.suite(task!.name)];
    expect(one.system).not.toBe(other.system);
    expect(floats(one.load)).toEqual(floats(other.load));
  });
});

describe("anti-aliased curves", () => {
  test("a line's weights are those of scikit-image, do not depend on its direction, and are 0 outside its box", () => {
    const [from, to] = [
      { column: 0, row: 0 },
      { column: 8, row: 3 },
    ] as const;
    const expected = [
      [1, 0.06367082, 0, 0],
      [0.64887656, 0.41479426, 0, 0],
      [0.29775312, 0.76591771, 0, 0],
      [0, 0.88295885, 0.18071197, 0],
      [0, 0.53183541, 0.53183541, 0],
      [0, 0.18071197, 0.88295885, 0],
      [0, 0, 0.76591771, 0.29775312],
      [0, 0, 0.41479426, 0.64887656],
      [0, 0, 0.06367082, 1],
    ];
    for (let column = -1; column <= 9; column++)
      for (let row = -1; row <= 4; row++) {
        const seen = lineWeight(from, to)({ column, row });
        expect(Math.abs(seen - (expected[column]?.[row] ?? 0))).toBeLessThan(1e-8);
        expect(Math.abs(lineWeight(to, from)({ column, row }) - seen)).toBeLessThan(1e-15);
      }
  });

  test("a circle's weights are those of scikit-image and have the symmetries of the square", () => {
    // Column by column from the middle of a circle of radius 4, going outwards.
    const expected = [
      [0, 0, 0, 0, 1],
      [0, 0, 0, 0.127, 0.873],
      [0, 0, 0, 0.354, 0.464],
      [0, 0.127, 0.354, 0.646, 0],
      [1, 0.873, 0.464, 0, 0],
    ];
    const weight = circleWeight(4);
    for (let column = -5; column <= 5; column++)
      for (let row = -5; row <= 5; row++) {
        const seen = weight({ column, row });
        expect(Math.abs(seen - (expected[Math.abs(column)]?.[Math.abs(row)] ?? 0))).toBeLessThan(5.1e-4);
        expect(weight({ column: row, row: -column })).toBe(seen);
      }
  });

  test("halves are rounded to the even number", () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4999, 2.5001, 3].map(rounded).map((value) => value + 0)).toEqual([
      0, 2, 2, 0, -2, 2, 3, 3,
    ]);
  });
});
