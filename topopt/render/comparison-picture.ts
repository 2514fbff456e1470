/**
 * Designs as pictures with words: one with a title, or several side by side with captions, in one SVG file.
 * Fields are embedded as PNG, enlarged to whole pixels, so that no viewer blurs them.
 * Source: SVG 2, section 12.3 (image); RFC 2397 (data URIs).
 */
import { InvalidOption } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { base64 } from "./base64.ts";
import type { ColormapName } from "./colormaps.ts";
import { fieldPng } from "./png.ts";
import { framed } from "./picture-frame.ts";
import { ink, textWidth } from "./picture-style.ts";
import { planeField, requireColormap, requireLength, requirePositiveInteger, requireText } from "./plane-field.ts";
import type { FieldSize } from "./plane-field.ts";
import { svgElement, svgNumber } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

export interface DesignPictureOptions extends FieldSize {
  /** Picture units (CSS pixels) of the design, 480 by default; its height follows. */
  readonly width?: number | undefined;
  /** "gray" by default: 0 is white, 1 is black. */
  readonly colormap?: ColormapName | undefined;
  readonly title?: string | undefined;
}

/** One of the designs that are compared. */
export interface ComparedDesign extends FieldSize {
  /** Element field: an array of shape [nely, nelx], or values row by row, with nelx and nely. */
  readonly density: ArrayData;
  /** Line of text below the design. */
  readonly caption: string;
  /** Smaller line below the caption. */
  readonly note?: string | undefined;
}

export interface ComparisonOptions {
  readonly designs: readonly ComparedDesign[];
  readonly title?: string | undefined;
  /** Designs in a row, at most 4 by default. */
  readonly columns?: number | undefined;
  /** Picture units (CSS pixels) of each design, 280 by default; heights follow. */
  readonly width?: number | undefined;
  /** "gray" by default: 0 is white, 1 is black. */
  readonly colormap?: ColormapName | undefined;
}

/** Room between designs. */
const gap = 20;
const captionFont = 13;
const noteFont = 11;
const smallestFont = 8;
const lineHeight = 17;
/** Pixels along the edge of an element beyond which they show nothing more. */
const largestScale = 512;

/** A drawn design, its top-left corner at the origin. */
interface DrawnDesign {
  readonly node: SvgNode;
  readonly height: number;
  readonly description: string;
}

const drawDesign = (
  asked: string,
  density: ArrayData,
  options: DesignPictureOptions & { readonly width: number },
): DrawnDesign => {
  const { width, colormap = "gray" } = options;
  const field = planeField(asked, density, options);
  const { nelx, nely } = field;
  const height = (width * nely) / nelx;
  const file = fieldPng(asked, field, { colormap, scale: Math.min(largestScale, Math.ceil(width / nelx)) });
  const image = svgElement("image", {
    width,
    height,
    href: `data:image/png;base64,${base64(file)}`,
    preserveAspectRatio: "none",
    "image-rendering": "pixelated",
  });
  const outline = svgElement("rect", { width, height, fill: "none", stroke: ink.axis, "stroke-width": 1 });
  return {
    node: svgElement("g", { class: "design" }, [image, outline]),
    height,
    description: `${nelx} x ${nely} elements`,
  };
};

/** The text, or as much of its beginning as fits. */
const fitting = (text: string, font: number, room: number): string => {
  if (textWidth(text, font) <= room) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join("")}…`, font) > room) characters.pop();
  return `${characters.join("")}…`;
};

/** A line of text in the middle below a design: smaller where it would not fit, and cut where it would become too small. */
const below = (
  text: string,
  { y, width, font }: { readonly y: number; readonly width: number; readonly font: number },
  fill: string,
): SvgNode => {
  const room = width + gap / 2;
  const size = Math.max(smallestFont, Math.min(font, (font * room) / Math.max(1, textWidth(text, font))));
  const shown = fitting(text, size, 1.001 * room);
  return svgElement("text", { x: width / 2, y, "font-size": size, "text-anchor": "middle", fill }, [shown]);
};

const drawCompared = (design: ComparedDesign, k: number, width: number, colormap: ColormapName): DrawnDesign => {
  const asked = `comparisonPicture, design ${k}`;
  requireOptions(asked, design, ["density", "caption", "note", "nelx", "nely"], true);
  const { density, caption, note, nelx, nely } = design;
  if (typeof caption !== "string") throw new InvalidOption(asked, `caption ${showValue(caption)}`, "Give a text");
  requireText(asked, "note", note);
  const drawn = drawDesign(asked, density, { width, colormap, nelx, nely });
  const captionLine = below(caption, { y: drawn.height + lineHeight, width, font: captionFont }, ink.text);
  const noteLine =
    note === undefined ? [] : [below(note, { y: drawn.height + 2 * lineHeight, width, font: noteFont }, ink.muted)];
  return {
    node: svgElement("g", {}, [drawn.node, captionLine, ...noteLine]),
    height: drawn.height + lineHeight * (note === undefined ? 1 : 2) + 4,
    description: `${caption}: ${drawn.description}`,
  };
};

/**
 * SVG of one design.
 * @param density  element field: an array of shape [nely, nelx], or values row by row, with nelx and nely among the options; finite, values outside
 *   [0, 1] take the colour of the nearer end
 * @param options  width, colormap, title; nelx, nely
 * @returns        text of the file
 * @throws ShapeMismatch, InvalidElement for a value that is not finite, InvalidOption, UnknownOption, TooLarge,
 *   TracerConversion
 * @example designPicture([[0, 1], [1, 1]], { title: "Corner" }).slice(0, 4) // "<svg"
 */
export const designPicture = (density: ArrayData, options: DesignPictureOptions = {}): string => {
  requireOptions("designPicture", options, ["nelx", "nely", "width", "colormap", "title"]);
  const { width = 480, colormap = "gray", title } = options;
  requireLength("designPicture", "width", width);
  requireColormap("designPicture", colormap);
  requireText("designPicture", "title", title);
  const { node, height, description } = drawDesign("designPicture", density, { ...options, width, colormap });
  return framed({ title, kind: "Design", description, width, height }, [node]);
};

/**
 * SVG of several designs side by side, each with a caption, all equally wide.
 * @param options  designs, each with its density, caption and note; title, columns, width, colormap
 * @returns        text of the file
 * @throws ShapeMismatch, InvalidElement for a value that is not finite, InvalidOption, UnknownOption, TooLarge,
 *   TracerConversion
 * @example comparisonPicture({ designs: [{ density: [[0, 1]], caption: "a < b" }] }).includes("a &lt; b") // true
 */
export const comparisonPicture = (options: ComparisonOptions): string => {
  requireOptions("comparisonPicture", options, ["designs", "title", "columns", "width", "colormap"], true);
  const { designs, title, columns = 4, width = 280, colormap = "gray" } = options;
  requirePositiveInteger("comparisonPicture", "columns", columns);
  requireLength("comparisonPicture", "width", width);
  requireColormap("comparisonPicture", colormap);
  requireText("comparisonPicture", "title", title);
  if (!Array.isArray(designs) || designs.length === 0)
    throw new InvalidOption("comparisonPicture", `designs ${showValue(designs)}`, "Give a list of one design or more");
  const drawn = designs.map((design: ComparedDesign, k) => drawCompared(design, k, width, colormap));
  const nodes: SvgNode[] = [];
  let top = 0;
  for (let first = 0; first < drawn.length; first += columns) {
    const row = drawn.slice(first, first + columns);
    row.forEach(({ node }, column) =>
      nodes.push(
        svgElement("g", { transform: `translate(${svgNumber(column * (width + gap))} ${svgNumber(top)})` }, [node]),
      ),
    );
    top += Math.max(...row.map(({ height }) => height)) + gap;
  }
  const inRow = Math.min(columns, drawn.length);
  const description = drawn.map((design) => design.description).join("; ");
  return framed(
    { title, kind: "Comparison", description, width: inRow * (width + gap) - gap, height: top - gap },
    nodes,
  );
};
