/** The four published problems: supports and loads as the published program sets them, in its own numbering; and the block. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { corner, edge, elasticity, elementField, face, feSolve, fix, spring } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { compliance, problemPicture, problems } from "cotangent/topopt";
import { floats } from "../fem/fields.ts";
import { parseXml, withClass } from "./render/xml-checker.ts";

type Name = "mbb" | "tensile" | "bridge" | "michell";

/** Nodes column by column from the top left, dofs 2n (x) and 2n + 1 (y, up). */
interface Published {
  readonly fixed: readonly number[];
  readonly force: ReadonlyMap<number, number>;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

const published: Readonly<Record<Name, (nelx: number, nely: number) => Published>> = {
  mbb: (nelx, nely) => ({
    fixed: [...range(nely + 1).map((node) => 2 * node), 2 * ((nelx + 1) * (nely + 1) - 1) + 1],
    force: new Map([[1, -1]]),
  }),
  tensile: (nelx, nely) => ({
    fixed: [...range(nely + 1).map((node) => 2 * node), 2 * (nely / 2) + 1],
    force: new Map([[2 * (nelx * (nely + 1) + nely / 2), 1]]),
  }),
  bridge: (nelx, nely) => ({
    fixed: [nely, nelx * (nely + 1) + nely].flatMap((node) => [2 * node, 2 * node + 1]),
    force: new Map(range(nelx + 1).map((column) => [2 * column * (nely + 1) + 1, -1 / (nelx + 1)])),
  }),
  michell: (nelx, nely) => ({
    fixed: range(2 * (nely + 1)),
    force: new Map([[2 * (nelx * (nely + 1) + nely / 2) + 1, -1]]),
  }),
};

/** Our dof of a published one. */
const renumbered = (dof: number, nelx: number, nely: number): number => {
  const node = Math.floor(dof / 2);
  return 2 * ((node % (nely + 1)) * (nelx + 1) + Math.floor(node / (nely + 1))) + (dof % 2);
};

const names = ["mbb", "tensile", "bridge", "michell"] as const;

describe.each(names)("%s", (name) => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 6 }).map((half) => 2 * half),
  );

  test("its supports and forces are the published ones", () => {
    fc.assert(
      fc.property(sizes, ([nelx, nely]) => {
        const { system, load } = problems[name]({ nelx, nely });
        const { fixed, force } = published[name](nelx, nely);
        const expectedFixed = new Set(fixed.map((dof) => renumbered(dof, nelx, nely)));
        const flags = system.fixed.toTypedArray();
        flags.forEach((flag, dof) => expect(flag === 1).toBe(expectedFixed.has(dof)));
        const expectedForce = new Float64Array(flags.length);
        for (const [dof, value] of force) expectedForce[renumbered(dof, nelx, nely)] = value;
        expect(floats(load)).toEqual(expectedForce);
      }),
    );
  });

  test("it can be solved, its total force is one, and its picture shows every load", () => {
    fc.assert(
      fc.property(sizes, ([nelx, nely]) => {
        const { mesh, system, load } = problems[name]({ nelx, nely });
        const forces = floats(load);
        const total = [0, 1].map((c) => forces.reduce((sum, value, dof) => (dof % 2 === c ? sum + value : sum), 0));
        expect(Math.hypot(...total)).toBeCloseTo(1, 13);
        expect(floats(feSolve(system, elementField(mesh, 1), load)).every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 30 },
    );
    const picture = problemPicture(problems[name]({ nelx: 6, nely: 4 }));
    expect(picture.startsWith("<svg")).toBe(true);
  });
});

test("the forces of the bridge sum to -1 in y and to 0 in x", () => {
  const forces = floats(problems.bridge({ nelx: 96, nely: 64 }).load);
  expect(forces.reduce((sum, value, dof) => (dof % 2 === 1 ? sum + value : sum), 0)).toBeCloseTo(-1, 13);
  expect(forces.every((value, dof) => dof % 2 === 1 || value === 0)).toBe(true);
});

test("problems whose load sits at half height refuse an odd number of rows", () => {
  for (const name of ["tensile", "michell"] as const)
    expect(() => problems[name]({ nelx: 4, nely: 3 })).toThrow(expect.objectContaining({ code: "InvalidProblem" }));
});

test("a problem is a plain record that can be changed by spreading", () => {
  const problem = problems.mbb({ nelx: 4, nely: 2 });
  expect(Object.getPrototypeOf(problem)).toBe(Object.prototype);
  expect(Object.keys(problem).sort()).toEqual(["load", "mesh", "system"]);
});

describe("cantilever3d", () => {
  const sizes = fc.record({
    nelx: fc.integer({ min: 1, max: 5 }),
    nely: fc.integer({ min: 1, max: 4 }),
    nelz: fc.integer({ min: 1, max: 4 }),
  });

  test("is clamped on the left, pulled down by 1 along the lower right edge, and symmetric front to back", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const { mesh, system, load } = problems.cantilever3d(size);
        const left = face(mesh, "left").nodes;
        system.fixed.toTypedArray().forEach((flag, dof) => expect(flag === 1).toBe(left.includes(Math.floor(dof / 3))));
        const forces = floats(load);
        const line = edge(mesh, ["right", "bottom"]).nodes;
        forces.forEach((force, dof) => expect(force < 0).toBe(dof % 3 === 1 && line.includes(Math.floor(dof / 3))));
        expect(forces.reduce((sum, force) => sum + force, 0)).toBeCloseTo(-1, 13);
        expect(floats(np.flip(load, 0) as typeof load)).toEqual(forces);
        expect(compliance({ mesh, system, load }, elementField(mesh, 1)).item()).toBeGreaterThan(0);
      }),
      { numRuns: 25 },
    );
  });

  test("asks for layers, and has no picture in the plane", () => {
    expect(() => problems.cantilever3d({ nelx: 4, nely: 2 } as never)).toThrow(
      expect.objectContaining({ code: "InvalidProblem" }),
    );
    expect(() => problemPicture(problems.cantilever3d({ nelx: 2, nely: 1, nelz: 1 }))).toThrow(
      expect.objectContaining({ code: "InvalidProblem" }),
    );
  });
});

describe("the picture of a problem", () => {
  const classes = ["support", "spring", "load", "output", "weight"] as const;
  const countsOf = (picture: string): readonly number[] =>
    classes.map((own) => withClass(parseXml(picture), own).length);

  test("shows all that holds and loads: springs and output of a mechanism, own weight, every load case", () => {
    expect(countsOf(problemPicture(problems.inverter({ nelx: 8, nely: 4 })))).toEqual([11, 2, 1, 1, 0]);
    expect(countsOf(problemPicture(problems.arch({ nelx: 8, nely: 4 })))).toEqual([2, 0, 0, 0, 1]);
    expect(countsOf(problemPicture(problems.multiLoad({ nelx: 8, nely: 4 })))).toEqual([5, 0, 2, 0, 0]);
    expect(countsOf(problemPicture({ ...problems.mbb({ nelx: 8, nely: 4 }), weight: [0, 0] }))).toEqual([
      6, 0, 1, 0, 0,
    ]);
  });

  test("names them in its caption", () => {
    expect(problemPicture(problems.inverter({ nelx: 8, nely: 4 }))).toContain("2 springs · 1 load · 1 output");
    expect(problemPicture(problems.arch({ nelx: 8, nely: 4 }))).toContain("0 loads · own weight");
  });

  test("adds up the springs at a node, and leaves out those that are not stiff", () => {
    const { mesh, load } = problems.mbb({ nelx: 4, nely: 2 });
    const [tip, foot] = [corner(mesh, "topRight"), corner(mesh, "bottomRight")];
    const springs = [spring(tip, "x", 2), spring(tip, "all", 3), spring(foot, "y", 0)];
    const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")], springs });
    const picture = problemPicture({ mesh, system, load });
    expect(countsOf(picture)).toEqual([3, 2, 1, 0, 0]);
    expect(picture).toContain("spring in x: node 4 (row 0, column 4), stiffness 5");
    expect(picture).toContain("spring in y: node 4 (row 0, column 4), stiffness 3");
  });

  test("of what is no structure is refused, with what was seen", () => {
    for (const [problem, seen] of [
      [problems.heatSink({ nelx: 8, nely: 4 }), 'a problem of kind "heat'],
      [undefined, "undefined in the place of a problem"],
      [{}, "{} in the place of a problem"],
      [3, "3 in the place of a problem"],
    ] as const) {
      const asked = (): string => problemPicture(problem as never);
      expect(asked).toThrow(expect.objectContaining({ code: "InvalidProblem" }));
      expect(asked).toThrow(`problemPicture: ${seen}`);
    }
    expect(() => problemPicture(problems.mbb({ nelx: 8, nely: 4 }), { titel: "a" } as never)).toThrow(
      expect.objectContaining({ code: "UnknownOption" }),
    );
  });
});
