/**
 * The exponential of a matrix by scaling and squaring with the Pade approximant of degree 13, and its derivatives:
 * the derivative along E is the upper right block of exp([[A, E], [0, A]]), and so on for more directions.
 * Source: Higham, The scaling and squaring method for the matrix exponential revisited, 2005; Higham & Relton 2014.
 */
import { dotGeneral } from "../contraction.ts";
import { factorizeLu, permutationOf } from "./lu.ts";
import { solveTriangular } from "./triangular.ts";

/** Largest 1-norm for which the approximant is exact to rounding. */
const pade13Radius = 5.371920351148152;

const pade13 = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
] as const;

const matrixProduct = { contract: [[1], [0]], batch: [[], []] } as const;

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  dotGeneral(a, [size, size], b, [size, size], matrixProduct, out);
  return out;
}

/** Largest column sum of magnitudes. */
function oneNorm(a: Float64Array, size: number): number {
  let norm = 0;
  for (let j = 0; j < size; j += 1) {
    let sum = 0;
    for (let i = 0; i < size; i += 1) sum += Math.abs(a[i * size + j]!);
    if (sum > norm || Number.isNaN(sum)) norm = sum;
  }
  return norm;
}

/** c0 I + c1 A1 + c2 A2 + c3 A3. */
function combine(
  size: number,
  constant: number,
  terms: readonly (readonly [coefficient: number, matrix: Float64Array])[],
): Float64Array {
  const out = new Float64Array(size * size);
  for (const [coefficient, matrix] of terms)
    for (let k = 0; k < out.length; k += 1) out[k]! += coefficient * matrix[k]!;
  for (let k = 0; k < size; k += 1) out[k * (size + 1)]! += constant;
  return out;
}

/** X of (V - U) X = V + U, with U the odd and V the even part of the approximant's numerator. */
function approximant(a: Float64Array, size: number): Float64Array {
  const b = pade13;
  const a2 = multiply(a, a, size);
  const a4 = multiply(a2, a2, size);
  const a6 = multiply(a4, a2, size);
  const sum = (constant: number, c2: number, c4: number, c6: number, high: readonly [number, number, number]) => {
    const top = combine(size, 0, [
      [high[0], a2],
      [high[1], a4],
      [high[2], a6],
    ]);
    const product = multiply(a6, top, size);
    return combine(size, constant, [
      [1, product],
      [c2, a2],
      [c4, a4],
      [c6, a6],
    ]);
  };
  const u = multiply(a, sum(b[1], b[3], b[5], b[7], [b[9], b[11], b[13]]), size);
  const v = sum(b[0], b[2], b[4], b[6], [b[8], b[10], b[12]]);
  const lu = v.map((value, k) => value - u[k]!);
  const pivots = new Int32Array(size);
  factorizeLu(lu, size, size, pivots);
  const order = new Int32Array(size);
  permutationOf(pivots, order);
  const x = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j < size; j += 1) {
      const at = order[i]! * size + j;
      x[i * size + j] = v[at]! + u[at]!;
    }
  solveTriangular(lu, size, x, size, { lower: true, transposed: false, unitDiagonal: true });
  solveTriangular(lu, size, x, size, { lower: false, transposed: false, unitDiagonal: false });
  return x;
}

/** exp(A); NaN throughout where A is not finite. @param a  shape [size, size] */
export function exponential(a: Float64Array, size: number): Float64Array {
  const norm = oneNorm(a, size);
  if (!(norm < Infinity)) return new Float64Array(size * size).fill(NaN);
  let squarings = 0;
  let scale = 1;
  while (norm * scale > pade13Radius) {
    scale /= 2;
    squarings += 1;
  }
  let x = approximant(
    a.map((value) => value * scale),
    size,
  );
  for (let k = 0; k < squarings; k += 1) x = multiply(x, x, size);
  return x;
}

/**
 * The k-th derivative of exp at A along k matrices; exp(A) itself for none.
 * Directions are brought to the size of A first, so that large ones cost no squarings and no digits.
 * Cost: an exponential of size 2^k n.
 */
export function exponentialDerivative(
  a: Float64Array,
  size: number,
  directions: readonly Float64Array[],
): Float64Array {
  const goal = Math.max(1, oneNorm(a, size));
  let back = 1;
  let block = a;
  let width = size;
  for (const direction of directions) {
    const norm = oneNorm(direction, size);
    if (norm === 0) return new Float64Array(size * size);
    let scale = 1;
    while (norm * scale > goal && norm < Infinity) scale /= 2;
    back /= scale;
    block = doubled(block, width, direction, size, scale);
    width *= 2;
  }
  const whole = exponential(block, width);
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j < size; j += 1) out[i * size + j] = whole[i * width + width - size + j]! * back;
  return out;
}

/** [[B, I x scale D], [0, B]], with D repeated along the diagonal of the corner. */
function doubled(
  block: Float64Array,
  width: number,
  direction: Float64Array,
  size: number,
  scale: number,
): Float64Array {
  const wide = 2 * width;
  const out = new Float64Array(wide * wide);
  for (let i = 0; i < width; i += 1)
    for (let j = 0; j < width; j += 1) {
      const value = block[i * width + j]!;
      out[i * wide + j] = value;
      out[(width + i) * wide + width + j] = value;
      if (Math.floor(i / size) === Math.floor(j / size))
        out[i * wide + width + j] = direction[(i % size) * size + (j % size)]! * scale;
    }
  return out;
}
