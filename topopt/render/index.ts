/**
 * Pictures and tables of results: PNG, SVG and CSV as bytes or text, for whoever wants to store or show them.
 * Pure functions of plain numbers; nothing here touches a file or a traced value.
 */
export { colormaps } from "./colormaps.ts";
export type { ColormapName, Rgb } from "./colormaps.ts";
export { densityPng, grayPng, rgbPng } from "./png.ts";
export type { DensityPictureOptions, PixelPicture } from "./png.ts";
export { escapeXml, svgDocument, svgElement, svgNumber } from "./svg.ts";
export type { SvgAttributes, SvgChild, SvgNode } from "./svg.ts";
export { linePlot } from "./line-plot.ts";
export type { LinePlot, LinePlotSeries } from "./line-plot.ts";
export type { ScaleKind } from "./axis-scale.ts";
export { boundaryPicture } from "./boundary-picture.ts";
export type { BoundaryPicture } from "./boundary-picture.ts";
export type { PictureLoad } from "./load-arrows.ts";
export type { PictureSupport } from "./support-marks.ts";
export { historyCsv } from "./csv.ts";
