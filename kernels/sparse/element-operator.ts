/**
 * Products with the assembled matrix K(E) = sum of E_e P_e' K0 P_e, element by element, K never formed.
 * Each element gathers its local vector, multiplies by the one dense K0 and scatters.
 * Source: Hughes, Levit & Winget 1983 (element-by-element products).
 */

/** Elements of one shape: node numbers, one reference matrix, the number of dofs per node. */
export interface ElementMesh {
  /** Node numbers element by element, length elements * nodesPerElement. */
  readonly elementNodes: Int32Array;
  readonly nodesPerElement: number;
  readonly dofsPerNode: number;
}

/** Copies the dofs of one element into a local vector. */
function gather(mesh: ElementMesh, element: number, field: Float64Array, local: Float64Array): void {
  const { elementNodes, nodesPerElement, dofsPerNode } = mesh;
  let at = 0;
  for (let k = 0; k < nodesPerElement; k++) {
    const first = elementNodes[element * nodesPerElement + k]! * dofsPerNode;
    for (let c = 0; c < dofsPerNode; c++) local[at++] = field[first + c]!;
  }
}

/** Adds a local vector to the dofs of one element. */
function scatterAdd(mesh: ElementMesh, element: number, local: Float64Array, out: Float64Array): void {
  const { elementNodes, nodesPerElement, dofsPerNode } = mesh;
  let at = 0;
  for (let k = 0; k < nodesPerElement; k++) {
    const first = elementNodes[element * nodesPerElement + k]! * dofsPerNode;
    for (let c = 0; c < dofsPerNode; c++) out[first + c] = out[first + c]! + local[at++]!;
  }
}

/** product = scale * matrix * local, in two partial sums so that additions do not wait for each other. */
function multiplyLocal(matrix: Float64Array, scale: number, local: Float64Array, product: Float64Array): void {
  const size = local.length;
  for (let row = 0; row < size; row++) {
    const first = row * size;
    let even = 0;
    let odd = 0;
    let column = 0;
    for (; column + 1 < size; column += 2) {
      even += matrix[first + column]! * local[column]!;
      odd += matrix[first + column + 1]! * local[column + 1]!;
    }
    if (column < size) even += matrix[first + column]! * local[column]!;
    product[row] = scale * (even + odd);
  }
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += left[i]! * right[i]!;
  return sum;
}

/**
 * out = K(modulus) u; with a mask the fixed rows and columns of K are zero.
 * @param mesh           connectivity
 * @param elementMatrix  reference matrix K0, row-major, symmetric
 * @param modulus        scale per element
 * @param u              field per dof
 * @param out            product per dof, overwritten; must not be `u`
 * @param fixed          optional mask per dof, 1 = fixed
 */
export function applyElements(
  mesh: ElementMesh,
  elementMatrix: Float64Array,
  modulus: Float64Array,
  u: Float64Array,
  out: Float64Array,
  fixed?: Uint8Array,
): void {
  const source = fixed === undefined ? u : u.map((value, dof) => (fixed[dof] === 1 ? 0 : value));
  const size = mesh.nodesPerElement * mesh.dofsPerNode;
  const local = new Float64Array(size);
  const product = new Float64Array(size);
  out.fill(0);
  for (let element = 0; element < modulus.length; element++) {
    gather(mesh, element, source, local);
    multiplyLocal(elementMatrix, modulus[element]!, local, product);
    scatterAdd(mesh, element, product, out);
  }
  if (fixed !== undefined) for (let dof = 0; dof < out.length; dof++) if (fixed[dof] === 1) out[dof] = 0;
}

/**
 * B with K0 = B' B, row-major, one row per deformation that costs energy; undefined where K0 is not positive semidefinite.
 * Cholesky with the largest remaining diagonal as pivot, ended where nothing but rounding remains (Higham 1990).
 */
function deformations(elementMatrix: Float64Array): Float64Array | undefined {
  const size = Math.sqrt(elementMatrix.length);
  const rest = elementMatrix.slice();
  const diagonal = (i: number): number => rest[i * size + i]!;
  const largestPivot = (): number => {
    let best = 0;
    for (let i = 1; i < size; i++) if (diagonal(i) > diagonal(best)) best = i;
    return best;
  };
  const rounding = 1e-13 * diagonal(largestPivot());
  const rows: number[] = [];
  for (let pivot = largestPivot(); diagonal(pivot) > rounding; pivot = largestPivot()) {
    const root = Math.sqrt(diagonal(pivot));
    const row = Float64Array.from({ length: size }, (_, j) => rest[pivot * size + j]! / root);
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) rest[i * size + j]! -= row[i]! * row[j]!;
    for (let j = 0; j < size; j++) rest[pivot * size + j] = rest[j * size + pivot] = 0;
    rows.push(...row);
  }
  return rest.every((value) => Math.abs(value) <= rounding) ? Float64Array.from(rows) : undefined;
}

const knownDeformations = new WeakMap<Float64Array, { readonly rows: Float64Array | undefined }>();

/** The rows B of an element matrix, found once; undefined where it is not positive semidefinite. */
export function deformationsOf(elementMatrix: Float64Array): Float64Array | undefined {
  let known = knownDeformations.get(elementMatrix);
  if (known === undefined) {
    known = { rows: deformations(elementMatrix) };
    knownDeformations.set(elementMatrix, known);
  }
  return known.rows;
}

/** (B u) . (B v) */
function strainProduct(rows: Float64Array, u: Float64Array, v: Float64Array): number {
  const size = u.length;
  let sum = 0;
  for (let first = 0; first < rows.length; first += size) {
    let left = 0;
    let right = 0;
    for (let i = 0; i < size; i++) {
      left += rows[first + i]! * u[i]!;
      right += rows[first + i]! * v[i]!;
    }
    sum += left * right;
  }
  return sum;
}

/**
 * Per-element forms u_e' K0 v_e, the derivative of u' K(E) v with respect to each modulus.
 * Taken as products of strains (B u) . (B v): a body that moves by 1e9 between soft ones keeps its small energy, which
 * u' (K0 u) would lose, and the form of a field with itself is never negative.
 * @param mesh           connectivity
 * @param elementMatrix  reference matrix K0, row-major, symmetric; not changed afterwards
 * @param u              field per dof
 * @param v              field per dof
 * @param out            one number per element, overwritten
 */
export function elementForms(
  mesh: ElementMesh,
  elementMatrix: Float64Array,
  u: Float64Array,
  v: Float64Array,
  out: Float64Array,
): void {
  const size = mesh.nodesPerElement * mesh.dofsPerNode;
  const localU = new Float64Array(size);
  const localV = new Float64Array(size);
  const product = new Float64Array(size);
  const rows = deformationsOf(elementMatrix);
  for (let element = 0; element < out.length; element++) {
    gather(mesh, element, u, localU);
    gather(mesh, element, v, localV);
    if (rows !== undefined) {
      out[element] = strainProduct(rows, localU, localV);
      continue;
    }
    multiplyLocal(elementMatrix, 1, localV, product);
    out[element] = dot(localU, product);
  }
}
