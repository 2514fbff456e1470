/**
 * Selectors of nodes and boxes of elements, by the names of library/fem/nodes.ts.
 */
import type { Box, Corner, Face, Side } from "../../library/fem/index.ts";
import { byKind, list, named, number, refine, tuple, word } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { byKey, optional, record, required } from "./records.ts";
import type { Fields } from "./records.ts";
import type { Selector } from "./types.ts";

export const sides: readonly Side[] = ["left", "right", "top", "bottom"];
export const faces: readonly Face[] = [...sides, "front", "back"];

const inPlane = ["topLeft", "topRight", "bottomLeft", "bottomRight"] as const;
export const corners: readonly Corner[] = [
  ...inPlane,
  ...inPlane.flatMap((name) => [`${name}Front`, `${name}Back`] as const),
];

/** Axis across a face: 0 for x, 1 for y, 2 for z. */
export const axisOf = (name: Face): number => Math.floor(faces.indexOf(name) / 2);

const fraction = number({ least: 0, most: 1 });

const interval: Decoder<readonly [number, number]> = refine(
  tuple<readonly [number, number]>("a pair [from, to] of fractions of the box, 0 to 1", fraction, fraction),
  "",
  ([from, to]) => (from <= to ? null : `[${from}, ${to}] is empty: the first is the smaller one`),
);

const boxFields: Fields<Box> = {
  x: optional(interval, "from left to right; all of it without"),
  y: optional(interval, "from bottom to top"),
  z: optional(interval, "from back to front; only in space"),
};

/** A box in fractions of the mesh. */
export const box: Decoder<Box> = named("BOX", () => record<Box>(boxFields));

const edgePair: Decoder<readonly [Face, Face]> = refine(
  tuple<readonly [Face, Face]>("a pair of faces that meet", word(faces), word(faces)),
  "",
  ([one, other]) => (axisOf(one) === axisOf(other) ? `faces ${one} and ${other} do not meet` : null),
);

type Of<K extends string> = Extract<Selector, { readonly [Key in K]: unknown }>;

/** A set of nodes of a mesh. */
export const selector: Decoder<Selector> = named("SELECTOR", () =>
  byKey<Selector>({
    edge: record<Of<"edge">>({
      edge: required(
        byKind<Side | readonly [Face, Face]>({ text: word(sides), list: edgePair }),
        "a side of a plane mesh; in space two faces that meet",
      ),
    }),
    corner: record<Of<"corner">>({
      corner: required(word(corners, "a corner as topLeft, in space topLeftFront or topLeftBack"), "one node"),
    }),
    face: record<Of<"face">>({ face: required(word(faces), "all nodes of a face, in space") }),
    nearest: record<Of<"nearest">>({
      nearest: required(
        list(number(), 2, 3),
        "the node closest to a point [x, y] or [x, y, z], origin at the lower left",
      ),
    }),
    region: record<Of<"region">>({ region: required(box, "nodes in a box, its boundary included") }),
    union: record<Of<"union">>({ union: required(list(selector, 1, 100), "nodes in any of these") }),
    minus: record<Of<"minus">>({
      minus: required(
        tuple<readonly [Selector, Selector]>("a pair of selectors", selector, selector),
        "nodes of the first that are not in the second",
      ),
    }),
    middle: record<Of<"middle">>({
      middle: required(
        word(faces),
        "the node in the middle of a side, in space of a face; its elements are even in number",
      ),
    }),
  }),
);
