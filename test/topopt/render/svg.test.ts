/**
 * Laws of the SVG builder: whatever the strings, the file is well formed and says the same strings back.
 * Source: the small XML parser beside this file.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeXml, svgDocument, svgElement, svgNumber } from "../../../topopt/render/index.ts";
import { isXmlText, parseXml } from "./xml-checker.ts";

const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("<", ">", "&", '"', "'", "]", "a", "\0", "\ud800") }),
);

const refused = expect.objectContaining({ code: "InvalidOption" }) as Error;

describe("svgElement", () => {
  test("text and attributes read back as they were given", () =>
    fc.assert(
      fc.property(anyText.filter(isXmlText), anyText.filter(isXmlText), (text, attribute) => {
        const [element] = parseXml(svgElement("text", { name: attribute }, [text]).svg);
        expect(element!.text).toBe(text);
        expect(element!.attributes["name"]).toBe(attribute);
      }),
    ));

  test("no string, however broken, makes the file ill formed or adds an element", () =>
    fc.assert(
      fc.property(anyText, (text) => {
        expect(parseXml(svgElement("g", { a: text }, [svgElement("text", {}, [text]), text]).svg)).toHaveLength(2);
      }),
    ));

  test("names that are not XML names are refused", () => {
    for (const bad of ["", "a b", "1a", "a>", 'x"', "a="]) {
      expect(() => svgElement(bad, {})).toThrow(refused);
      expect(() => svgElement("g", { [bad]: 1 })).toThrow(refused);
    }
  });

  test("the documented example holds", () =>
    expect(svgElement("text", { x: 1.005, y: -0 }, ["a < b"]).svg).toBe('<text x="1" y="0">a &lt; b</text>'));

  test("an undefined attribute is left out", () => expect(svgElement("g", { id: undefined }).svg).toBe("<g/>"));
});

describe("svgNumber", () => {
  test("is plain decimal text within half a hundredth", () =>
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (value) => {
        const text = svgNumber(value);
        expect(text).toMatch(/^-?\d+(\.\d{1,2})?$/);
        expect(text).not.toBe("-0");
        expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(0.005 + 1e-6);
      }),
    ));

  test("refuses what is not a coordinate", () => {
    for (const bad of [Number.NaN, Infinity, -Infinity, 1e300, "3", null])
      expect(() => svgNumber(bad as never)).toThrow(refused);
  });
});

test("what is neither text nor number is refused wherever text is due", () => {
  for (const bad of [undefined, null, true, {}, 3]) expect(() => escapeXml(bad as never)).toThrow(refused);
  expect(() => svgElement("g", { id: true as never })).toThrow(refused);
  for (const bad of [undefined, null]) {
    expect(() => svgElement("g", bad as never)).toThrow(refused);
    expect(() => svgDocument(bad as never, [])).toThrow(refused);
  }
});

test("escapeXml turns the five special characters into references", () =>
  expect(escapeXml(`<&>"'`)).toBe("&lt;&amp;&gt;&quot;&#39;"));

test("a document carries its title and description as text", () => {
  const frame = { left: -1, top: -2, width: 30, height: 40, title: "<b>", description: "a & b", fontFamily: "serif" };
  const elements = parseXml(svgDocument(frame, []));
  expect(elements[0]!.attributes).toMatchObject({ viewBox: "-1 -2 30 40", width: "30", height: "40" });
  expect(elements.find(({ name }) => name === "title")!.text).toBe("<b>");
  expect(elements.find(({ name }) => name === "desc")!.text).toBe("a & b");
});
