/**
 * Products of all elements with fields, equal to the bit with kernels/sparse/element-operator.ts: K(E) u, and the forms
 * (B u) . (B v) per element. Two rows of the element's matrix in a vector; every row keeps its sums over even and odd columns.
 */
import { at, f64, f64x2, hasSimd, i32, v128, wasmModule } from "../assembler/index.ts";
import type { Expression, Local, Statements, WasmModule } from "../assembler/index.ts";
import { integers, zeros } from "../prebuilt/lanes.ts";
import type { Vector } from "../prebuilt/lanes.ts";
import { instantiate } from "../prebuilt/module.ts";
import type { PrebuiltFunction, PrebuiltModule } from "../prebuilt/module.ts";
import { applyElements, deformationsOf, elementForms } from "../sparse/element-operator.ts";
import type { ElementMesh } from "../sparse/element-operator.ts";
import { alignedTo16 } from "./layout.ts";
import { placeFor } from "./memory.ts";
import type { Place, Tenant } from "./memory.ts";

/** Elements of one kind: so many dofs, so many of them at a node. */
interface ElementKind {
  readonly elementSize: number;
  readonly dofsPerNode: number;
}

/** Pairs of rows whose sums are in registers at one time. */
const pairsTogether = 4;

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, k) => k);

/** Addresses of the nodes of an element in a field that begins at `field`. */
const nodePlaces = (
  f: Statements,
  { elementSize, dofsPerNode }: ElementKind,
  nodes: Local<"i32">,
  field: Local<"i32">,
) =>
  range(elementSize / dofsPerNode).map((k) =>
    f.hold(i32.add(field, i32.mul(i32.load(at(nodes, k, 4)), 8 * dofsPerNode))),
  );

type Places = readonly Expression<"i32">[];

/**
 * (nodes, modulus, columns, u, out, elements): adds K(E) u to out. `columns`: the matrix of an element, column by column.
 */
const exportApply = (module: WasmModule, kind: ElementKind): void => {
  const { elementSize, dofsPerNode } = kind;
  const dofIn = (places: Places, dof: number) => at(places[Math.floor(dof / dofsPerNode)]!, dof % dofsPerNode, 8);
  module.func("applyElements", { params: integers(6), export: true }, (f, nodes, modulus, columns, u, out, count) =>
    f.for(f.local("i32"), 0, count, 1, () => {
      const [from, to] = [nodePlaces(f, kind, nodes, u), nodePlaces(f, kind, nodes, out)];
      const scale = f.hold(v128.load64_splat(modulus));
      const products: Vector[] = [];
      for (let first = 0; first < elementSize / 2; first += pairsTogether) {
        const pairs = range(Math.min(pairsTogether, elementSize / 2 - first)).map((k) => first + k);
        const sums = pairs.map(() => [f.hold(zeros), f.hold(zeros)] as const);
        for (const column of range(elementSize)) {
          const entry = f.hold(v128.load64_splat(dofIn(from, column)));
          pairs.forEach((pair, k) => {
            const sum = sums[k]![(column % 2) as 0 | 1];
            const term = f64x2.mul(v128.load(at(columns, 8 * (column * elementSize + 2 * pair))), entry);
            f.set(sum, f64x2.add(sum, term));
          });
        }
        products.push(...sums.map(([even, odd]) => f.hold(f64x2.mul(scale, f64x2.add(even, odd)))));
      }
      for (const dof of range(elementSize)) {
        const place = dofIn(to, dof);
        f.store(place, f64.add(f64.load(place), f64x2.extract_lane(products[dof >> 1]!, dof & 1)));
      }
      f.set(nodes, i32.add(nodes, (4 * elementSize) / dofsPerNode));
      f.set(modulus, i32.add(modulus, 8));
    }),
  );
};

/**
 * (nodes, rows, pairs of rows, u, v, out, elements): the form of every element, elementForms of two fields, elementEnergies of
 * u with itself, whose strains are needed once. `rows`: two rows of B side by side, an odd last one with zeros.
 */
const exportForms = (module: WasmModule, kind: ElementKind, name: "elementForms" | "elementEnergies"): void => {
  const { elementSize, dofsPerNode } = kind;
  module.func(name, { params: integers(7), export: true }, (f, nodes, rows, pairs, u, v, out, count) =>
    f.for(f.local("i32"), 0, count, 1, () => {
      const places = (name === "elementForms" ? [u, v] : [u]).map((field) => nodePlaces(f, kind, nodes, field));
      const form = f.hold(f64.const(0));
      const row = f.hold(rows);
      f.for(f.local("i32"), 0, pairs, 1, () => {
        const strains = places.map(() => f.hold(zeros));
        for (const dof of range(elementSize)) {
          const entry = f.hold(v128.load(at(row, dof, 16)));
          strains.forEach((strain, side) => {
            const value = v128.load64_splat(at(places[side]![Math.floor(dof / dofsPerNode)]!, dof % dofsPerNode, 8));
            f.set(strain, f64x2.add(strain, f64x2.mul(entry, value)));
          });
        }
        const product = f.hold(f64x2.mul(strains[0]!, strains.at(-1)!));
        for (const lane of [0, 1]) f.set(form, f64.add(form, f64x2.extract_lane(product, lane)));
        f.set(row, i32.add(row, 16 * elementSize));
      });
      f.store(out, form);
      f.set(nodes, i32.add(nodes, (4 * elementSize) / dofsPerNode));
      f.set(out, i32.add(out, 8));
    }),
  );
};

const modules = new Map<string, PrebuiltModule>();

const moduleFor = (kind: ElementKind): PrebuiltModule => {
  const name = `elementProducts${kind.elementSize}of${kind.dofsPerNode}`;
  const known = modules.get(name);
  if (known !== undefined) return known;
  const made: PrebuiltModule = {
    name,
    build: (limits) => {
      const module = wasmModule();
      module.importMemory("env", "memory", limits ?? { initial: 1 });
      exportApply(module, kind);
      exportForms(module, kind, "elementForms");
      exportForms(module, kind, "elementEnergies");
      return module.assemble();
    },
  };
  modules.set(name, made);
  return made;
};

/** Products with the elements of one mesh. Fields are per dof, moduli and forms per element. */
export interface ElementProducts {
  /**
   * K(modulus) u, which holds until the next call of any of these functions.
   * @param zeros  dofs of u that count as zero; none without it
   */
  readonly image: (modulus: Float64Array, u: Float64Array, zeros?: Int32Array) => Float64Array;
  /** out = K(modulus) u. */
  readonly apply: (modulus: Float64Array, u: Float64Array, out: Float64Array, zeros?: Int32Array) => void;
  /** out = u_e' K0 v_e for every element; u and v may be one. */
  readonly forms: (
    u: Float64Array,
    v: Float64Array,
    out: Float64Array,
    zerosOfU?: Int32Array,
    zerosOfV?: Int32Array,
  ) => void;
}

/** Columns of the matrix, one after the other. */
const transposed = (matrix: Float64Array, size: number): Float64Array =>
  Float64Array.from(matrix, (_, k) => matrix[(k % size) * size + Math.floor(k / size)]!);

/** Two rows side by side; an odd last one with zeros. */
const rowPairs = (rows: Float64Array, size: number): Float64Array => {
  const pairs = new Float64Array(2 * size * Math.ceil(rows.length / (2 * size)));
  rows.forEach((value, k) => {
    const row = Math.floor(k / size);
    pairs[2 * size * (row >> 1) + 2 * (k % size) + (row & 1)] = value;
  });
  return pairs;
};

const noDofs = new Int32Array(0);

function clear(field: Float64Array, zeros: Int32Array): void {
  for (let k = 0; k < zeros.length; k++) field[zeros[k]!] = 0;
}

const without = (field: Float64Array, zeros: Int32Array): Float64Array => {
  if (zeros.length === 0) return field;
  const rest = field.slice();
  clear(rest, zeros);
  return rest;
};

const reference = (mesh: ElementMesh, elementMatrix: Float64Array): ElementProducts => {
  const apply: ElementProducts["apply"] = (modulus, u, out, zeros = noDofs) =>
    applyElements(mesh, elementMatrix, modulus, without(u, zeros), out);
  return {
    image: (modulus, u, zeros) => {
      const out = new Float64Array(u.length);
      apply(modulus, u, out, zeros);
      return out;
    },
    apply,
    forms: (u, v, out, zerosOfU = noDofs, zerosOfV = noDofs) =>
      elementForms(mesh, elementMatrix, without(u, zerosOfU), without(v, zerosOfV), out),
  };
};

/** The products of a mesh whose elements have this matrix, in WebAssembly where it has vectors; the bits are the same. */
export function elementProducts(mesh: ElementMesh, elementMatrix: Float64Array): ElementProducts {
  const { elementNodes, nodesPerElement, dofsPerNode } = mesh;
  const size = nodesPerElement * dofsPerNode;
  const strains = deformationsOf(elementMatrix);
  if (!hasSimd() || strains === undefined || size % 2 !== 0) return reference(mesh, elementMatrix);
  const elements = elementNodes.length / nodesPerElement;
  const fieldLength = dofsPerNode * (elementNodes.reduce((high, node) => Math.max(high, node), -1) + 1);
  const columns = transposed(elementMatrix, size);
  const pairs = rowPairs(strains, size);
  let next = 0;
  const take = (bytes: number): number => {
    const place = next;
    next += alignedTo16(bytes);
    return place;
  };
  const places = {
    nodes: take(4 * elementNodes.length),
    columns: take(8 * columns.length),
    pairs: take(8 * pairs.length),
    perElement: take(8 * elements),
    u: take(8 * fieldLength),
    v: take(8 * fieldLength),
  };
  let functions: Readonly<Record<string, PrebuiltFunction>>;
  const doubles = ({ memory, base }: Place, at: number, length: number): Float64Array =>
    new Float64Array(memory.buffer, base + at, length);
  const tenant: Tenant = {
    bytes: next,
    arrive: (place) => {
      new Int32Array(place.memory.buffer, place.base + places.nodes, elementNodes.length).set(elementNodes);
      doubles(place, places.columns, columns.length).set(columns);
      doubles(place, places.pairs, pairs.length).set(pairs);
      functions = instantiate(moduleFor({ elementSize: size, dofsPerNode }), place.memory);
    },
  };
  const addresses =
    ({ base }: Place) =>
    (name: keyof typeof places) =>
      base + places[name];
  /** Copies a field in. */
  const enter = (place: Place, at: number, field: Float64Array, zeros: Int32Array): void => {
    const own = doubles(place, at, fieldLength);
    own.set(field.length === fieldLength ? field : field.subarray(0, fieldLength));
    clear(own, zeros);
  };
  const image: ElementProducts["image"] = (modulus, u, zeros = noDofs) => {
    const place = placeFor(tenant);
    const of = addresses(place);
    const product = doubles(place, places.v, fieldLength);
    doubles(place, places.perElement, elements).set(modulus);
    enter(place, places.u, u, zeros);
    product.fill(0);
    functions["applyElements"]!(of("nodes"), of("perElement"), of("columns"), of("u"), of("v"), elements);
    return product;
  };
  return {
    image,
    apply: (modulus, u, out, zeros) => out.set(image(modulus, u, zeros)),
    forms: (u, v, out, zerosOfU = noDofs, zerosOfV = noDofs) => {
      const place = placeFor(tenant);
      const of = addresses(place);
      enter(place, places.u, u, zerosOfU);
      const isSquare = u === v && zerosOfU === zerosOfV;
      if (!isSquare) enter(place, places.v, v, zerosOfV);
      const form = functions[isSquare ? "elementEnergies" : "elementForms"]!;
      form(of("nodes"), of("pairs"), pairs.length / (2 * size), of("u"), of("v"), of("perElement"), elements);
      out.set(doubles(place, places.perElement, elements));
    },
  };
}
