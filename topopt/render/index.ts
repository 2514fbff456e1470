/**
 * Pictures and tables of results: PNG, also animated, SVG and CSV as bytes or text, for whoever wants to store or show them.
 * Pure functions of plain numbers and concrete arrays; nothing here touches a file or a traced value.
 */
export { colormaps } from "./colormaps.ts";
export type { ColormapName, Rgb } from "./colormaps.ts";
export { densityPng, grayPng, rgbPng } from "./png.ts";
export type { DensityPictureOptions, PixelPicture } from "./png.ts";
export { animatedPng } from "./animated-png.ts";
export type { AnimatedPngOptions } from "./animated-png.ts";
export { contourSvg } from "./contour-svg.ts";
export type { ContourOptions } from "./contour-svg.ts";
export { comparisonPicture, designPicture } from "./comparison-picture.ts";
export type { ComparedDesign, ComparisonOptions, DesignPictureOptions } from "./comparison-picture.ts";
export { deformedPicture } from "./deformed-picture.ts";
export type { DeformedPictureOptions } from "./deformed-picture.ts";
export type { FieldSize } from "./plane-field.ts";
export { escapeXml, svgDocument, svgElement, svgNumber } from "./svg.ts";
export type { SvgAttributes, SvgChild, SvgNode } from "./svg.ts";
export { htmlReport } from "./html-report.ts";
export type { Report, ReportPart } from "./html-report.ts";
export { linePlot } from "./line-plot.ts";
export type { LinePlot, LinePlotSeries } from "./line-plot.ts";
export type { ScaleKind } from "./axis-scale.ts";
export { boundaryPicture } from "./boundary-picture.ts";
export type { BoundaryPicture } from "./boundary-picture.ts";
export type { PictureLoad } from "./load-arrows.ts";
export type { PictureSpring } from "./spring-marks.ts";
export type { PictureSupport } from "./support-marks.ts";
export type { PictureWeight } from "./weight-arrow.ts";
export { historyCsv } from "./csv.ts";
export { landscapePicture } from "./landscape-picture.ts";
export type { DrawnLandscape, LandscapePicture } from "./landscape-plane.ts";
export { memoryPicture } from "./memory-picture.ts";
export type { DrawnMemory, MemoryPictureOptions } from "./memory-picture.ts";
