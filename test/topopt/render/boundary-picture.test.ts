/**
 * Laws of the boundary picture: one mark per support, one arrow per load, each where its node is, pointing where the force does.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundaryPicture } from "../../../topopt/render/index.ts";
import type { BoundaryPicture, PictureLoad, PictureSupport } from "../../../topopt/render/index.ts";
import { brokenNumber, parseXml, withClass } from "./xml-checker.ts";
import type { XmlElement } from "./xml-checker.ts";

const forces: fc.Arbitrary<number> = fc.oneof(
  fc.double({ min: -5, max: 5, noNaN: true }),
  fc.double({ min: -1e200, max: 1e200, noNaN: true }),
  fc.constantFrom(0, 1, -1, 5e-324),
);
const pictures: fc.Arbitrary<BoundaryPicture> = fc
  .tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 }))
  .chain(([nelx, nely]) => {
    const node = fc.nat({ max: (nelx + 1) * (nely + 1) - 1 });
    const supports: fc.Arbitrary<PictureSupport> = fc
      .record({ node, x: fc.boolean(), y: fc.boolean() })
      .filter(({ x, y }) => x || y);
    const loads: fc.Arbitrary<PictureLoad> = fc
      .record({ node, fx: forces, fy: forces })
      .filter(({ fx, fy }) => fx !== 0 || fy !== 0);
    const density = fc.option(
      fc.float64Array({ minLength: nelx * nely, maxLength: nelx * nely, min: 0, max: 1, noNaN: true }),
      { nil: undefined },
    );
    return fc.record({
      nelx: fc.constant(nelx),
      nely: fc.constant(nely),
      supports: fc.array(supports, { maxLength: 20 }),
      loads: fc.array(loads, { maxLength: 20 }),
      density,
    });
  });

const stiffness = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e9, noNaN: true }));
const sprung = pictures.chain((picture) =>
  fc.record({
    picture: fc.constant(picture),
    springs: fc.array(
      fc
        .record({ node: fc.nat({ max: (picture.nelx + 1) * (picture.nely + 1) - 1 }), x: stiffness, y: stiffness })
        .filter(({ x, y }) => x > 0 || y > 0),
      { maxLength: 8 },
    ),
  }),
);

interface Arrow {
  readonly title: string;
  readonly tail: readonly [number, number];
  readonly tip: readonly [number, number];
}

const titleOf = (elements: readonly XmlElement[], group: XmlElement): string => {
  const index = elements.indexOf(group);
  return elements.find(({ name, parent }) => name === "title" && parent === index)!.text;
};

/** Arrows of a picture, in the order of the loads. */
function arrowsOf(svg: string): readonly Arrow[] {
  const elements = parseXml(svg);
  return withClass(elements, "load").map((group) => {
    const index = elements.indexOf(group);
    const shaft = elements.find(({ name, parent }) => name === "line" && parent === index)!.attributes;
    const head = elements.find(({ name, parent }) => name === "polygon" && parent === index)!.attributes["points"]!;
    const [x, y] = head.split(" ")[0]!.split(",").map(Number);
    return { title: titleOf(elements, group), tail: [Number(shaft["x1"]), Number(shaft["y1"])], tip: [x!, y!] };
  });
}

const [nelx, nely] = [96, 64];
const columns = nelx + 1;
const leftEdge = (x: boolean, y: boolean): readonly PictureSupport[] =>
  Array.from({ length: nely + 1 }, (_, row) => ({ node: row * columns, x, y }));
const lowerRight = nely * columns + nelx;
const problems: Readonly<Record<string, BoundaryPicture>> = {
  mbb: {
    nelx,
    nely,
    supports: [...leftEdge(true, false), { node: lowerRight, x: false, y: true }],
    loads: [{ node: 0, fx: 0, fy: -1 }],
  },
  tensile: {
    nelx,
    nely,
    supports: leftEdge(true, true),
    loads: Array.from({ length: nely + 1 }, (_, row) => ({ node: row * columns + nelx, fx: 1 / (nely + 1), fy: 0 })),
  },
  bridge: {
    nelx,
    nely,
    supports: [nely * columns, lowerRight].map((node) => ({ node, x: true, y: true })),
    loads: Array.from({ length: columns }, (_, node) => ({ node, fx: 0, fy: -1 / columns })),
  },
  michell: {
    nelx,
    nely,
    supports: leftEdge(true, true),
    loads: [{ node: (nely / 2) * columns + nelx, fx: 0, fy: -1 }],
  },
};

describe("boundaryPicture", () => {
  test("holds one arrow per load and one mark per support, each naming its node, well formed and without a broken number", () =>
    fc.assert(
      fc.property(pictures, (picture) => {
        const svg = boundaryPicture(picture);
        expect(svg.replace(/href="[^"]*"/, "")).not.toMatch(brokenNumber);
        const elements = parseXml(svg);
        const loads = withClass(elements, "load").map((group) => titleOf(elements, group));
        const supports = withClass(elements, "support").map((group) => titleOf(elements, group));
        expect(loads).toHaveLength(picture.loads.length);
        expect(supports).toHaveLength(picture.supports.length);
        picture.loads.forEach(({ node, fx, fy }, at) => {
          expect(loads[at]).toContain(`node ${node} `);
          expect(loads[at]!.endsWith(`fx = ${fx}, fy = ${fy}`)).toBe(true);
        });
        picture.supports.forEach(({ node, x, y }, at) => {
          expect(supports[at]).toContain(`node ${node} `);
          expect(supports[at]!.startsWith(x && y ? "fixed in x and y" : x ? "fixed in x:" : "fixed in y:")).toBe(true);
        });
      }),
    ));

  test("every arrow touches its node and points along its force, fy up the screen", () =>
    fc.assert(
      fc.property(pictures, (picture) => {
        const cell = Math.min(48, 600 / picture.nelx, 420 / picture.nely);
        arrowsOf(boundaryPicture(picture)).forEach(({ tail, tip }, at) => {
          const { node, fx, fy } = picture.loads[at]!;
          const place = [(node % (picture.nelx + 1)) * cell, Math.floor(node / (picture.nelx + 1)) * cell] as const;
          const reach = Math.min(
            Math.hypot(tail[0] - place[0], tail[1] - place[1]),
            Math.hypot(tip[0] - place[0], tip[1] - place[1]),
          );
          expect(reach).toBeLessThan(0.02);
          const length = Math.hypot(tip[0] - tail[0], tip[1] - tail[1]);
          expect(length).toBeGreaterThan(5);
          const largest = Math.max(Math.abs(fx), Math.abs(fy));
          const size = Math.hypot(fx / largest, fy / largest);
          expect(Math.abs((tip[0] - tail[0]) / length - fx / largest / size)).toBeLessThan(0.01);
          expect(Math.abs((tip[1] - tail[1]) / length + fy / largest / size)).toBeLessThan(0.01);
        });
      }),
    ));

  test("everything drawn lies within the view", () =>
    fc.assert(
      fc.property(pictures, (picture) => {
        const svg = boundaryPicture(picture);
        const [left, top, width, height] = parseXml(svg)[0]!.attributes["viewBox"]!.split(" ").map(Number);
        for (const [x, y] of arrowsOf(svg).flatMap(({ tail, tip }) => [tail, tip])) {
          expect(x >= left! && x <= left! + width!).toBe(true);
          expect(y >= top! && y <= top! + height!).toBe(true);
        }
      }),
    ));

  test("fy = -1 on the top left node of the half beam comes from above and ends at the node", () => {
    const [arrow] = arrowsOf(boundaryPicture(problems["mbb"]!));
    expect(arrow!.tip).toEqual([0, 0]);
    expect(arrow!.tail[1]).toBeLessThan(-20);
    expect(arrow!.title).toBe("load at node 0 (row 0, column 0): fx = 0, fy = -1");
  });

  test.each(Object.entries(problems))("%s: the legend counts what is drawn", (_, problem) => {
    const elements = parseXml(boundaryPicture(problem));
    const names = elements
      .filter(({ name, parent }) => name === "text" && elements[parent]?.attributes["class"] === "legend-entry")
      .map(({ text }) => text);
    const counted = names.map((name) => Number(/\((\d+)\)$/.exec(name)![1]));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(problem.supports.length + problem.loads.length);
    expect(names.at(-1)).toBe(`load (${problem.loads.length})`);
  });

  test("equal loads side by side share one label with their number and sum", () => {
    const labels = withClass(parseXml(boundaryPicture(problems["bridge"]!)), "load-label").map(({ text }) => text);
    expect(labels).toEqual(["97 × fy = −0.01031, total −1"]);
  });

  test("different loads far apart keep a label each", () => {
    const loads = [
      { node: 0, fx: 1, fy: 0 },
      { node: 10, fx: 0, fy: -2 },
      { node: 20, fx: 0.5, fy: -3 },
    ];
    const labels = withClass(parseXml(boundaryPicture({ nelx: 20, nely: 4, supports: [], loads })), "load-label").map(
      ({ text }) => text,
    );
    expect(labels.toSorted()).toEqual(["fx = 1", "fy = −2", "(0.5, −3)"].toSorted());
  });

  test("the three kinds of support have three different shapes", () => {
    const supports = [
      { node: 0, x: true, y: false },
      { node: 2, x: false, y: true },
      { node: 4, x: true, y: true },
    ];
    const elements = parseXml(boundaryPicture({ nelx: 4, nely: 1, supports, loads: [] }));
    const marks = withClass(elements, "support").map((group) => {
      const index = elements.indexOf(group);
      const turn = /rotate\((-?\d+)\)/.exec(group.attributes["transform"]!)![1];
      const shapes = elements.filter(({ parent, name }) => parent === index && (name === "circle" || name === "path"));
      return `${shapes.map(({ name }) => name).join(" ")} ${turn}`;
    });
    expect(marks).toEqual(["circle 90", "circle 180", "path 180"]);
  });

  test("a density replaces the grid by an image of the same place", () => {
    const picture = { ...problems["mbb"]!, density: new Float64Array(nelx * nely).fill(0.5) };
    const image = parseXml(boundaryPicture(picture)).find(({ name }) => name === "image")!;
    expect(image.attributes["href"]).toMatch(/^data:image\/png;base64,iVBORw0KGgo/);
    expect(Number(image.attributes["width"]) / Number(image.attributes["height"])).toBeCloseTo(nelx / nely, 6);
  });

  test("the documented example holds", () => {
    const supports = [{ node: 0, x: true, y: true }];
    expect(
      boundaryPicture({ nelx: 2, nely: 1, supports, loads: [{ node: 5, fx: 0, fy: -1 }] }).includes("fy = -1"),
    ).toBe(true);
  });

  test("markup in the title is escaped", () => {
    const title = `<script>"a" & 'b'</script>`;
    const elements = parseXml(boundaryPicture({ ...problems["mbb"]!, title }));
    expect(elements.some(({ name }) => name === "script")).toBe(false);
    expect(elements.filter(({ text }) => text === title)).toHaveLength(2);
  });

  test("every spring has a mark per direction, which names its node and stiffness and lies within the view", () =>
    fc.assert(
      fc.property(sprung, ({ picture, springs }) => {
        const svg = boundaryPicture({ ...picture, springs });
        expect(svg.replace(/href="[^"]*"/, "")).not.toMatch(brokenNumber);
        const elements = parseXml(svg);
        const marks = withClass(elements, "spring");
        const expected = springs.flatMap(({ node, x, y }) => [
          ...(x === 0 ? [] : [[`spring in x: node ${node} `, `stiffness ${x}`]]),
          ...(y === 0 ? [] : [[`spring in y: node ${node} `, `stiffness ${y}`]]),
        ]);
        expect(marks).toHaveLength(expected.length);
        expected.forEach(([start, end], at) => {
          const title = titleOf(elements, marks[at]!);
          expect([title.startsWith(start!), title.endsWith(end!)]).toEqual([true, true]);
        });
        const [left, top, width, height] = elements[0]!.attributes["viewBox"]!.split(" ").map(Number);
        for (const mark of marks) {
          const [, placeX, placeY] = /translate\(([-\d.]+) ([-\d.]+)\)/
            .exec(mark.attributes["transform"]!)!
            .map(Number);
          const index = elements.indexOf(mark);
          const line = elements.find(({ name, parent }) => name === "path" && parent === index)!.attributes["d"]!;
          for (const pair of line.split(/[ML]/).slice(1)) {
            const [x, y] = pair.split(" ").map(Number);
            expect(placeX! + x! >= left! && placeX! + x! <= left! + width!).toBe(true);
            expect(placeY! + y! >= top! && placeY! + y! <= top! + height!).toBe(true);
          }
        }
      }),
    ));

  test("an output is an arrow along its direction that is no load, and counted apart", () => {
    const outputs = [{ node: 4, fx: 1, fy: 0 }];
    const svg = boundaryPicture({ nelx: 4, nely: 1, supports: [], loads: [{ node: 0, fx: 0, fy: -1 }], outputs });
    const elements = parseXml(svg);
    expect(withClass(elements, "load")).toHaveLength(1);
    const [output] = withClass(elements, "output");
    expect(titleOf(elements, output!)).toBe("output at node 4 (row 0, column 4): x = 1, y = 0");
    const shaft = elements.find(({ name, parent }) => name === "line" && parent === elements.indexOf(output!))!;
    expect([shaft.attributes["x1"], shaft.attributes["y1"]]).toEqual(["192", "0"]);
    expect(Number(shaft.attributes["x2"])).toBeGreaterThan(192);
    expect(elements.map(({ text }) => text)).toEqual(expect.arrayContaining(["load (1)", "output (1)"]));
  });

  test("own weight is one wide arrow from the middle of the grid, along the weight, fy up the screen", () =>
    fc.assert(
      fc.property(
        forces,
        forces.filter((own) => own !== 0),
        (fx, fy) => {
          const svg = boundaryPicture({ nelx: 8, nely: 4, supports: [], loads: [], weight: { fx, fy } });
          expect(svg).not.toMatch(brokenNumber);
          const elements = parseXml(svg);
          const marks = withClass(elements, "weight");
          expect(marks.map((mark) => titleOf(elements, mark))).toEqual([
            `own weight, per unit of density and area: fx = ${fx}, fy = ${fy}`,
          ]);
          const shape = elements.find(
            ({ parent, name }) => name === "polygon" && parent === elements.indexOf(marks[0]!),
          );
          const corners = shape!.attributes["points"]!.split(" ").map((pair) => pair.split(",").map(Number));
          const [tailX, tailY] = [0, 1].map((k) => (corners[0]![k]! + corners[6]![k]!) / 2);
          expect([Math.abs(tailX! - 192) < 0.02, Math.abs(tailY! - 96) < 0.02]).toEqual([true, true]);
          const along = [corners[3]![0]! - 192, corners[3]![1]! - 96];
          const largest = Math.max(Math.abs(fx), Math.abs(fy));
          const size = Math.hypot(fx / largest, fy / largest) / Math.hypot(along[0]!, along[1]!);
          expect(Math.abs(along[0]! * size - fx / largest)).toBeLessThan(0.01);
          expect(Math.abs(along[1]! * size + fy / largest)).toBeLessThan(0.01);
        },
      ),
    ));

  const bare = { nelx: 2, nely: 1, supports: [], loads: [] };
  test.each([
    [{ supports: [{ node: 6, x: true, y: true }] }, "support 0 at node 6. The nodes of 2 x 1 elements are 0 to 5"],
    [{ supports: [{ node: 0, x: false, y: false }] }, "support 0 at node 0 that fixes neither x nor y"],
    [{ supports: [null] }, "supports[0] null"],
    [{ supports: undefined }, "supports undefined"],
    [{ loads: 3 }, "loads 3"],
    [{ loads: [{ node: 1.5, fx: 1, fy: 0 }] }, "load 0 at node 1.5"],
    [{ loads: [{ node: 0, fx: 0, fy: 0 }] }, "components (0, 0)"],
    [{ loads: [{ node: 0, fx: Number.NaN, fy: 0 }] }, "components (NaN, 0)"],
    [{ loads: [{ node: 0, fx: Infinity, fy: 0 }] }, "components (Infinity, 0)"],
    [{ loads: [{ node: 0 }] }, "components (undefined, undefined)"],
    [{ outputs: [{ node: 7, fx: 1, fy: 0 }] }, "output 0 at node 7"],
    [{ springs: [{ node: 0, x: 0, y: 0 }] }, "spring 0 at node 0 with stiffness (0, 0)"],
    [{ springs: [{ node: 0, x: -1, y: 0 }] }, "stiffness (-1, 0)"],
    [{ springs: [{ node: -1, x: 1, y: 0 }] }, "spring 0 at node -1"],
    [{ weight: { fx: 0, fy: 0 } }, "weight { fx: 0, fy: 0 }"],
    [{ weight: 3 }, "weight 3"],
    [{ nelx: 0 }, "nelx 0"],
    [{ nely: 1.5 }, "nely 1.5"],
    [{ title: 3 }, "title 3"],
  ])("%o cannot be drawn and is refused by name", (options, seen) => {
    const asked = (): string => boundaryPicture({ ...bare, ...options } as never);
    expect(asked).toThrow(expect.objectContaining({ code: "InvalidOption" }));
    expect(asked).toThrow(seen);
  });

  test("a density of another size, an unknown option and no picture at all are refused", () => {
    expect(() => boundaryPicture({ ...bare, density: [1] })).toThrow(
      expect.objectContaining({ code: "ShapeMismatch", message: expect.stringContaining("[1] with nelx 2, nely 1") }),
    );
    expect(() => boundaryPicture({ ...bare, load: [] } as never)).toThrow(
      expect.objectContaining({ code: "UnknownOption" }),
    );
    expect(() => boundaryPicture(undefined as never)).toThrow(expect.objectContaining({ code: "InvalidOption" }));
  });
});
