/**
 * What all our pictures share: fonts, inks, series colours, an estimate of text width, and the legend.
 * SVG text has no layout, hence widths are estimated a little generously from the characters.
 * Source: series colours by Okabe and Ito (2008), told apart with every common form of colour blindness.
 */
import { svgElement } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

export const fontFamily = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** Text, muted text, axis and grid inks. */
export const ink: {
  readonly text: string;
  readonly muted: string;
  readonly axis: string;
  readonly grid: string;
  readonly faint: string;
} = {
  text: "#1f2328",
  muted: "#57606a",
  axis: "#8c959f",
  grid: "#e1e4e8",
  faint: "#f0f2f4",
};

/** Colours of series in order; after the last they repeat. */
export const seriesColours: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#444444",
];

/**
 * Estimated width of a line of text.
 * @param text      the characters
 * @param fontSize  picture units
 * @returns         picture units
 */
export function textWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const character of text) {
    if (/[il.,:;'|!⁻¹]/.test(character)) ems += 0.33;
    else if (/[mwMW×→]/.test(character)) ems += 0.88;
    else if (/[A-Z]/.test(character)) ems += 0.68;
    else if (character.codePointAt(0)! > 0x2e7f) ems += 1;
    else ems += 0.58;
  }
  return ems * fontSize;
}

/**
 * The heading of a picture: semibold, smaller where it would not fit.
 * @param text   the title
 * @param x      left end, picture units
 * @param y      base line, picture units
 * @param width  room, picture units
 * @returns      a text element
 */
export function heading(text: string, x: number, y: number, width: number): SvgNode {
  const size = Math.max(9, Math.min(17, (17 * width) / Math.max(1, 1.06 * textWidth(text, 17))));
  return svgElement("text", { x, y, "font-size": size, "font-weight": 600, fill: ink.text }, [text]);
}

/** An entry of a legend: a sample drawn around (0, 0), at most 28 wide and 16 high, and its name. */
export interface LegendEntry {
  readonly sample: SvgNode;
  readonly name: string;
}

/** A drawn legend and the height it takes. */
export interface Legend {
  readonly node: SvgNode;
  readonly height: number;
}

const legendFont = 12.5;
const sampleWidth = 28;
const legendRow = 22;

/**
 * A legend that fills lines from left to right.
 * @param entries  samples and names
 * @param left     left end of each line, picture units
 * @param top      upper end of the first line, picture units
 * @param width    room for a line, picture units; a longer entry still gets a line of its own
 * @returns        the drawing and its height
 */
export function legend(entries: readonly LegendEntry[], left: number, top: number, width: number): Legend {
  let x = left;
  let row = 0;
  const nodes = entries.map(({ sample, name }) => {
    const needed = sampleWidth + 6 + textWidth(name, legendFont);
    if (x > left && x + needed > left + width) {
      x = left;
      row++;
    }
    const middle = top + (row + 0.5) * legendRow;
    const node = svgElement("g", { class: "legend-entry" }, [
      svgElement("g", { transform: `translate(${Math.round(x + sampleWidth / 2)} ${Math.round(middle)})` }, [sample]),
      svgElement("text", { x: x + sampleWidth + 6, y: middle + 4.5, "font-size": legendFont, fill: ink.text }, [name]),
    ]);
    x += needed + 22;
    return node;
  });
  return {
    node: svgElement("g", { class: "legend" }, nodes),
    height: entries.length === 0 ? 0 : (row + 1) * legendRow,
  };
}
