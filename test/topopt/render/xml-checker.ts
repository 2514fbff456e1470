/**
 * A small parser of the XML that our pictures use: elements, attributes, text, references; no comments, no declarations.
 * It throws where the text is not well formed, and returns the elements in document order.
 * Source: XML 1.0 (fifth edition), the productions for element, attribute, text and reference.
 */

/** An element: its name, its attributes with references resolved, the text directly inside, its parent's index. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly parent: number;
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function resolve(raw: string): string {
  if (/[<>]/.test(raw)) throw new Error(`bare angle bracket in ${JSON.stringify(raw)}`);
  return raw.replace(/&([^;&]*;?)/g, (_, reference: string) => {
    const name = /^(#\d+|[a-z]+);$/.exec(reference)?.[1];
    if (name === undefined) throw new Error(`bad reference in ${JSON.stringify(raw)}`);
    if (name.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
    const character = named[name];
    if (character === undefined) throw new Error(`unknown reference &${name};`);
    return character;
  });
}

/** Whether a text holds only characters that XML allows, and no half of a surrogate pair. */
export function isXmlText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Surrogate}]/u.test(text);
}

/** Parses one document. */
export function parseXml(document: string): readonly XmlElement[] {
  if (!isXmlText(document)) throw new Error("character that XML forbids");
  const elements: { name: string; attributes: Record<string, string>; text: string; parent: number }[] = [];
  const open: number[] = [];
  const token = /<([/]?)([A-Za-z_][\w.:-]*)((?:\s+[A-Za-z_][\w.:-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/y;
  while (token.lastIndex < document.length) {
    const start = token.lastIndex;
    const match = token.exec(document);
    if (match === null) throw new Error(`not well formed at ${JSON.stringify(document.slice(start, start + 60))}`);
    const [, closing, name, attributeText, empty, text] = match;
    const parent = open.at(-1);
    if (text !== undefined) {
      if (parent === undefined && text.trim() !== "") throw new Error("text outside of the root");
      if (parent !== undefined) elements[parent]!.text += resolve(text);
    } else if (closing === "/") {
      if (parent === undefined || elements[parent]!.name !== name) throw new Error(`</${name}> closes nothing`);
      open.pop();
    } else {
      if (parent === undefined && elements.length > 0) throw new Error("two roots");
      const attributes: Record<string, string> = {};
      for (const [, key, value] of attributeText!.matchAll(/\s+([\w.:-]+)="([^"]*)"/g)) {
        if (Object.hasOwn(attributes, key!)) throw new Error(`attribute ${key} twice`);
        attributes[key!] = resolve(value!);
      }
      elements.push({ name: name!, attributes, text: "", parent: parent ?? -1 });
      if (empty !== "/") open.push(elements.length - 1);
    }
  }
  if (open.length > 0) throw new Error("an element is left open");
  if (elements.length === 0) throw new Error("no root");
  return elements;
}

/** Elements whose class attribute names the class. */
export function withClass(elements: readonly XmlElement[], name: string): readonly XmlElement[] {
  return elements.filter((element) => (element.attributes["class"] ?? "").split(" ").includes(name));
}

/** Words that a number gone wrong leaves in a file. */
export const brokenNumber: RegExp = /\b(NaN|Infinity|undefined|null)\b/;
