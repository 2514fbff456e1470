/**
 * The schema of problem files as help, made of the descriptions that the checks are made of.
 */
import { costLimits } from "./cost.ts";
import { phrase } from "./description.ts";
import type { Description, FieldDescription, RecordDescription } from "./description.ts";
import { describeFields } from "./records.ts";
import type { AnyFields } from "./records.ts";
import { sections } from "./sections.ts";

const lineWidth = 100;
/** Longer choices of words are described. */
const longestChoice = 12;

/** Text in lines of a width, the later ones further in. */
const wrap = (text: string, indent: number, hanging: number): readonly string[] => {
  const lines: string[] = [];
  let line = " ".repeat(indent);
  let isFresh = true;
  for (const word of text.split(" ")) {
    if (!isFresh && line.length + 1 + word.length > lineWidth) {
      lines.push(line);
      line = " ".repeat(hanging);
      isFresh = true;
    }
    line += isFresh ? word : ` ${word}`;
    isFresh = false;
  }
  return [...lines, line];
};

/** What a place holds, without the fields of records, which stand below it. */
const brief = (description: Description): string => {
  switch (description.form) {
    case "word":
      return description.words.length > longestChoice
        ? phrase(description)
        : description.words.map((word) => JSON.stringify(word)).join(" | ");
    case "list": {
      const { least, most } = description;
      return `list of ${least === most ? least : `${least} to ${most}`}, each ${brief(description.of)}`;
    }
    case "tuple":
      return `[${description.of.map(brief).join("; ")}]`;
    case "record":
      return "record";
    case "variants":
      return `record by "${description.key}"`;
    case "keyed":
      return `record with one of the keys ${Object.keys(description.cases).join(", ")}`;
    case "kinds":
      return description.of.map(brief).join(", or ");
    case "map":
      return `record by names, each ${brief(description.of)}`;
    case "noted":
      return description.note === "" ? brief(description.of) : `${brief(description.of)}, ${description.note}`;
    case "number":
    case "text":
    case "flag":
    case "named":
      return phrase(description);
  }
};

/** What was written so far. */
interface Page {
  /** Definitions that were mentioned, in the order of their mention. */
  readonly mentioned: Map<string, () => Description>;
  /** Records that stand there already. */
  readonly cases: Set<RecordDescription>;
}

const needOf = (field: FieldDescription): string => {
  if (field.isRequired) return "needed";
  return "fallback" in field ? `default ${JSON.stringify(field.fallback)}` : "optional";
};

const lineOf = (field: FieldDescription): string => `${brief(field.of)} (${needOf(field)}): ${field.note}`;

const fieldLines = (fields: RecordDescription["fields"], indent: number, page: Page): readonly string[] => {
  const width = Math.max(...fields.map(({ name }) => name.length)) + 2;
  return fields.flatMap((field) => [
    ...wrap(`${field.name.padEnd(width)}${lineOf(field)}`, indent, indent + width),
    ...below(field.of, indent + 4, page),
  ]);
};

/** Cases with the same fields stand together; fields that an earlier case has too, and cases of earlier pages, are named only. */
const caseLines = (
  key: string,
  cases: Readonly<Record<string, RecordDescription>>,
  indent: number,
  page: Page,
): readonly string[] => {
  const groups = new Map<RecordDescription, string[]>();
  for (const [name, own] of Object.entries(cases)) groups.set(own, [...(groups.get(own) ?? []), JSON.stringify(name)]);
  const owners = new Map<string, string>();
  return [...groups].flatMap(([own, names]) => {
    const isKnown = page.cases.has(own) && own.fields.length > 0;
    page.cases.add(own);
    const title = wrap(`"${key}": ${names.join(" | ")}${isKnown ? ", as above" : ""}`, indent, indent + 4);
    if (isKnown || own.fields.length === 0) return title;
    const shared = new Map<string, string[]>();
    const fresh = own.fields.filter((field) => {
      const line = `${field.name} ${lineOf(field)}`;
      const owner = owners.get(line);
      if (owner === undefined) owners.set(line, names[0]!);
      else shared.set(owner, [...(shared.get(owner) ?? []), field.name]);
      return owner === undefined;
    });
    const repeated = [...shared].flatMap(([owner, fields]) =>
      wrap(`as ${owner}: ${fields.join(", ")}`, indent + 4, indent + 8),
    );
    return [...title, ...repeated, ...fieldLines(fresh, indent + 4, page)];
  });
};

/** The lines below the one that mentions something. */
const below = (description: Description, indent: number, page: Page): readonly string[] => {
  switch (description.form) {
    case "record":
      return description.fields.length === 0 ? [] : fieldLines(description.fields, indent, page);
    case "variants":
      return caseLines(description.key, description.cases, indent, page);
    case "keyed":
      return Object.values(description.cases).flatMap((own) => below(own, indent, page));
    case "list":
    case "map":
    case "noted":
      return below(description.of, indent, page);
    case "tuple":
    case "kinds":
      return description.of.flatMap((own) => below(own, indent, page));
    case "named":
      page.mentioned.set(description.name, description.of);
      return [];
    case "number":
    case "text":
    case "word":
    case "flag":
      return [];
  }
};

const preface = [
  "A problem file is one JSON record with the keys below. Nothing in it is run, and no name of a file",
  "comes from it. Names in capitals are explained at the end.",
];

const limits = (): readonly string[] => [
  "Limits, checked before anything is built:",
  `  degrees of freedom, of all load cases together   ${costLimits.dofs}`,
  `  multiplications of one density filter            ${costLimits.filter}`,
  `  numbers in the layers of a network               ${costLimits.network}`,
  `  pixels of a picture                              ${costLimits.pixels}`,
];

/**
 * The schema of problem files as text, in lines of about 100 characters.
 * @example describeRunFile().includes("learningRate") // true
 */
export const describeRunFile = (): string => {
  const page: Page = { mentioned: new Map(), cases: new Set() };
  const lines = [...preface, "", ...fieldLines(describeFields(sections as unknown as AnyFields).fields, 0, page)];
  // A map visits what is put into it on the way.
  for (const [name, of] of page.mentioned) {
    const own = of();
    lines.push("", ...wrap(`${name}: ${brief(own)}`, 0, 4), ...below(own, 2, page));
  }
  return [...lines, "", ...limits(), ""].join("\n");
};
