/**
 * cotangent/topopt/files: arrays, parameters, fields and designs in the formats of other programs.
 * Pure functions between values and bytes: nothing here touches a file, and equal values give equal bytes.
 */
export { npy, parseNpy } from "./npy.ts";
export { npz, parseNpz } from "./npz.ts";
export type { NpzOptions } from "./npz.ts";
export { parseSafetensors, safetensors } from "./safetensors.ts";
export type { ParseSafetensorsOptions, Safetensors, SafetensorsOptions } from "./safetensors.ts";
export { vti } from "./vti.ts";
export type { VtiOptions } from "./vti.ts";
export { isoSurface } from "./iso-surface.ts";
export type { IsoSurface, IsoSurfaceOptions } from "./iso-surface.ts";
export { stl } from "./stl.ts";
export { threeMf } from "./three-mf.ts";
export type { ThreeMfOptions, ThreeMfUnit } from "./three-mf.ts";
