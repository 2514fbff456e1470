/** Small problem files to change, and the shape of tables of faults. */
import type { Json, JsonObject } from "./problem-file-arbitraries.ts";

export const mbb: JsonObject = { name: "mbb", nelx: 12, nely: 8 };
export const adam: JsonObject = { kind: "adam", learningRate: 0.01 };
export const plain: JsonObject = { problem: mbb, volumeFraction: 0.4, optimizer: { kind: "mma" } };

/** A plate with one support and one load. */
export const plate = (own: JsonObject = {}): JsonObject => ({
  mesh: { nelx: 4, nely: 4 },
  supports: [{ at: { edge: "left" }, direction: "all" }],
  loads: [{ at: { corner: "topRight" }, force: [0, -1] }],
  ...own,
});
export const block = (own: JsonObject = {}): JsonObject =>
  plate({
    mesh: { nelx: 4, nely: 4, nelz: 4 },
    supports: [{ at: { face: "left" }, direction: "all" }],
    loads: [{ at: { corner: "topRightFront" }, force: [0, -1, 0] }],
    ...own,
  });
export const sheet = (own: JsonObject = {}): JsonObject =>
  plate({
    physics: "heat",
    supports: [{ at: { edge: "left" }, direction: "temperature" }],
    loads: [{ at: { region: {} }, force: 1 }],
    ...own,
  });
export const held = (at: Json): JsonObject => ({ supports: [{ at, direction: "x" }] });

/** Files, the path of their only fault, and a part of its sentence. */
export type FaultTable = readonly (readonly [what: string, file: JsonObject, path: string, says: string])[];
