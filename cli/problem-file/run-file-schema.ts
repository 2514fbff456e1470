/**
 * The schema of problem files as JSON Schema (draft 2020-12), made of the descriptions that the checks are made of. It says
 * all that concerns one place of a file; what places ask of each other, only the reader knows.
 */
import type { Description, FieldDescription, NumberRange, RecordDescription } from "./description.ts";
import { describeFields, inheritedNames } from "./records.ts";
import type { AnyFields } from "./records.ts";
import { sections } from "./sections.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Named descriptions that a schema refers to, with their own schemas. */
type Definitions = Map<string, Schema>;

const boundsOf = ({ least, above, most, below, multipleOf }: NumberRange, isWhole: boolean): Schema => ({
  ...(least === undefined ? {} : { minimum: least }),
  ...(above === undefined ? {} : { exclusiveMinimum: above }),
  ...(most === undefined ? {} : { maximum: most }),
  ...(below === undefined ? {} : { exclusiveMaximum: below }),
  ...(isWhole && least === undefined ? { minimum: Number.MIN_SAFE_INTEGER } : {}),
  ...(isWhole && most === undefined ? { maximum: Number.MAX_SAFE_INTEGER } : {}),
  ...(multipleOf === undefined ? {} : { multipleOf }),
});

/** A field's schema with its sentence, which stands before what the schema says of itself. */
const fieldSchema = ({ of, note, ...own }: FieldDescription, definitions: Definitions): Schema => {
  const schema = schemaOf(of, definitions);
  const further = schema["description"];
  return {
    ...schema,
    description: typeof further === "string" ? `${note}; ${further}` : note,
    ...("fallback" in own ? { default: own.fallback } : {}),
  };
};

/** A record's schema; `tag` is what tells it apart from others. */
const recordSchema = (
  { fields }: RecordDescription,
  definitions: Definitions,
  tag: Readonly<Record<string, string>> = {},
): Schema => ({
  type: "object",
  properties: {
    ...Object.fromEntries(Object.entries(tag).map(([key, name]) => [key, { const: name }])),
    ...Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field, definitions)])),
  },
  required: [...Object.keys(tag), ...fields.filter(({ isRequired }) => isRequired).map(({ name }) => name)],
  additionalProperties: false,
});

const define = (name: string, of: () => Description, definitions: Definitions): Schema => {
  if (!definitions.has(name)) {
    // In its place before it is made, since it may refer to itself.
    definitions.set(name, {});
    definitions.set(name, schemaOf(of(), definitions));
  }
  return { $ref: `#/$defs/${name}` };
};

const schemaOf = (description: Description, definitions: Definitions): Schema => {
  const within = (own: Description): Schema => schemaOf(own, definitions);
  switch (description.form) {
    case "number":
      return {
        type: description.isWhole ? "integer" : "number",
        ...boundsOf(description.range, description.isWhole),
      };
    case "text": {
      const { longest, pattern } = description;
      return { type: "string", maxLength: longest, ...(pattern === undefined ? {} : { pattern }) };
    }
    case "word":
      return { enum: description.words };
    case "flag":
      return { type: "boolean" };
    case "list":
      return {
        type: "array",
        items: within(description.of),
        minItems: description.least,
        maxItems: description.most,
      };
    case "tuple": {
      const { length } = description.of;
      return { type: "array", prefixItems: description.of.map(within), minItems: length, maxItems: length };
    }
    case "record":
      return recordSchema(description, definitions);
    case "variants": {
      const { key, cases } = description;
      return { oneOf: Object.entries(cases).map(([name, own]) => recordSchema(own, definitions, { [key]: name })) };
    }
    case "keyed":
      return { oneOf: Object.values(description.cases).map(within) };
    case "kinds":
      return { anyOf: description.of.map(within) };
    case "map":
      return {
        type: "object",
        propertyNames: { pattern: description.keys, not: { enum: inheritedNames } },
        additionalProperties: within(description.of),
        maxProperties: description.most,
      };
    case "named":
      return define(description.name, description.of, definitions);
    case "noted":
      return { ...within(description.of), ...(description.note === "" ? {} : { description: description.note }) };
  }
};

/**
 * The schema of problem files for editors, as a JSON value.
 * @example runFileSchema().$schema // "https://json-schema.org/draft/2020-12/schema"
 */
export const runFileSchema = (): Schema => {
  const definitions: Definitions = new Map();
  const whole = recordSchema(describeFields(sections as unknown as AnyFields), definitions);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Problem file of cotangent",
    ...whole,
    $defs: Object.fromEntries(definitions),
  };
};
