/** Reports: text is escaped, pictures are inside the file, and parts that are none are refused by their place. */
import { describe, expect, test } from "vitest";
import { densityPng, designPicture, htmlReport } from "../../../topopt/render/index.ts";
import type { ReportPart } from "../../../topopt/render/index.ts";

const parts: readonly ReportPart[] = [
  { kind: "heading", text: "a < b" },
  { kind: "paragraph", text: "c & d" },
  { kind: "table", caption: "e > f", columns: ["g", "h"], rows: [["<i>", 0.25]] },
  {
    kind: "pictures",
    pictures: [
      { caption: '"j"', picture: designPicture([[0, 1]]) },
      { caption: "k", picture: densityPng([[0, 1]]) },
    ],
  },
];

describe("htmlReport", () => {
  test("holds every part in its order, escaped, with pictures that need no other file", () => {
    const html = htmlReport({ title: "<t>", parts });
    const places = ["<title>&lt;t&gt;", "a &lt; b", "c &amp; d", "e &gt; f", "&lt;i&gt;", "0.25", "&quot;j&quot;"].map(
      (text) => html.indexOf(text),
    );
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(places[0]).toBeGreaterThan(0);
    expect(html.match(/src="data:image\/(svg\+xml|png);base64,/gu)).toHaveLength(2);
    expect(html.match(/src="(?!data:)/gu)).toBeNull();
  });

  test.each([
    [{ parts: undefined }, "parts undefined"],
    [{ parts: 3 }, "parts 3"],
    [{ parts: [null] }, "parts[0] null"],
    [{ parts: [{ kind: "list" }] }, 'parts[0].kind "list"'],
    [{ title: undefined }, "title undefined"],
    [{ parts: [...parts, { kind: "heading" }] }, "parts[4].text undefined"],
    [{ parts: [{ kind: "table", columns: "g", rows: [] }] }, 'parts[0].columns "g"'],
    [{ parts: [{ kind: "table", columns: [1], rows: [] }] }, "parts[0].columns[0] 1"],
    [{ parts: [{ kind: "table", columns: ["g"], rows: [["h"], [null]] }] }, "parts[0].rows[1] [null]"],
    [{ parts: [{ kind: "table", columns: ["g"], rows: ["h"] }] }, 'parts[0].rows[0] "h"'],
    [{ parts: [{ kind: "pictures", pictures: [{ caption: "a" }] }] }, "parts[0].pictures[0].picture undefined"],
    [{ parts: [{ kind: "pictures", pictures: [{ picture: "a" }] }] }, "parts[0].pictures[0].caption undefined"],
  ])("%o is refused by its place", (options, seen) => {
    const asked = (): string => htmlReport({ title: "t", parts: [], ...options } as never);
    expect(asked).toThrow(expect.objectContaining({ code: "InvalidOption" }));
    expect(asked).toThrow(`htmlReport: ${seen}`);
  });

  test("no report at all and unknown entries are refused", () => {
    expect(() => htmlReport(undefined as never)).toThrow(expect.objectContaining({ code: "InvalidOption" }));
    expect(() => htmlReport({ title: "t", part: [], parts: [] } as never)).toThrow(
      expect.objectContaining({ code: "UnknownOption" }),
    );
  });
});
