/**
 * The ways to a matrix product, and what each costs. All give the same bits, so the costs only choose between them: counts
 * of what a way does times nanoseconds, fitted to timings of every way over 1,400 shapes and layouts. The way chosen so
 * took 2 % longer than the best one, in the geometric mean.
 */
import type { MatrixProduct, MatrixStrides } from "./matmul-axes.ts";
import { columnBlock, depthBlock, mostVectors, rowGroup, stripWidth } from "./matmul-blocking.ts";

/**
 * The ways to a product. `packsB` may be false only where columns of b lie side by side. A turned product computes
 * result' = b' a', whose rows are few. Thin ones read lines of a (or, turned, of b) along k; streams are for a single row
 * times columns that lie side by side.
 */
export type Way =
  | { readonly kind: "tiles"; readonly isTurned: boolean; readonly packsA: boolean; readonly packsB: boolean }
  | { readonly kind: "thin"; readonly isTurned: boolean }
  | { readonly kind: "stream"; readonly isTurned: boolean }
  | { readonly kind: "small" };

const booleans = [false, true] as const;
const turned = (product: MatrixProduct): MatrixProduct => ({
  ...product,
  m: product.n,
  n: product.m,
  a: product.b,
  b: product.a,
});
/** The product, or its transpose. */
export const seenFrom = (product: MatrixProduct, isTurned: boolean): MatrixProduct =>
  isTurned ? turned(product) : product;

/** Every way that is correct for a product. */
export function waysOf(product: MatrixProduct): Way[] {
  const ways: Way[] = [{ kind: "small" }];
  for (const isTurned of booleans) {
    const { a, b, m, n } = seenFrom(product, isTurned);
    for (const packsA of booleans)
      for (const packsB of booleans) if (packsB || b.free === 1) ways.push({ kind: "tiles", isTurned, packsA, packsB });
    if (m === 1 && b.free === 1) ways.push({ kind: "stream", isTurned });
    if (n <= mostVectors && a.depth === 1) ways.push({ kind: "thin", isTurned });
  }
  return ways;
}

/** Nanoseconds of packing: whole vectors lie side by side, have to be transposed, or numbers go one by one. */
function packingCost(count: number, whole: number, k: number, { free, depth }: MatrixStrides, lanes: number): number {
  if (free !== 1 && depth !== 1) return 0.53 * count * k;
  return ((free === 1 ? 0.38 : 0.41) * whole * k) / lanes + 0.53 * (count - whole) * k;
}

function tilesCost(original: MatrixProduct, { isTurned, packsA, packsB }: Way & { kind: "tiles" }): number {
  const { lanes, m, n, k, a, b } = seenFrom(original, isTurned);
  const strip = stripWidth * lanes.count;
  const rest = n % strip;
  const isWide = rest > strip / 2;
  const strips = Math.floor(n / strip) + (isWide ? 1 : 0);
  const halves = rest > 0 && !isWide ? 1 : 0;
  const edge = isWide || rest !== strip / 2 ? rest : 0;
  const blocks = Math.ceil(k / depthBlock);
  const [pairs, quads] = [m >> 1, Math.floor(m / rowGroup)];
  const tiles = (pairs + (m % 2)) * strips + (quads + (m % rowGroup)) * halves;
  const multiplied = strips * (1.14 * pairs + 1.05 * (m % 2)) + halves * (1.41 * quads + 1.11 * (m % rowGroup));
  const blockBytes = Math.min(n, columnBlock(lanes)) * Math.min(k, depthBlock) * lanes.item;
  const wholeRows = m - (m % rowGroup);
  return (
    multiplied * k +
    (4.5 * tiles + 40) * blocks +
    0.66 * m * edge * (2 * blocks - 1) +
    (packsB ? packingCost(n, n - rest, k, b, lanes.count) : 0.53 * rest * k) +
    (packsA ? packingCost(m, wholeRows, k, a, lanes.count) : 0) +
    // Unpacked, what lies far apart is read again for every strip, and a large block of B for every pair of rows.
    (packsA ? 0 : 0.15 * Math.min(1, (a.depth * lanes.item) / 4096) * m * k * (strips + halves)) +
    (packsB || blockBytes < 2 ** 18 ? 0 : 0.3 * Math.min(1, blockBytes / 2 ** 20) * Math.max(0, m - 6) * strips * k) +
    (isTurned && Math.min(m, n) > 1 ? 0.54 * m * n : 0)
  );
}

function streamCost(original: MatrixProduct, isTurned: boolean): number {
  const { lanes, n, k } = seenFrom(original, isTurned);
  return 0.25 * k * Math.ceil(n / lanes.count) + k + 0.2 * n + 15;
}

function thinCost(original: MatrixProduct, isTurned: boolean): number {
  const { lanes, m, n, k } = seenFrom(original, isTurned);
  return Math.ceil(m / (2 * lanes.count)) * k * (0.12 + 0.53 * n) + 15;
}

/** Estimated nanoseconds. */
export function costOf(product: MatrixProduct, way: Way): number {
  if (way.kind === "tiles") return tilesCost(product, way);
  if (way.kind === "thin") return thinCost(product, way.isTurned);
  if (way.kind === "stream") return streamCost(product, way.isTurned);
  const { m, n, k } = product;
  return m * n * (0.37 * k + 1.55) + 5;
}

/** The cheapest way. */
export function chooseWay(product: MatrixProduct): Way {
  const ways = waysOf(product);
  const costs = ways.map((way) => costOf(product, way));
  return ways[costs.indexOf(Math.min(...costs))]!;
}
