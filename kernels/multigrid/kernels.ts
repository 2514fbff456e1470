/**
 * What a multigrid hierarchy computes with: functions on byte addresses in one memory, the fields as geometry.ts lays them.
 * There are two of each, the readable reference and WebAssembly, with equal bits.
 */
import { countOf } from "./geometry.ts";
import type { Geometry } from "./geometry.ts";
import type { Modes } from "./modes.ts";

/** The finest grid: K(E) from moduli, never stored. `e`: moduli; fields have one plane per component. */
export interface ElementKernels {
  /** out = K(E) u; fixed dofs like free ones. */
  readonly product: (e: number, u: number, out: number) => void;
  /** out = r - K(E) u; `out` may be `r`. */
  readonly residual: (e: number, u: number, r: number, out: number) => void;
  /** out = diagonal of K(E). */
  readonly diagonal: (e: number, out: number) => void;
}

/** A coarser grid: for every pair of nodes its rows of K, both nodes side by side. */
export interface StencilKernels {
  /** out = r - K u; `out` may be `r`. */
  readonly residual: (stencil: number, u: number, r: number, out: number) => void;
  readonly diagonal: (stencil: number, out: number) => void;
  /** Adds the matrix of an element, row-major. */
  readonly add: (stencil: number, element: readonly number[], matrix: number) => void;
}

/** Between a grid and the next coarser one, by multilinear interpolation. */
export interface TransferKernels {
  /** coarse = P' fine */
  readonly restrict: (fine: number, coarse: number) => void;
  /** fine += P coarse */
  readonly prolong: (coarse: number, fine: number) => void;
}

/** Matrices of coarse elements. */
export interface GalerkinKernels {
  /**
   * matrix = sum over the children of E_child C_child, for the coarse element whose first child is at `place` (bytes from the
   * beginning of a field); `kinds`: a field of 32-bit words, half as far apart, that hold the addresses of the matrices C.
   */
  readonly combine: (e: number, kinds: number, place: number, matrix: number) => void;
  /** parent += P' child P for the child at a corner; `child` and `scratch` are overwritten. */
  readonly promote: (child: number, corner: number, scratch: number, parent: number) => void;
}

/** On whole fields: `count` numbers, a multiple of four. */
export interface VectorKernels {
  /** sum of a b, in four partial sums by place */
  readonly dot: (a: number, b: number, count: number) => number;
  /** z = c (d r) */
  readonly scale: (z: number, d: number, r: number, count: number, c: number) => void;
  /** x += c (d r) */
  readonly correct: (x: number, d: number, r: number, count: number, c: number) => void;
  /** z = a z + b (d r); x += z */
  readonly step: (z: number, x: number, d: number, r: number, count: number, a: number, b: number) => void;
  /** x += alpha p; r -= alpha q; r . r */
  readonly advance: (x: number, r: number, p: number, q: number, count: number, alpha: number) => number;
  /** p = z + beta p */
  readonly direct: (p: number, z: number, count: number, beta: number) => void;
  /** x = 1 / x, 0 where x is 0 */
  readonly invert: (x: number, count: number) => void;
  /** x = 0 at `count` places, given as 32-bit bytes from the beginning of the field */
  readonly clear: (places: number, count: number, x: number) => void;
  /** out += scale s u at `count` places, one s for each */
  readonly addAt: (places: number, values: number, count: number, u: number, out: number, scale: number) => void;
}

/** Makes the kernels of a memory. `scratch`: bytes that the element kernels need, zero or not. */
export interface KernelMaker {
  readonly elements: (modes: Modes, diagonal: Float64Array, geometry: Geometry, scratch: number) => ElementKernels;
  /** `tables`: stencilTables bytes that nothing else uses. */
  readonly stencil: (components: number, geometry: Geometry, tables: number) => StencilKernels;
  readonly transfer: (components: number, fine: Geometry, coarse: Geometry) => TransferKernels;
  readonly galerkin: (components: number, fine: Geometry) => GalerkinKernels;
  readonly vectors: () => VectorKernels;
}

/** Places in the scratch of ElementKernels, in bytes, and its size. */
export interface ElementScratch {
  /** Entries between modes, each twice. */
  readonly coefficients: number;
  /** The element's diagonal, each entry twice. */
  readonly diagonal: number;
  /** What a row of elements hands on to the next one. */
  readonly rowCarry: number;
  /** What a layer hands on. */
  readonly layerCarry: number;
  readonly bytes: number;
}

/** Bytes of the scratch of ElementKernels: coefficients, then what rows hand on to the next row and the next layer. */
export const elementScratch = (
  { entries, components, dimension }: Modes,
  { pairs, nodes }: Geometry,
): ElementScratch => {
  const coefficients = 0;
  const diagonal = coefficients + 16 * entries.length;
  const rowCarry = diagonal + 16 * components * 2 ** dimension;
  const layerCarry = rowCarry + 16 * pairs * components * (dimension - 1);
  const bytes = layerCarry + (dimension === 2 ? 0 : 16 * pairs * components * nodes[1]!);
  return { coefficients, diagonal, rowCarry, layerCarry, bytes };
};

/** Coefficients of one node: its neighbours in a block of three per axis, and all pairs of components. */
export const stencilSize = (dimension: number, components: number): number => 3 ** dimension * components ** 2;

/** Number of a coefficient among those of its node: neighbour (steps -1, 0, 1 along the axes), its component, the node's. */
export const coefficientOf = (neighbour: readonly number[], from: number, to: number, components: number): number =>
  (neighbour.reduce((k, step) => 3 * k + step + 1, 0) * components + from) * components + to;

/** Bytes of all rows of a coarser grid. */
export const stencilBytes = (components: number, { nodes, pairs }: Geometry): number =>
  16 * countOf(nodes.slice(0, -1)) * pairs * stencilSize(nodes.length, components);

/** Bytes of the tables of StencilKernels: a 32-bit place for every entry of an element matrix, in even and in odd columns. */
export const stencilTables = (components: number, dimension: number): number => 8 * (components * 2 ** dimension) ** 2;
