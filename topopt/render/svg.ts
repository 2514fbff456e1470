/**
 * A small builder of SVG text: elements are values, strings become escaped text, numbers are checked and shortened.
 * A plain string can therefore never turn into markup, and no NaN can reach a file.
 * Source: XML 1.0 (fifth edition), sections 2.2 and 2.4, for the characters that must not appear.
 */

import { InvalidOption } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";

/** A finished element; only the functions of this file make one. */
export interface SvgNode {
  readonly svg: string;
}

/** Content of an element: another element, or text that will be escaped. */
export type SvgChild = SvgNode | string;

/** Attribute values; undefined leaves the attribute out. */
export type SvgAttributes = Readonly<Record<string, string | number | undefined>>;

const xmlName = /^[A-Za-z_][A-Za-z0-9_.:-]*$/;
// Characters that XML 1.0 forbids even as references, and halves of surrogate pairs.
const forbidden =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const references: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text with the five special characters as references and what XML forbids as U+FFFD.
 * @param text  any string
 * @returns     text that is safe as content and inside quotes
 * @throws      InvalidOption for what is no string
 * @example escapeXml("a < b") // "a &lt; b"
 */
export function escapeXml(text: string): string {
  if (typeof text !== "string")
    throw new InvalidOption("escapeXml", `${showValue(text)} in the place of a text`, "Give a string");
  return text.replace(forbidden, "\ufffd").replace(/[&<>"']/g, (character) => references[character]!);
}

/**
 * A coordinate with at most two decimals.
 * @param value  finite number, picture units
 * @returns      decimal text without an exponent and without a negative zero
 * @throws       InvalidOption where the value is not finite or too large to be a coordinate
 * @example svgNumber(2.0049) // "2"
 */
export function svgNumber(value: number): string {
  if (typeof value !== "number" || !(Math.abs(value) < 1e15))
    throw new InvalidOption("svgNumber", `the coordinate ${showValue(value)}`, "Give a finite number below 1e15");
  return String(Math.round(value * 100) / 100);
}

/**
 * One element with its attributes and children.
 * @param name        XML name
 * @param attributes  numbers are written by svgNumber, strings escaped
 * @param children    elements, or strings that become escaped text
 * @returns           the element
 * @throws            InvalidOption where a name is not an XML name, a number is not finite, or something else than text stands for it
 * @example svgElement("text", { x: 1.005, y: -0 }, ["a < b"]).svg // '<text x="1" y="0">a &lt; b</text>'
 */
export function svgElement(name: string, attributes: SvgAttributes, children: readonly SvgChild[] = []): SvgNode {
  if (typeof attributes !== "object" || attributes === null)
    throw new InvalidOption("svgElement", `attributes ${showValue(attributes)}`, "Give a record, as { x: 1 }");
  const parts = [requireName(name)];
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    parts.push(`${requireName(key)}="${typeof value === "number" ? svgNumber(value) : escapeXml(value)}"`);
  }
  const content = children.map((child) => (typeof child === "string" ? escapeXml(child) : child.svg)).join("");
  return { svg: content === "" ? `<${parts.join(" ")}/>` : `<${parts.join(" ")}>${content}</${name}>` };
}

/**
 * A complete SVG file on a white ground, with a title and a description for readers that do not see it.
 * @param frame     left and top of the view, its width and height in picture units, title, description, font family
 * @param children  elements in drawing order
 * @returns         text of the file
 * @throws          InvalidOption for a frame that is none, UnknownOption
 * @example svgDocument({ left: 0, top: 0, width: 9, height: 9, title: "Dot", description: "A dot", fontFamily: "serif" }, [svgElement("circle", { r: 2 })]).slice(0, 4) // "<svg"
 */
export function svgDocument(
  frame: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
    readonly title: string;
    readonly description: string;
    readonly fontFamily: string;
  },
  children: readonly SvgChild[],
): string {
  requireOptions("svgDocument", frame, ["left", "top", "width", "height", "title", "description", "fontFamily"], true);
  const { left, top, width, height } = frame;
  const attributes: SvgAttributes = {
    xmlns: "http://www.w3.org/2000/svg",
    width,
    height,
    viewBox: [left, top, width, height].map(svgNumber).join(" "),
    role: "img",
    "font-family": frame.fontFamily,
  };
  const ground = svgElement("rect", { x: left, y: top, width, height, fill: "#ffffff" });
  const titles = [svgElement("title", {}, [frame.title]), svgElement("desc", {}, [frame.description])];
  return `${svgElement("svg", attributes, [...titles, ground, ...children]).svg}\n`;
}

function requireName(name: string): string {
  if (!xmlName.test(name))
    throw new InvalidOption(
      "svgElement",
      `the name ${showValue(name)}`,
      "XML names are letters, digits and _ . : - and begin with a letter or _",
    );
  return name;
}
