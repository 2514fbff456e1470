/** Tables of text for terminals: columns as wide as what is in them, numbers to the right. */

type Cell = string | number;

const textOf = (cell: Cell): string => (typeof cell === "number" ? String(cell) : cell);

/**
 * @example table(["name", "value"], [["a", 1], ["b", 20]]) // "name  value\na         1\nb        20\n"
 */
export const table = (columns: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const widths = columns.map((name, k) => Math.max(name.length, ...rows.map((row) => textOf(row[k]!).length)));
  const line = (cells: readonly Cell[], isHead: boolean): string =>
    cells
      .map((cell, k) => {
        const isNumber = rows.some((row) => typeof row[k] === "number");
        const text = textOf(cell);
        return isNumber && (isHead || typeof cell === "number") ? text.padStart(widths[k]!) : text.padEnd(widths[k]!);
      })
      .join("  ")
      .trimEnd();
  return `${[line(columns, true), ...rows.map((row) => line(row, false))].join("\n")}\n`;
};
