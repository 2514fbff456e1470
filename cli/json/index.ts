/** JSON with the place of every value. */
export { parseJson } from "./parse-json.ts";
export { jsonLimits } from "./json-node.ts";
export type {
  JsonEntry,
  JsonFault,
  JsonFaultCode,
  JsonList,
  JsonNode,
  JsonPath,
  JsonPlace,
  JsonRecord,
  JsonScalar,
} from "./json-node.ts";
