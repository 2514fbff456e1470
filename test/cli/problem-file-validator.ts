/** As much of JSON Schema 2020-12 as problem files need, written from the specification alone. */
type Schema = Readonly<Record<string, unknown>>;
type Rule = (value: unknown, root: Schema) => boolean;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  number: (value) => typeof value === "number",
  integer: Number.isInteger,
};

const ofNumbers =
  (holds: (value: number, bound: number) => boolean, bound: unknown): Rule =>
  (value) =>
    typeof value !== "number" || holds(value, bound as number);
const ofLists =
  (holds: (value: readonly unknown[], root: Schema) => boolean): Rule =>
  (value, root) =>
    !Array.isArray(value) || holds(value as readonly unknown[], root);
const ofObjects =
  (holds: (value: Readonly<Record<string, unknown>>, root: Schema) => boolean): Rule =>
  (value, root) =>
    !isObject(value) || holds(value, root);

/** What each keyword asks; the schema beside it is there for those that read their neighbours. */
const keywords: Readonly<Record<string, (own: any, schema: Schema) => Rule>> = {
  type: (own: string) => types[own]!,
  const: (own: unknown) => (value) => value === own,
  enum: (own: readonly unknown[]) => (value) => own.includes(value),
  minimum: (own) => ofNumbers((value, bound) => value >= bound, own),
  exclusiveMinimum: (own) => ofNumbers((value, bound) => value > bound, own),
  maximum: (own) => ofNumbers((value, bound) => value <= bound, own),
  exclusiveMaximum: (own) => ofNumbers((value, bound) => value < bound, own),
  multipleOf: (own) => ofNumbers((value, bound) => value % bound === 0, own),
  maxLength: (own: number) => (value) => typeof value !== "string" || [...value].length <= own,
  pattern: (own: string) => (value) => typeof value !== "string" || new RegExp(own, "u").test(value),
  minItems: (own: number) => ofLists((value) => value.length >= own),
  maxItems: (own: number) => ofLists((value) => value.length <= own),
  prefixItems: (own: readonly Schema[]) =>
    ofLists((value, root) => own.every((each, k) => k >= value.length || conforms(value[k], each, root))),
  items: (own: Schema) => ofLists((value, root) => value.every((each) => conforms(each, own, root))),
  required: (own: readonly string[]) => ofObjects((value) => own.every((key) => Object.hasOwn(value, key))),
  maxProperties: (own: number) => ofObjects((value) => Object.keys(value).length <= own),
  propertyNames: (own: Schema) =>
    ofObjects((value, root) => Object.keys(value).every((key) => conforms(key, own, root))),
  properties: (own: Readonly<Record<string, Schema>>) =>
    ofObjects((value, root) =>
      Object.entries(own).every(([key, each]) => !Object.hasOwn(value, key) || conforms(value[key], each, root)),
    ),
  additionalProperties: (own: Schema | false, { properties = {} }) =>
    ofObjects((value, root) =>
      Object.keys(value)
        .filter((key) => !Object.hasOwn(properties as object, key))
        .every((key) => own !== false && conforms(value[key], own, root)),
    ),
  oneOf: (own: readonly Schema[]) => (value, root) => own.filter((each) => conforms(value, each, root)).length === 1,
  anyOf: (own: readonly Schema[]) => (value, root) => own.some((each) => conforms(value, each, root)),
  not: (own: Schema) => (value, root) => !conforms(value, own, root),
  $ref: (own: string) => (value, root) =>
    conforms(value, (root["$defs"] as Readonly<Record<string, Schema>>)[own.slice("#/$defs/".length)]!, root),
};

/** Keywords that tell, and ask for nothing. */
const annotations = ["$schema", "$defs", "title", "description", "default"];

/** Whether a value conforms to a schema. @throws Error for a keyword that is not known here */
export const conforms = (value: unknown, schema: Schema, root: Schema = schema): boolean =>
  Object.entries(schema).every(([keyword, own]) => {
    if (annotations.includes(keyword)) return true;
    if (keywords[keyword] === undefined) throw new Error(`the keyword ${keyword} is not known`);
    return keywords[keyword](own, schema)(value, root);
  });
