/**
 * The frame around pictures of designs: room at the edges, and a title above if there is one.
 */
import { fontFamily, heading } from "./picture-style.ts";
import { svgDocument, svgElement } from "./svg.ts";
import type { SvgNode } from "./svg.ts";

/** Room between the edge of a picture and what it shows. */
const edge = 16;
const titleHeight = 30;

/** What stands in a frame. */
export interface FramedPicture {
  /** Above the picture; nothing where it is undefined. */
  readonly title: string | undefined;
  /** Title for readers that do not see the picture, where it has none. */
  readonly kind: string;
  readonly description: string;
  /** Picture units. */
  readonly width: number;
  readonly height: number;
}

/** The SVG file of a drawing whose top-left corner is the origin. */
export function framed(picture: FramedPicture, drawing: readonly SvgNode[]): string {
  const { title, kind, description, width, height } = picture;
  const top = title === undefined ? 0 : titleHeight;
  const frame = {
    left: -edge,
    top: -edge - top,
    width: width + 2 * edge,
    height: height + 2 * edge + top,
    title: title ?? kind,
    description,
    fontFamily,
  };
  const titles = title === undefined ? [] : [heading(title, 0, -edge + 2, width)];
  return svgDocument(frame, [...titles, svgElement("g", { class: "drawing" }, drawing)]);
}
