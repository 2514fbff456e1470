/**
 * Laws of the history table, read back by a small RFC 4180 reader.
 * Source: RFC 4180.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { historyCsv } from "../../../topopt/render/index.ts";
import { brokenNumber } from "./xml-checker.ts";

/** Records of fields; every record ends with CR LF. */
function readCsv(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new Error("not RFC 4180");
    record.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === "\r\n") {
      records.push(record);
      record = [];
    }
  }
  return records;
}

const columnNames: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("iteration", "compliance", "volume"),
  fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "a", " ", "é") }),
);
const histories: fc.Arbitrary<{ columns: string[]; table: number[][] }> = fc
  .uniqueArray(columnNames, { minLength: 1, maxLength: 5 })
  .chain((columns) =>
    fc
      .array(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
          minLength: columns.length,
          maxLength: columns.length,
        }),
        { minLength: 1, maxLength: 8 },
      )
      .map((table) => ({ columns, table })),
  );

describe("historyCsv", () => {
  test("every finite double and every column name reads back the same", () =>
    fc.assert(
      fc.property(histories, ({ columns, table }) => {
        const rows = table.map((values) => Object.fromEntries(columns.map((column, at) => [column, values[at]!])));
        const [header, ...records] = readCsv(historyCsv(rows));
        expect(header).toEqual(columns);
        expect(records.map((record) => record.map(Number))).toEqual(table);
      }),
    ));

  test("a cell is empty where the row has no such column or no finite value", () => {
    const text = historyCsv([
      { iteration: 1, compliance: Number.NaN },
      { iteration: 2, volume: 0.5, compliance: -Infinity },
    ]);
    expect(text).toBe("iteration,compliance,volume\r\n1,,\r\n2,,0.5\r\n");
    expect(text).not.toMatch(brokenNumber);
  });

  test("a column named like an inherited property stays empty where it is missing", () =>
    expect(historyCsv([{ toString: 1 } as unknown as Record<string, number>, { a: 2 }])).toBe(
      "toString,a\r\n1,\r\n,2\r\n",
    ));

  test("a lone missing cell is not a blank line", () => expect(historyCsv([{ a: Number.NaN }])).toBe('a\r\n""\r\n'));

  test("no rows and rows without columns give no text", () => {
    expect(historyCsv([])).toBe("");
    expect(historyCsv([{}])).toBe("");
  });

  test("what is no list of records is refused, with what was seen", () => {
    for (const [bad, seen] of [
      [3, "rows 3"],
      [undefined, "rows undefined"],
      [{ a: 1 }, "rows { a: 1 }"],
      [[{ a: 1 }, null], "rows[1] null"],
      [[4], "rows[0] 4"],
    ] as const) {
      expect(() => historyCsv(bad as never)).toThrow(expect.objectContaining({ code: "InvalidOption" }));
      expect(() => historyCsv(bad as never)).toThrow(`historyCsv: ${seen}. `);
    }
  });

  test("the documented example holds", () =>
    expect(historyCsv([{ iteration: 1, compliance: 265.6 }])).toBe("iteration,compliance\r\n1,265.6\r\n"));
});
