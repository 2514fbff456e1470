/**
 * Histories as comma-separated text: one line an iteration, numbers in their shortest form that reads back to the same double.
 * A cell is empty where a row lacks the column or its value is not finite, which is how readers mark a missing number.
 * Source: RFC 4180; ECMAScript Number::toString.
 */
import { requireList } from "./plane-field.ts";

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

function numberText(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "";
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A lone empty cell is written in quotes: a blank line would be skipped by readers. */
function line(cells: readonly string[]): string {
  const text = cells.join(",");
  return `${text === "" ? '""' : text}\r\n`;
}

/**
 * CSV text of a history.
 * @param rows  one record per iteration; columns appear in the order in which the rows first name them
 * @returns     header and one line per row, each ended by CR LF; empty text where no row names a column
 * @throws InvalidOption for what is no list of records
 * @example historyCsv([{ iteration: 1, compliance: 265.6 }]) // "iteration,compliance\r\n1,265.6\r\n"
 */
export function historyCsv(rows: readonly Readonly<Record<string, number>>[]): string {
  requireList("historyCsv", "rows", rows);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (columns.length === 0) return "";
  const header = line(columns.map(quoted));
  return (
    header +
    rows
      .map((row) => line(columns.map((column) => numberText(Object.hasOwn(row, column) ? row[column] : undefined))))
      .join("")
  );
}
