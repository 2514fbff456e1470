/** Files, pictures and elements have memory of their own, as the web takes it. Checked by the compiler, never run. */
import { array } from "cotangent";
import { encodeCheckpoint } from "cotangent/topopt";
import { npy, npz, safetensors, stl, threeMf } from "cotangent/topopt/files";
import { animatedPng, densityPng, grayPng } from "cotangent/topopt/render";

const elements = array([1, 2]).toTypedArray();
const parts: Uint8Array<ArrayBuffer>[] = [
  npy([1]),
  npz({ a: [1] }),
  safetensors({ a: [1] }),
  stl([[1, 0]]),
  threeMf([[1, 0]]),
  densityPng([[1]]),
  animatedPng([[[1]]]),
  grayPng({ width: 1, height: 1, pixels: new Uint8Array(1) }),
  encodeCheckpoint({}),
];
export const blob: Blob = new Blob([...parts, elements]);
export const sent: Promise<Response> = fetch("/design", { method: "POST", body: npy([1]) });
export const moved: unknown = structuredClone(elements, { transfer: [elements.buffer] });
