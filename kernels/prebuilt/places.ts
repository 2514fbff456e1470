/**
 * Places that index tuples name, as WebAssembly: `resolveRows` (kernels/indexing.ts) for one tuple at a time, inside the loop
 * that reads or writes there. A module knows the number of indices in a tuple, their dtype and what is done out of range.
 */
import { i32, select } from "../assembler/index.ts";
import type { Expression, Label, Local, Statements } from "../assembler/index.ts";
import type { OutOfRange } from "../indexing.ts";

const { add, mul } = i32;

export type IndexType = "int32" | "uint32";

export const isIndexType = (dtype: string): dtype is IndexType => dtype === "int32" || dtype === "uint32";

export interface IndexForm {
  readonly depth: number;
  readonly type: IndexType;
  readonly outOfRange: OutOfRange;
}

/** What a module has in its name. */
export const nameOf = ({ depth, type, outOfRange }: IndexForm): string =>
  `at ${depth} ${type}${outOfRange === "none" ? "" : ` ${outOfRange}`}`;

/** Most indices in a tuple. */
export const mostDepth = 16;

const clipped = (f: Statements, index: Local<"i32">, extent: Local<"i32">, type: IndexType): Expression<"i32"> => {
  const last = i32.sub(extent, 1);
  if (type === "uint32") return select(i32.gt_u(index, last), last, index);
  const least = f.hold(select(i32.lt_s(index, 0), i32.const(0), index));
  return select(i32.gt_s(least, last), last, least);
};

/** The index modulo the extent, at least 0; in range, as most are, without a division. */
const wrapped = (f: Statements, index: Local<"i32">, extent: Local<"i32">, type: IndexType): Expression<"i32"> => {
  f.if(i32.ge_u(index, extent), () => {
    if (type === "uint32") return f.set(index, i32.rem_u(index, extent));
    f.set(index, i32.rem_s(index, extent));
    f.set(index, add(index, i32.and(i32.shr_s(index, 31), extent)));
  });
  return index;
};

/** The index of an axis that counts; leaves by `missing` where there is none. */
const resolved = (
  f: Statements,
  index: Local<"i32">,
  extent: Local<"i32">,
  { type, outOfRange }: IndexForm,
  missing: Label,
): Expression<"i32"> => {
  if (outOfRange === "clip") return clipped(f, index, extent, type);
  if (outOfRange === "wrap") return wrapped(f, index, extent, type);
  // A negative index is a large one without sign.
  f.brIf(missing, i32.ge_u(index, extent));
  return index;
};

/**
 * The row that the tuple at an address names, counted within its batch element.
 * @param extents  lengths of the indexed axes
 * @param missing  where to go if the tuple is out of range
 * @returns        the row, and the index that counts along every axis
 */
export function rowAt(
  f: Statements,
  form: IndexForm,
  tuple: Expression<"i32">,
  extents: readonly Local<"i32">[],
  missing: Label,
): { readonly row: Expression<"i32">; readonly indices: readonly Local<"i32">[] } {
  const indices = extents.map((extent, k) =>
    f.hold(resolved(f, f.hold(i32.load(tuple, 4 * k)), extent, form, missing)),
  );
  const row = indices
    .slice(1)
    .reduce<Expression<"i32">>((outer, index, k) => add(mul(outer, extents[k + 1]!), index), indices[0]!);
  return { row, indices };
}

/** Where index tuples lie, and how many. */
interface Tuples {
  readonly batch: Local<"i32">;
  /** Tuples of every element of the batch. */
  readonly rows: Local<"i32">;
  /** Address of the first; moves on to the next, and at last behind all. */
  readonly indices: Local<"i32">;
  readonly extents: readonly Local<"i32">[];
}

/**
 * For every tuple in order `found(row)`, or `missing()` where it is out of range.
 * @param next        moves on to the next tuple
 * @param nextBatch   moves on to the next element of the batch
 */
export function eachPlace(
  f: Statements,
  form: IndexForm,
  { batch, rows, indices, extents }: Tuples,
  does: Readonly<Record<"missing" | "next" | "nextBatch", () => void>> & {
    readonly found: (row: Expression<"i32">) => void;
  },
): void {
  f.for(f.local("i32"), 0, batch, 1, () => {
    f.for(f.local("i32"), 0, rows, 1, () => {
      f.block((done) => {
        f.block((missing) => {
          does.found(rowAt(f, form, indices, extents, missing).row);
          f.br(done);
        });
        does.missing();
      });
      f.set(indices, add(indices, 4 * form.depth));
      does.next();
    });
    does.nextBatch();
  });
}
