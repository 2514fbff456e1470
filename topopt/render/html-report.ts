/**
 * Reports as one HTML file that opens from disk: headings, paragraphs, tables and pictures, with nothing to load. Text is
 * escaped; pictures are the SVG and PNG of this library, inside the file.
 */
import { InvalidOption } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import { base64 } from "./base64.ts";
import { requireList } from "./plane-field.ts";
import { escapeXml } from "./svg.ts";

/** A part of a report. */
export type ReportPart =
  | { readonly kind: "heading"; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string }
  | {
      readonly kind: "table";
      readonly caption?: string;
      readonly columns: readonly string[];
      /** Numbers are written as they are, in their shortest form. */
      readonly rows: readonly (readonly (string | number)[])[];
    }
  /** Pictures side by side, each with its caption: SVG text, or bytes of a PNG. */
  | {
      readonly kind: "pictures";
      readonly pictures: readonly { readonly caption: string; readonly picture: string | Uint8Array }[];
    };

export interface Report {
  readonly title: string;
  readonly parts: readonly ReportPart[];
}

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; margin: 1rem 0; } caption { text-align: left; font-style: italic; }
th, td { padding: 0.2rem 0.8rem; border-bottom: 1px solid #8886; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.pictures { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
figure { margin: 0; } figure img { max-width: 100%; background: #fff; } figcaption { font-size: 0.9rem; }
`;

const cell = (value: string | number): string =>
  typeof value === "number" ? `<td class="number">${value}</td>` : `<td>${escapeXml(value)}</td>`;

/** As an image, never as markup: a picture cannot reach out of its place. */
const imageOf = (caption: string, picture: string | Uint8Array): string => {
  const [type, bytes] =
    typeof picture === "string" ? ["image/svg+xml", new TextEncoder().encode(picture)] : ["image/png", picture];
  return `<figure><img alt="${escapeXml(caption)}" src="data:${type};base64,${base64(bytes as Uint8Array)}"><figcaption>${escapeXml(caption)}</figcaption></figure>`;
};

const partHtml = (part: ReportPart): string => {
  switch (part.kind) {
    case "heading":
      return `<h2>${escapeXml(part.text)}</h2>`;
    case "paragraph":
      return `<p>${escapeXml(part.text)}</p>`;
    case "pictures":
      return `<div class="pictures">${part.pictures.map(({ caption, picture }) => imageOf(caption, picture)).join("\n")}</div>`;
    case "table": {
      const caption = part.caption === undefined ? "" : `<caption>${escapeXml(part.caption)}</caption>`;
      const head = `<tr>${part.columns.map((name) => `<th>${escapeXml(name)}</th>`).join("")}</tr>`;
      const rows = part.rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n");
      return `<table>${caption}<thead>${head}</thead><tbody>\n${rows}\n</tbody></table>`;
    }
  }
};

const asked = "htmlReport";

const requireString = (name: string, value: unknown): void => {
  if (typeof value !== "string") throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Give a text");
};

const requireTable = (where: string, { caption, columns, rows }: Extract<ReportPart, { kind: "table" }>): void => {
  if (caption !== undefined) requireString(`${where}.caption`, caption);
  if (!Array.isArray(columns))
    throw new InvalidOption(asked, `${where}.columns ${showValue(columns)}`, "Give a list of texts");
  columns.forEach((name, k) => requireString(`${where}.columns[${k}]`, name));
  requireList(asked, `${where}.rows`, rows);
  rows.forEach((row, k) => {
    const isRow =
      Array.isArray(row) && row.every((value: unknown) => typeof value === "string" || typeof value === "number");
    if (!isRow)
      throw new InvalidOption(asked, `${where}.rows[${k}] ${showValue(row)}`, "A row is a list of texts and numbers");
  });
};

const requirePictures = (where: string, { pictures }: Extract<ReportPart, { kind: "pictures" }>): void => {
  requireList(asked, `${where}.pictures`, pictures);
  pictures.forEach(({ caption, picture }, k) => {
    requireString(`${where}.pictures[${k}].caption`, caption);
    if (typeof picture !== "string" && !(picture instanceof Uint8Array))
      throw new InvalidOption(
        asked,
        `${where}.pictures[${k}].picture ${showValue(picture)}`,
        "Give the text of an SVG, or the bytes of a PNG",
      );
  });
};

const requirePart = (part: ReportPart, at: number): void => {
  const where = `parts[${at}]`;
  switch (part.kind) {
    case "heading":
    case "paragraph":
      return requireString(`${where}.text`, part.text);
    case "table":
      return requireTable(where, part);
    case "pictures":
      return requirePictures(where, part);
    default:
      throw new InvalidOption(
        asked,
        `${where}.kind ${showValue((part as { readonly kind?: unknown }).kind)}`,
        'Use "heading", "paragraph", "table" or "pictures"',
      );
  }
};

/**
 * A report as HTML text, self-contained.
 * @param report  title; parts, from the top
 * @throws InvalidOption for a title that is no text and parts that are none, UnknownOption
 * @example htmlReport({ title: "a < b", parts: [{ kind: "paragraph", text: "so" }] }).includes("<title>a &lt; b</title>") // true
 */
export const htmlReport = (report: Report): string => {
  requireOptions(asked, report, ["title", "parts"], true);
  const { title, parts } = report;
  requireString("title", title);
  requireList(asked, "parts", parts);
  parts.forEach(requirePart);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeXml(title)}</h1>
${parts.map(partHtml).join("\n")}
</body>
</html>
`;
};
