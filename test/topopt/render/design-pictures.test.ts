/**
 * Laws of pictures with words: markup in titles and captions stays text, embedded pictures are the designs, everything lies in the frame.
 */
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import {
  comparisonPicture,
  contourSvg,
  deformedPicture,
  densityPng,
  designPicture,
} from "../../../topopt/render/index.ts";
import { base64 } from "../../../topopt/render/base64.ts";
import { brokenNumber, isXmlText, parseXml, withClass } from "./xml-checker.ts";

const density = array([
  [0, 1, 0.5],
  [1, 1, 0],
]);
const displacement = array(new Float64Array(24), { shape: [3, 4, 2] });

/** Texts that would break out of an element or an attribute, or that XML forbids. */
const payloads: readonly string[] = [
  "<script>alert(1)</script>",
  '"/><image href="x" onerror="alert(1)"/>',
  "</text></svg><svg onload=alert(1)>",
  "]]><!-- &lt; &amp; &#0; -->",
  "a\u0000b\u0008c\ufffe",
  "half \ud800 pair",
  "'single' & \"double\"",
];

const pictures: Readonly<Record<string, (text: string) => string>> = {
  contourSvg: (title) => contourSvg(density, { title }),
  designPicture: (title) => designPicture(density, { title }),
  "comparisonPicture, title": (title) => comparisonPicture({ title, designs: [{ density, caption: "c" }] }),
  "comparisonPicture, caption": (caption) => comparisonPicture({ designs: [{ density, caption }] }),
  "comparisonPicture, note": (note) => comparisonPicture({ designs: [{ density, caption: "c", note }] }),
  deformedPicture: (title) => deformedPicture({ density, displacement, title }),
};

describe.each(Object.entries(pictures))("%s", (_, draw) => {
  test.each(payloads)("%j stays text", (payload) => {
    const [plain, elements] = [parseXml(draw("plain")), parseXml(draw(payload))];
    expect(elements.map(({ name }) => name)).toEqual(plain.map(({ name }) => name));
    const wanted = isXmlText(payload) ? payload : /^(a|half )/.exec(payload)![0];
    expect(elements.some(({ text }) => text.startsWith(wanted))).toBe(true);
  });

  test("equal arguments give equal text, without broken numbers", () => {
    expect(draw("t")).toBe(draw("t"));
    expect(draw("t")).not.toMatch(brokenNumber);
  });
});

describe("designPicture and comparisonPicture", () => {
  test("the embedded picture is the design's PNG", () => {
    const image = parseXml(designPicture(density, { width: 30, colormap: "viridis" })).find(
      ({ name }) => name === "image",
    )!;
    const png = densityPng([0, 1, 0.5, 1, 1, 0], { nelx: 3, nely: 2, scale: 10, colormap: "viridis" });
    expect(image.attributes["href"]).toBe(`data:image/png;base64,${Buffer.from(png).toString("base64")}`);
    expect([image.attributes["width"], image.attributes["height"]]).toEqual(["30", "20"]);
  });

  test("designs stand in rows of so many, without overlap, inside the picture", () => {
    const designs = Array.from({ length: 5 }, (_, k) => ({ density, caption: `design ${k}`, note: "note" }));
    const elements = parseXml(comparisonPicture({ designs, columns: 2, width: 90 }));
    const places = elements
      .map(({ attributes }) => /^translate\((\d+) (\d+)\)$/.exec(attributes["transform"] ?? ""))
      .filter((match) => match !== null)
      .map((match) => [Number(match[1]), Number(match[2])]);
    expect(places).toHaveLength(5);
    expect(new Set(places.map(String)).size).toBe(5);
    const [left, top, width, height] = elements[0]!.attributes["viewBox"]!.split(" ").map(Number) as [
      number,
      number,
      number,
      number,
    ];
    for (const [x, y] of places) {
      expect(x! >= left && x! + 90 <= left + width).toBe(true);
      expect(y! >= top && y! + 60 <= top + height).toBe(true);
    }
  });

  test("a caption that does not fit is cut in the picture and whole in the description", () => {
    const caption = "word ".repeat(80).trim();
    const elements = parseXml(comparisonPicture({ designs: [{ density, caption }], width: 100 }));
    expect(elements.find(({ name, text }) => name === "text" && text.endsWith("…"))).toBeDefined();
    expect(elements.find(({ name }) => name === "desc")!.text).toContain(caption);
  });

  test.each([
    ["no designs", { designs: [] }, "InvalidOption"],
    ["a design without a caption", { designs: [{ density }] }, "InvalidOption"],
    ["columns 0", { designs: [{ density, caption: "" }], columns: 0 }, "InvalidOption"],
    ["width -1", { designs: [{ density, caption: "" }], width: -1 }, "InvalidOption"],
    ["a field of three axes", { designs: [{ density: array([[[1]]]), caption: "" }] }, "ShapeMismatch"],
    ["an unknown option of a design", { designs: [{ density, caption: "", color: 1 }] }, "UnknownOption"],
  ])("%s is refused", (_, options, code) =>
    expect(() => comparisonPicture(options as never)).toThrow(expect.objectContaining({ code })),
  );
});

describe("deformedPicture", () => {
  test("elements stand where their nodes have moved, up being up, and void ones are left out", () => {
    const up = array(
      [0, 1, 2, 3].flatMap(() => [0.5, 0.25]),
      { shape: [2, 2, 2] },
    );
    const svg = deformedPicture({ density: [[1]], displacement: up, magnification: 2, scale: 10 });
    const [path] = withClass(parseXml(svg), "elements");
    expect(path!.attributes["d"]).toBe("M10 -5L20 -5L20 5L10 5Z");
    expect(withClass(parseXml(deformedPicture({ density: [[0]], displacement: up })), "elements")).toHaveLength(0);
  });

  test("without a magnification the longest displacement is a tenth of the longer side", () => {
    const pull = array([0, 0, 3, 0, 0, 0, 3, 0], { shape: [2, 2, 2] });
    const svg = deformedPicture({ density: [[1]], displacement: pull, scale: 100 });
    expect(withClass(parseXml(svg), "elements")[0]!.attributes["d"]).toBe("M0 0L110 0L110 100L0 100Z");
  });

  test.each([
    [
      "load cases",
      { density: [[1]], displacement: array(new Float64Array(16), { shape: [2, 2, 2, 2] }) },
      "ShapeMismatch",
    ],
    [
      "a displacement that is not finite",
      { density: [[1]], displacement: array(new Array(8).fill(NaN), { shape: [2, 2, 2] }) },
      "InvalidElement",
    ],
    [
      "a magnification without end",
      { density: [[1]], displacement: array(new Float64Array(8), { shape: [2, 2, 2] }), magnification: Infinity },
      "InvalidOption",
    ],
  ])("%s is refused", (_, options, code) =>
    expect(() => deformedPicture(options as never)).toThrow(expect.objectContaining({ code })),
  );
});

test("base64 agrees with Node's for every length around its parts", () => {
  for (const length of [0, 1, 2, 3, 12287, 12288, 12289, 30000]) {
    const bytes = Uint8Array.from({ length }, (_, k) => (k * 31) & 255);
    expect(base64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  }
});
