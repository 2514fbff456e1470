/**
 * The grids of one design in memory: tables once, then for every design its matrices and their diagonals. Memory comes from
 * kernels/multifrontal/memory.ts; where it has been taken by another system meanwhile, the tables are written again.
 */
import { isHome, placeFor } from "../multifrontal/memory.ts";
import type { Tenant } from "../multifrontal/memory.ts";
import type {
  ElementKernels,
  GalerkinKernels,
  KernelMaker,
  StencilKernels,
  TransferKernels,
  VectorKernels,
} from "./kernels.ts";
import { layoutOf } from "./layout.ts";
import type { GridFields, Layout } from "./layout.ts";
import type { Plan } from "./plan.ts";
import { referenceKernels } from "./reference.ts";
import { wasmKernels } from "./wasm-kernels.ts";

/** A hierarchy at its place in memory. */
export interface Machine {
  /** Places as addresses. */
  readonly layout: Layout;
  readonly elements: ElementKernels;
  /** Of all grids but the finest and the coarsest. */
  readonly stencils: readonly (StencilKernels | undefined)[];
  /** From every grid but the coarsest to the next. */
  readonly transfers: readonly TransferKernels[];
  readonly galerkin: GalerkinKernels;
  readonly vectors: VectorKernels;
  /** Memory as it is now; views are valid until anything else takes memory. */
  readonly doubles: (address: number, length: number) => Float64Array;
}

/** All places moved by as many bytes. */
const movedBy = (layout: Layout, base: number): Layout => {
  const moved = <T extends object>(places: T): T =>
    Object.fromEntries(
      Object.entries(places).map(([name, place]) => [name, typeof place === "number" ? place + base : place]),
    ) as T;
  return { ...moved(layout), bytes: layout.bytes, grids: layout.grids.map((fields): GridFields => moved(fields)) };
};

const machineOf = (plan: Plan, layout: Layout, kernels: KernelMaker, buffer: () => ArrayBufferLike): Machine => {
  const { components, grids, modes, diagonal } = plan;
  const geometries = grids.map(({ geometry }) => geometry);
  return {
    layout,
    elements: kernels.elements(modes, diagonal, geometries[0]!, layout.scratch),
    stencils: layout.grids.map(({ tables }, level) =>
      level === 0 || level === grids.length - 1 ? undefined : kernels.stencil(components, geometries[level]!, tables),
    ),
    transfers: geometries.slice(1).map((coarse, level) => kernels.transfer(components, geometries[level]!, coarse)),
    galerkin: kernels.galerkin(components, geometries[0]!),
    vectors: kernels.vectors(),
    doubles: (address, length) => new Float64Array(buffer(), address, length),
  };
};

/** Writes what does not depend on moduli; everything else is zero. */
const writeTables = (plan: Plan, layout: Layout, buffer: ArrayBufferLike, base: number, bytes: number): void => {
  new Float64Array(buffer, base, bytes / 8).fill(0);
  const matrixBytes = 8 * plan.elementSize ** 2;
  const words = (at: number, values: Int32Array): void => new Int32Array(buffer, at, values.length).set(values);
  const numbers = (at: number, values: ArrayLike<number>): void =>
    new Float64Array(buffer, at, values.length).set(values);
  words(
    layout.kindAt,
    plan.kindAt.map((kind) => layout.kinds + matrixBytes * kind),
  );
  plan.kinds.forEach((matrix, k) => numbers(layout.kinds + matrixBytes * k, matrix));
  words(
    layout.springPlaces,
    Int32Array.from(plan.springs, ({ place }) => place),
  );
  numbers(
    layout.springs,
    plan.springs.map(({ stiffness }) => stiffness),
  );
  plan.grids.forEach(({ still }, level) => words(layout.grids[level]!.still, still));
};

export interface Hierarchy {
  /** The hierarchy at its place, which it takes if it has none. */
  readonly enter: () => Machine;
  /** Whether it has been at this place since `machine` was handed out. */
  readonly isAt: (machine: Machine) => boolean;
  readonly bytes: number;
}

/** @param isFast  WebAssembly in solver memory, or the reference in a buffer of its own */
export const hierarchyOf = (plan: Plan, isFast: boolean): Hierarchy => {
  const layout = layoutOf(plan);
  let machine: Machine | undefined;
  const arrive = (kernels: KernelMaker, buffer: () => ArrayBufferLike, base: number): void => {
    const moved = movedBy(layout, base);
    writeTables(plan, moved, buffer(), base, layout.bytes);
    machine = machineOf(plan, moved, kernels, buffer);
  };
  const tenant: Tenant = {
    bytes: layout.bytes,
    arrive: ({ memory, base }) => arrive(wasmKernels(memory), () => memory.buffer, base),
  };
  return {
    enter: () => {
      if (isFast) placeFor(tenant);
      else if (machine === undefined) {
        const buffer = new ArrayBuffer(layout.bytes);
        arrive(referenceKernels(buffer), () => buffer, 0);
      }
      return machine!;
    },
    isAt: (known) => known === machine && (!isFast || isHome(tenant)),
    bytes: layout.bytes,
  };
};
