/**
 * Naive definitions of the primitives that have no scalar reference: every output element is computed from
 * the definition, index by index, with nothing shared with kernels or rules. Tables are row-major.
 */
import type { DType } from "../../src/array/dtype.ts";
import type { Shape } from "../../src/array/shape.ts";
import type { DofSide, FeApplyParams, FeFormParams } from "../../ops/fe-products.ts";
import type { FeSystem } from "../../ops/fe-system.ts";
import { cumulativeReferences } from "./references-cumulative.ts";
import { denseReferences } from "./references-dense.ts";
import { dynamicSlicingReferences } from "./references-dynamic-slicing.ts";
import { randomReferences } from "./references-random.ts";
import { resamplingReferences } from "./references-resampling.ts";
import { sparseReferences } from "./references-sparse.ts";
import { specialReferences } from "./references-special.ts";
import { windowReferences } from "./references-windows.ts";
import { flatIndex, indicesOf, isInside, movement, read, sameIndex, size, sums } from "./tables.ts";
import type { Index, Reference, Table } from "./tables.ts";

// --- Reductions -------------------------------------------------------------------------------

/** Elements of x that reduce to one output index. */
const reduced = (x: Table, axes: readonly number[], index: Index): number[] =>
  indicesOf(x.shape)
    .filter((place) =>
      sameIndex(
        place.filter((_, axis) => !axes.includes(axis)),
        index,
      ),
    )
    .map((place) => read(x, place));

const without = (shape: Shape, axes: readonly number[]): Shape => shape.filter((_, axis) => !axes.includes(axis));

const reduction =
  (combine: (elements: readonly number[]) => number): Reference["define"] =>
  ([x], { axes }) => ({
    shape: without(x!.shape, axes),
    dtype: x!.dtype,
    at: (index) => combine(reduced(x!, axes, index)),
  });

const search = (isBetter: (x: number, best: number) => boolean): Reference =>
  movement(([x], { axis }) => ({
    shape: without(x!.shape, [axis]),
    dtype: "int32",
    at: (index) => {
      const elements = reduced(x!, [axis], index);
      return elements.findIndex((candidate) => elements.every((other) => !isBetter(other, candidate)));
    },
  }));

// --- Sorting ----------------------------------------------------------------------------------

/** Position along the axis of the element that comes `rank`-th; elements that tie keep their order. */
const positionOfRank = (x: Table, axis: number, descending: boolean, index: Index): number => {
  const line = Array.from({ length: x.shape[axis]! }, (_, k) =>
    read(
      x,
      index.map((place, other) => (other === axis ? k : place)),
    ),
  );
  const comesBefore = (j: number, k: number): boolean =>
    (descending ? line[j]! > line[k]! : line[j]! < line[k]!) || (line[j] === line[k] && j < k);
  return line.findIndex((_, k) => line.filter((_value, j) => comesBefore(j, k)).length === index[axis]);
};

// --- Indices given as arrays ------------------------------------------------------------------

/** Where the index tuple points to, or null. */
const resolve = (tuple: Index, extents: Shape, mode: string): Index | null => {
  const turned = tuple.map((k, axis) => {
    const extent = extents[axis]!;
    if (mode === "clip") return Math.min(Math.max(k, 0), extent - 1);
    if (mode === "wrap") return k - extent * Math.floor(k / extent);
    return k;
  });
  return isInside(extents, turned) ? turned : null;
};

interface Selection {
  readonly batch: Index;
  readonly tuple: Index;
  /** Index of the tuple among the index tuples, batch axes included. */
  readonly place: Index;
}

const selections = (indices: Table, batchDims: number): Selection[] => {
  const depth = indices.shape.at(-1)!;
  return indicesOf(indices.shape.slice(0, -1)).map((place) => ({
    batch: place.slice(0, batchDims),
    place,
    tuple: Array.from({ length: depth }, (_, k) => read(indices, [...place, k])),
  }));
};

/** The writes that hit an index of the operand, in order: values of the updates. */
const writes = (
  operand: Table,
  indices: Table,
  updates: Table,
  { mode, batchDims }: { mode: string; batchDims: number },
  index: Index,
): number[] => {
  const depth = indices.shape.at(-1)!;
  const extents = operand.shape.slice(batchDims, batchDims + depth);
  const rest = index.slice(batchDims + depth);
  return selections(indices, batchDims).flatMap(({ batch, tuple, place }) => {
    const target = resolve(tuple, extents, mode);
    return target !== null && sameIndex([...batch, ...target, ...rest], index)
      ? [read(updates, [...place, ...rest])]
      : [];
  });
};

// --- Finite elements --------------------------------------------------------------------------

/** Global dof of every local dof of an element. */
const dofsOf = ({ elementNodes, nodesPerElement, dofsPerNode }: FeSystem, element: number): number[] =>
  Array.from(
    { length: nodesPerElement * dofsPerNode },
    (_, local) =>
      elementNodes[element * nodesPerElement + Math.floor(local / dofsPerNode)]! * dofsPerNode + (local % dofsPerNode),
  );

type DofValues = (dof: number) => number;

/** A field without its fixed dofs, unless all count. */
const onSide =
  ({ fixed }: FeSystem, side: DofSide | undefined, field: DofValues): DofValues =>
  (dof) =>
    fixed[dof] === 1 && side !== "all" ? 0 : field(dof);

/** u_e' K0 v_e */
const elementForm = (system: FeSystem, element: number, u: DofValues, v: DofValues): number => {
  const dofs = dofsOf(system, element);
  let sum = 0;
  dofs.forEach((row, i) =>
    dofs.forEach((column, k) => {
      sum += u(row) * system.elementMatrix[i * dofs.length + k]! * v(column);
    }),
  );
  return sum;
};

// --- The table --------------------------------------------------------------------------------

const nearestInteger = (x: number, low: number, high: number): number =>
  Number.isNaN(x) ? 0 : Math.min(high, Math.max(low, x < 0 ? Math.ceil(x) : Math.floor(x))) + 0;

const converted = (x: number, from: DType, to: DType): number => {
  if (to === "bool") return x === 0 ? 0 : 1;
  if (to === "float32") return Math.fround(x);
  if (to === "float64") return x;
  const isFloat = from === "float64" || from === "float32";
  if (to === "int32")
    return isFloat ? nearestInteger(x, -(2 ** 31), 2 ** 31 - 1) : Number(BigInt.asIntN(32, BigInt(x)));
  return isFloat ? nearestInteger(x, 0, 2 ** 32 - 1) : Number(BigInt.asUintN(32, BigInt(x)));
};

export const references: Readonly<Record<string, Reference>> = {
  ...cumulativeReferences,
  ...denseReferences,
  ...dynamicSlicingReferences,
  ...randomReferences,
  ...resamplingReferences,
  ...sparseReferences,
  ...specialReferences,
  ...windowReferences,
  barrier: movement(([x]) => ({ shape: x!.shape, dtype: x!.dtype, at: (index) => read(x!, index) })),
  convert: movement(([x], { dtype }) => ({
    shape: x!.shape,
    dtype,
    at: (index) => converted(read(x!, index), x!.dtype, dtype),
  })),
  not: movement(([x]) => ({
    shape: x!.shape,
    dtype: x!.dtype,
    at: (index) => (x!.dtype === "bool" ? 1 - read(x!, index) : -1 - read(x!, index)),
  })),
  integerPower: {
    tolerance: 1e-14,
    define: ([x], { exponent }) => ({
      shape: x!.shape,
      dtype: x!.dtype,
      at: (index) => {
        let product = 1;
        for (let k = 0; k < Math.abs(exponent); k++) product *= read(x!, index);
        if (exponent >= 0) return product;
        if (x!.dtype.startsWith("float")) return 1 / product;
        return product === 0 ? -1 : Math.trunc(1 / product); // integer division, by zero -1
      },
    }),
  },

  reshape: movement(([x], { shape }) => ({
    shape,
    dtype: x!.dtype,
    at: (index) => x!.values[flatIndex(shape, index)]!,
  })),
  transpose: movement(([x], { permutation }) => ({
    shape: permutation.map((axis: number) => x!.shape[axis]!),
    dtype: x!.dtype,
    at: (index) =>
      read(
        x!,
        x!.shape.map((_, axis) => index[permutation.indexOf(axis)]!),
      ),
  })),
  broadcast: movement(([x], { shape, axes }) => ({
    shape,
    dtype: x!.dtype,
    at: (index) =>
      read(
        x!,
        x!.shape.map((extent, axis) => (extent === 1 ? 0 : index[axes[axis]]!)),
      ),
  })),
  reduceSum: sums(reduction((elements) => elements.reduce((sum, x) => sum + x, 0))),
  reduceMax: movement(reduction((elements) => elements.reduce((best, x) => (x > best ? x : best)))),
  reduceMin: movement(reduction((elements) => elements.reduce((best, x) => (x < best ? x : best)))),
  argmax: search((x, best) => x > best),
  argmin: search((x, best) => x < best),

  slice: movement(([x], { start, limit, stride }) => ({
    shape: start.map((first: number, axis: number) => Math.max(0, Math.ceil((limit[axis] - first) / stride[axis]))),
    dtype: x!.dtype,
    at: (index) =>
      read(
        x!,
        index.map((k, axis) => start[axis] + k * stride[axis]),
      ),
  })),
  pad: movement(([x, value], { padding }) => ({
    shape: x!.shape.map(
      (extent, axis) => padding[axis][0] + extent + Math.max(0, extent - 1) * padding[axis][2] + padding[axis][1],
    ),
    dtype: x!.dtype,
    at: (index) => {
      const place = index.map((k, axis) => (k - padding[axis][0]) / (padding[axis][2] + 1));
      return place.every(Number.isInteger) && isInside(x!.shape, place) ? read(x!, place) : value!.values[0]!;
    },
  })),
  concatenate: movement((parts, { axis }) => ({
    shape: parts[0]!.shape.map((extent, k) =>
      k === axis ? parts.reduce((sum, part) => sum + part.shape[axis]!, 0) : extent,
    ),
    dtype: parts[0]!.dtype,
    at: (index) => {
      let first = 0;
      for (const part of parts) {
        const along = index[axis]! - first;
        if (along < part.shape[axis]!)
          return read(
            part,
            index.map((k, other) => (other === axis ? along : k)),
          );
        first += part.shape[axis]!;
      }
      throw new Error("beyond the last part");
    },
  })),
  reverse: movement(([x], { axes }) => ({
    shape: x!.shape,
    dtype: x!.dtype,
    at: (index) =>
      read(
        x!,
        index.map((k, axis) => (axes.includes(axis) ? x!.shape[axis]! - 1 - k : k)),
      ),
  })),

  gather: movement(([x, indices], { mode, batchDims, fillValue }) => {
    const depth = indices!.shape.at(-1)!;
    const tupleRank = indices!.shape.length - 1;
    const extents = x!.shape.slice(batchDims, batchDims + depth);
    return {
      shape: [...indices!.shape.slice(0, -1), ...x!.shape.slice(batchDims + depth)],
      dtype: x!.dtype,
      at: (index) => {
        const tuple = Array.from({ length: depth }, (_, k) => read(indices!, [...index.slice(0, tupleRank), k]));
        const target = resolve(tuple, extents, mode);
        if (target === null) return mode === "fill" ? fillValue : 0;
        return read(x!, [...index.slice(0, batchDims), ...target, ...index.slice(tupleRank)]);
      },
    };
  }),
  scatterAdd: sums(([operand, indices, updates], params) => ({
    shape: operand!.shape,
    dtype: operand!.dtype,
    at: (index) =>
      writes(operand!, indices!, updates!, params, index).reduce((sum, x) => sum + x, read(operand!, index)),
  })),
  scatterSet: movement(([operand, indices, updates], params) => ({
    shape: operand!.shape,
    dtype: operand!.dtype,
    at: (index) => writes(operand!, indices!, updates!, params, index).at(-1) ?? read(operand!, index),
  })),
  scatterMul: sums(([operand, indices, updates], params) => ({
    shape: operand!.shape,
    dtype: operand!.dtype,
    at: (index) =>
      writes(operand!, indices!, updates!, params, index).reduce((product, x) => product * x, read(operand!, index)),
  })),
  scatterMax: movement(([operand, indices, updates], params) => ({
    shape: operand!.shape,
    dtype: operand!.dtype,
    at: (index) => Math.max(read(operand!, index), ...writes(operand!, indices!, updates!, params, index)),
  })),
  scatterMin: movement(([operand, indices, updates], params) => ({
    shape: operand!.shape,
    dtype: operand!.dtype,
    at: (index) => Math.min(read(operand!, index), ...writes(operand!, indices!, updates!, params, index)),
  })),
  lastWrites: movement(([indices], { extents, mode, batchDims }) => ({
    shape: indices!.shape,
    dtype: "int32",
    at: (index) => {
      const all = selections(indices!, batchDims);
      const own = all.findIndex(({ place }) => sameIndex(place, index.slice(0, -1)));
      const target = resolve(all[own]!.tuple, extents, mode);
      if (target === null) return -1;
      const isOverwritten = all.some(
        ({ batch, tuple }, k) =>
          k > own && sameIndex(batch, all[own]!.batch) && sameIndex(resolve(tuple, extents, mode) ?? [], target),
      );
      return isOverwritten ? -1 : target[index.at(-1)!]!;
    },
  })),

  cumsum: sums(([x], { axis, reverse }) => ({
    shape: x!.shape,
    dtype: x!.dtype,
    at: (index) => {
      let sum = 0;
      for (let k = 0; k < x!.shape[axis]!; k++)
        if (reverse ? k >= index[axis]! : k <= index[axis]!)
          sum += read(
            x!,
            index.map((place, other) => (other === axis ? k : place)),
          );
      return sum;
    },
  })),
  sort: movement(([x], { axis, descending }) => ({
    shape: x!.shape,
    dtype: x!.dtype,
    at: (index) =>
      read(
        x!,
        index.map((place, other) => (other === axis ? positionOfRank(x!, axis, descending, index) : place)),
      ),
  })),
  argsort: movement(([x], { axis, descending }) => ({
    shape: x!.shape,
    dtype: "int32",
    at: (index) => positionOfRank(x!, axis, descending, index),
  })),
  searchSorted: movement(([lines, keys], { isRightSide, batchDims }) => ({
    shape: keys!.shape,
    dtype: "int32",
    at: (index) => {
      const key = read(keys!, index);
      const line = Array.from({ length: lines!.shape.at(-1)! }, (_, k) =>
        read(lines!, [...index.slice(0, batchDims), k]),
      );
      // what halving finds also in a line that is not sorted
      const place = (part: readonly number[]): number => {
        if (part.length === 0) return 0;
        const half = Math.floor(part.length / 2);
        const element = part[half]!;
        const isBefore = element < key || (isRightSide && element === key);
        return isBefore ? half + 1 + place(part.slice(half + 1)) : place(part.slice(0, half));
      };
      return place(line);
    },
  })),

  dot: sums(([a, b], { contract, batch }) => {
    const free = (x: Table, side: 0 | 1): number[] =>
      x.shape.map((_, axis) => axis).filter((axis) => !contract[side].includes(axis) && !batch[side].includes(axis));
    const [aFree, bFree] = [free(a!, 0), free(b!, 1)];
    const summed: Shape = contract[0].map((axis: number) => a!.shape[axis]!);
    const place = (x: Table, side: 0 | 1, b0: Index, own: readonly number[], free0: Index, k: Index): number =>
      read(
        x,
        x.shape.map((_, axis) =>
          batch[side].includes(axis)
            ? b0[batch[side].indexOf(axis)]!
            : contract[side].includes(axis)
              ? k[contract[side].indexOf(axis)]!
              : free0[own.indexOf(axis)]!,
        ),
      );
    const lead = batch[0].length;
    return {
      shape: [
        ...batch[0].map((axis: number) => a!.shape[axis]!),
        ...aFree.map((axis) => a!.shape[axis]!),
        ...bFree.map((axis) => b!.shape[axis]!),
      ],
      dtype: a!.dtype,
      at: (index) =>
        indicesOf(summed).reduce(
          (sum, k) =>
            sum +
            place(a!, 0, index.slice(0, lead), aFree, index.slice(lead, lead + aFree.length), k) *
              place(b!, 1, index.slice(0, lead), bFree, index.slice(lead + aFree.length), k),
          0,
        ),
    };
  }),
  convolution: sums(([lhs, rhs], { strides, padding, lhsDilation, rhsDilation, featureGroups, batchGroups }) => {
    const [images, , ...input] = lhs!.shape as [number, number, ...number[]];
    const [features, perGroup, ...window] = rhs!.shape as [number, number, ...number[]];
    const spatial = input.map((extent, axis) => {
      const dilated = extent === 0 ? 0 : (extent - 1) * lhsDilation[axis] + 1;
      const reach = window[axis] === 0 ? 0 : (window[axis]! - 1) * rhsDilation[axis] + 1;
      return Math.max(0, Math.floor((dilated + padding[axis][0] + padding[axis][1] - reach) / strides[axis]) + 1);
    });
    return {
      shape: [images / batchGroups, features, ...spatial],
      dtype: lhs!.dtype,
      at: ([image, feature, ...place]) => {
        const group = Math.floor(feature! / (features / Math.max(featureGroups, batchGroups)));
        const source = batchGroups > 1 ? group * (images / batchGroups) + image! : image!;
        const firstChannel = featureGroups > 1 ? group * perGroup : 0;
        let sum = 0;
        for (const [channel, ...tap] of indicesOf([perGroup, ...window])) {
          const at = tap.map(
            (k, axis) => (place[axis]! * strides[axis] - padding[axis][0] + k * rhsDilation[axis]) / lhsDilation[axis],
          );
          if (at.every(Number.isInteger) && isInside(input, at))
            sum += read(lhs!, [source, firstChannel + channel!, ...at]) * read(rhs!, [feature!, channel!, ...tap]);
        }
        return sum;
      },
    };
  }),

  feApply: sums(([modulus, u], { system, rows, columns }: FeApplyParams) => {
    const lead = modulus!.shape.length - system.elementShape.length;
    return {
      shape: u!.shape,
      dtype: "float64",
      at: (index) => {
        const field = index.slice(0, index.length - system.nodalShape.length);
        const dof = flatIndex(system.nodalShape, index.slice(field.length));
        const row = onSide(system, rows, (other) => (other === dof ? 1 : 0));
        const first = flatIndex(u!.shape.slice(0, field.length), field) * size(system.nodalShape);
        const value = onSide(system, columns, (other) => u!.values[first + other]!);
        return indicesOf(system.elementShape).reduce(
          (sum, place, element) =>
            sum + read(modulus!, [...index.slice(0, lead), ...place]) * elementForm(system, element, row, value),
          0,
        );
      },
    };
  }),
  feForm: sums(([u, v], { system, left, right }: FeFormParams) => {
    const lead = u!.shape.slice(0, u!.shape.length - system.nodalShape.length);
    return {
      shape: [...lead, ...system.elementShape],
      dtype: "float64",
      at: (index) => {
        const field = flatIndex(lead, index.slice(0, lead.length)) * size(system.nodalShape);
        const element = flatIndex(system.elementShape, index.slice(lead.length));
        return elementForm(
          system,
          element,
          onSide(system, left, (dof) => u!.values[field + dof]!),
          onSide(system, right, (dof) => v!.values[field + dof]!),
        );
      },
    };
  }),
};
