/**
 * einsum: sums of products over named axes, as a sequence of pairwise contractions.
 * Every operand first loses what concerns it alone (diagonals of repeated letters, sums over letters of its own); then
 * the pair goes first whose result is smallest against what it replaces. Each step is one dot, so all transforms apply.
 * Source of the order: the greedy rule of opt_einsum (Smith and Gray 2018).
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { resultType } from "../../src/array/dtype.ts";
import { NDArray } from "../../src/array/ndarray.ts";
import { dot } from "../../ops/contraction.ts";
import { gather } from "../../ops/indexing.ts";
import { reduceSum, reshape, transpose } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { parseSubscripts, requireText } from "./einsum-subscripts.ts";
import type { Labels, Subscripts } from "./einsum-subscripts.ts";
import { asOperand, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { indexColumns } from "./true-places.ts";

/** Positions of two operands in the list as it is then; their product goes to its end. */
export type ContractionPair = readonly [left: number, right: number];

export interface EinsumOptions {
  /**
   * The order of pairwise contractions: greedy (true, the default), the first two operands each time (false), or
   * pairs of positions, as einsumPath gives them.
   */
  readonly optimize?: boolean | readonly ContractionPair[];
}

/** An array and the label of each of its axes. */
interface Labelled {
  readonly x: NDArray;
  readonly labels: Labels;
}

// --- One operand ------------------------------------------------------------------------------

/** Without axes of size 1 along labels that are longer elsewhere. */
const withoutStretched = ({ x, labels }: Labelled, sizes: Subscripts["sizes"]): Labelled => {
  const kept = labels.flatMap((label, axis) => (x.shape[axis] === 1 && sizes.get(label) !== 1 ? [] : [axis]));
  if (kept.length === labels.length) return { x, labels };
  return {
    x: reshape(x, { shape: kept.map((axis) => x.shape[axis]!) }),
    labels: kept.map((axis) => labels[axis]!),
  };
};

/** The diagonal along every label that occurs more than once. */
const diagonals = (operand: Labelled): Labelled => {
  let { x, labels } = operand;
  for (;;) {
    const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
    if (second < 0) return { x, labels };
    const first = labels.indexOf(labels[second]!);
    const others = labels.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
    const front = transpose(x, { permutation: [first, second, ...others] });
    const line = Array.from({ length: front.shape[0]! }, (_, k) => k);
    x = gather(front, indexColumns(line, line), { mode: "drop", batchDims: 0 });
    labels = [labels[first]!, ...others.map((axis) => labels[axis]!)];
  }
};

/** Summed over the labels that nobody else needs. */
const withoutOwn = ({ x, labels }: Labelled, isNeeded: (label: string) => boolean): Labelled => {
  const axes = labels.flatMap((label, axis) => (isNeeded(label) ? [] : [axis]));
  return axes.length === 0 ? { x, labels } : { x: reduceSum(x, { axes }), labels: labels.filter(isNeeded) };
};

// --- The order --------------------------------------------------------------------------------

const product = (labels: Iterable<string>, sizes: Subscripts["sizes"]): number => {
  let count = 1;
  for (const label of labels) count *= sizes.get(label)!;
  return count;
};

/** Labels of the product of two operands: what the others or the result need. */
const keptLabels = (left: Labels, right: Labels, others: readonly Labels[], result: Labels): string[] =>
  [...new Set([...left, ...right])].filter(
    (label) => result.includes(label) || others.some((labels) => labels.includes(label)),
  );

/** The pair that shrinks the operands most; fewest products, then lowest positions, among equals. Outer products come last. */
const greedyPair = (list: readonly Labels[], result: Labels, sizes: Subscripts["sizes"]): ContractionPair => {
  let best: { readonly pair: ContractionPair; readonly rank: readonly number[] } | null = null;
  for (let left = 0; left < list.length; left++)
    for (let right = left + 1; right < list.length; right++) {
      const [a, b] = [list[left]!, list[right]!];
      const others = list.filter((_, k) => k !== left && k !== right);
      const kept = keptLabels(a, b, others, result);
      const growth = product(kept, sizes) - product(a, sizes) - product(b, sizes);
      const isOuter = a.some((label) => b.includes(label)) ? 0 : 1;
      const rank = [isOuter, growth, product(new Set([...a, ...b]), sizes)];
      const position = best === null ? 0 : rank.findIndex((value, k) => value !== best!.rank[k]);
      if (best === null || (position >= 0 && rank[position]! < best.rank[position]!))
        best = { pair: [left, right], rank };
    }
  return best!.pair;
};

const isPair = (pair: unknown, count: number): pair is ContractionPair =>
  Array.isArray(pair) &&
  pair.length === 2 &&
  pair.every((k) => Number.isInteger(k) && k >= 0 && k < count) &&
  pair[0] !== pair[1];

/** One pair per contraction, for operands with these labels. */
const orderOf = (
  operands: readonly Labels[],
  { result, sizes }: Subscripts,
  optimize: boolean | readonly ContractionPair[],
): ContractionPair[] => {
  const pairs: ContractionPair[] = [];
  let list = [...operands];
  while (list.length > 1) {
    const pair = typeof optimize === "boolean" ? null : optimize[pairs.length];
    if (pair !== null && !isPair(pair, list.length))
      throw new InvalidOption(
        "np.einsum",
        `the pair ${showValue(pair)} for ${list.length} operands, in contraction ${pairs.length}`,
        "Give pairs of different positions, one fewer than operands; every product goes to the end of the list",
      );
    const [left, right] = pair ?? (optimize === true ? greedyPair(list, result, sizes) : [0, 1]);
    pairs.push([left, right]);
    const others = list.filter((_, k) => k !== left && k !== right);
    list = [...others, keptLabels(list[left]!, list[right]!, others, result)];
  }
  return pairs;
};

// --- einsum -----------------------------------------------------------------------------------

const contract = (left: Labelled, right: Labelled, kept: Labels): Labelled => {
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => kept.includes(label));
  const summed = shared.filter((label) => !kept.includes(label));
  const axesOf = ({ labels }: Labelled, names: Labels): number[] => names.map((label) => labels.indexOf(label));
  const free = ({ labels }: Labelled): Labels => labels.filter((label) => !shared.includes(label));
  return {
    x: dot(left.x, right.x, {
      contract: [axesOf(left, summed), axesOf(right, summed)],
      batch: [axesOf(left, batch), axesOf(right, batch)],
    }),
    labels: [...batch, ...free(left), ...free(right)],
  };
};

interface Prepared {
  readonly subscripts: Subscripts;
  readonly operands: readonly Labelled[];
  readonly options: EinsumOptions;
}

const prepare = (subscripts: string, list: readonly (Operand | EinsumOptions)[]): Prepared => {
  requireText(subscripts);
  const last = list.at(-1);
  const hasOptions = typeof last === "object" && !(last instanceof NDArray);
  const options: EinsumOptions = hasOptions ? last : {};
  requireOptions("np.einsum", options, ["optimize"]);
  const arrays = (hasOptions ? list.slice(0, -1) : list).map((x) => asOperand("np.einsum", x));
  const parsed = parseSubscripts(
    subscripts,
    arrays.map((x) => x.shape),
  );
  const { dtype } = resultType(arrays);
  const alone = arrays.map((x, k) =>
    diagonals(
      withoutStretched(
        { x: toDType(x, dtype === "bool" ? "int32" : dtype), labels: parsed.operands[k]! },
        parsed.sizes,
      ),
    ),
  );
  const operands = alone.map((operand, k) =>
    withoutOwn(
      operand,
      (label) =>
        parsed.result.includes(label) || alone.some(({ labels }, other) => other !== k && labels.includes(label)),
    ),
  );
  return { subscripts: parsed, operands, options };
};

/**
 * Sum of products over named axes: letters name the axes of the operands, those after the arrow the axes of the
 * result, all others are summed over. Without an arrow the result has the letters that occur once, in alphabetical
 * order. A letter twice in a term takes the diagonal; "..." stands for axes that broadcast; sizes 1 stretch.
 * @param list  operands, and options last: optimize
 * @throws InvalidSubscripts, ShapeMismatch, InvalidOption
 * Derivatives of any order. Cost: that of the pairwise contractions; see einsumPath.
 * @example
 * np.einsum("ij,jk->ik", array([[1, 2], [3, 4]]), array([[1, 0], [1, 1]])) // [[3, 2], [7, 4]]
 * np.einsum("ii", array([[1, 2], [3, 4]])) // 5
 */
export const einsum = (subscripts: string, ...list: readonly (Operand | EinsumOptions)[]): NDArray => {
  const prepared = prepare(subscripts, list);
  const { result } = prepared.subscripts;
  const pairs = pathOf(prepared);
  let operands = [...prepared.operands];
  for (const [left, right] of pairs) {
    const others = operands.filter((_, k) => k !== left && k !== right);
    const [a, b] = [operands[left]!, operands[right]!];
    const kept = keptLabels(
      a.labels,
      b.labels,
      others.map(({ labels }) => labels),
      result,
    );
    operands = [...others, contract(a, b, kept)];
  }
  const [{ x, labels }] = operands as [Labelled];
  const permutation = result.map((label) => labels.indexOf(label));
  return permutation.every((axis, k) => axis === k) ? x : transpose(x, { permutation });
};

const pathOf = ({ operands, subscripts, options }: Prepared): ContractionPair[] =>
  orderOf(
    operands.map(({ labels }) => labels),
    subscripts,
    options.optimize ?? true,
  );

/**
 * The order in which einsum would contract these operands: pairs of positions in the list as it is then, whose product
 * goes to its end.
 * @example np.einsumPath("ij,jk,kl->il", np.ones([9, 2]), np.ones([2, 9]), np.ones([9, 2])) // [[1, 2], [0, 1]]
 */
export const einsumPath = (subscripts: string, ...list: readonly (Operand | EinsumOptions)[]): ContractionPair[] =>
  pathOf(prepare(subscripts, list));
