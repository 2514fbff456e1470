/**
 * The kernels of a hierarchy in WebAssembly. Modules are kept by grid and element, so that systems of one kind share them.
 */
import { instantiate } from "../prebuilt/module.ts";
import type { PrebuiltFunction, PrebuiltModule } from "../prebuilt/module.ts";
import { elementModule } from "./element-rows.ts";
import { galerkinModule } from "./galerkin-module.ts";
import { rowStrides } from "./geometry.ts";
import type { Geometry } from "./geometry.ts";
import { elementScratch, stencilSize } from "./kernels.ts";
import type {
  ElementKernels,
  GalerkinKernels,
  KernelMaker,
  StencilKernels,
  TransferKernels,
  VectorKernels,
} from "./kernels.ts";
import type { Modes } from "./modes.ts";
import { entryPlaces, stencilModule } from "./stencil-rows.ts";
import { transferModule } from "./transfer-rows.ts";
import { vectorModule } from "./vector-module.ts";

/** Modules of the grids met last. */
const modules = new Map<string, PrebuiltModule>();
const mostModules = 64;

const kept = (key: string, make: () => PrebuiltModule): PrebuiltModule => {
  const known = modules.get(key) ?? make();
  modules.delete(key);
  modules.set(key, known);
  if (modules.size > mostModules) modules.delete(modules.keys().next().value!);
  return known;
};

/** What the code of a module depends on. */
const patternOf = ({ entries, components }: Modes): string =>
  `${components}:${entries.map(({ row, column }) => `${row},${column}`).join(";")}`;

type Functions = Readonly<Record<string, PrebuiltFunction>>;

/** Each number twice, as a vector. */
const twice = (values: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: 2 * values.length }, (_, k) => values[k >> 1]!);

/** The kernels on a memory; where their scratch and tables lie is said by whoever asks for them. */
export const wasmKernels = (memory: WebAssembly.Memory): KernelMaker => {
  const functionsOf = (kind: string, own: string, geometry: Geometry, make: () => PrebuiltModule): Functions =>
    instantiate(kept(`${kind}|${own}|${geometry.cells.join("x")}`, make), memory);
  return {
    elements: (modes, diagonal, geometry, scratch): ElementKernels => {
      const run = functionsOf("elements", patternOf(modes), geometry, () => elementModule(modes, geometry));
      const places = elementScratch(modes, geometry);
      const write = (at: number, values: ArrayLike<number>): void =>
        new Float64Array(memory.buffer, scratch + at, 2 * values.length).set(twice(values));
      write(
        places.coefficients,
        modes.entries.map(({ value }) => value),
      );
      write(places.diagonal, diagonal);
      return {
        product: (e, u, out) => void run["product"]!(scratch, e, u, out, out),
        residual: (e, u, r, out) => void run["residual"]!(scratch, e, u, r, out),
        diagonal: (e, out) => void run["diagonal"]!(scratch, e, out),
      };
    },
    stencil: (components, geometry, tables): StencilKernels => {
      const run = functionsOf("stencil", String(components), geometry, () => stencilModule(components, geometry));
      const { nodes, pairs } = geometry;
      const size = stencilSize(nodes.length, components);
      const [even, odd] = [entryPlaces(components, geometry, 0), entryPlaces(components, geometry, 1)];
      const oddTable = tables + even.byteLength;
      new Int32Array(memory.buffer, tables, even.length).set(even);
      new Int32Array(memory.buffer, oddTable, odd.length).set(odd);
      const rows = rowStrides(nodes);
      return {
        residual: (stencil, u, r, out) => void run["residual"]!(stencil, u, r, out),
        diagonal: (stencil, out) => void run["diagonal"]!(stencil, out),
        add: (stencil, element, matrix) => {
          const x = element.at(-1)!;
          let row = 0;
          for (let axis = 0; axis < rows.length; axis++) row += element[axis]! * rows[axis]!;
          const pair = stencil + 16 * (row * pairs + (x >> 1)) * size;
          run["add"]!((x & 1) === 0 ? tables : oddTable, matrix, pair);
        },
      };
    },
    transfer: (components, fine, coarse): TransferKernels => {
      const run = functionsOf("transfer", String(components), fine, () => transferModule(components, fine, coarse));
      return {
        restrict: (from, to) => void run["restrict"]!(from, to),
        prolong: (from, to) => void run["prolong"]!(from, to),
      };
    },
    galerkin: (components, fine): GalerkinKernels => {
      const run = functionsOf("galerkin", String(components), fine, () => galerkinModule(components, fine));
      return {
        combine: (e, kinds, place, matrix) => void run["combine"]!(e + place, kinds + place / 2, matrix),
        promote: (child, corner, scratch, parent) => void run["promote"]!(child, corner, scratch, parent),
      };
    },
    vectors: () => instantiate(vectorModule, memory) as unknown as VectorKernels,
  };
};
