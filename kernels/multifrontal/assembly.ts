/**
 * What fills a front: element matrices times their moduli, springs, and the update matrices of children.
 * The panel holds pivot columns in strips, the update matrix is a lower triangle of 4x4 tiles, row of tiles by row.
 */
import { at, f64, i32 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { integers } from "../prebuilt/lanes.ts";
import type { Integers } from "../prebuilt/lanes.ts";
import { countBits, dofBits } from "./layout.ts";

type Number = Expression<"i32">;

/** Address of column 0 of a row in the panel. */
const panelRow = (panel: Number, row: Number, pivots: Number): Number =>
  i32.add(panel, i32.add(i32.mul(i32.mul(i32.shr_u(row, 2), pivots), 32), i32.shl(i32.and(row, 3), 3)));

/** Address of column 0 of a row in an update matrix; `row` counts update rows. */
const updateRow = (f: Statements, update: Number, row: Number): Number => {
  const block = f.hold(i32.shr_u(row, 2));
  return i32.add(update, i32.add(i32.mul(i32.mul(block, i32.add(block, 1)), 64), i32.shl(i32.and(row, 3), 3)));
};

const addTo = (f: Statements, place: Local<"i32">, value: Expression<"f64">): void =>
  f.store(place, f64.add(f64.load(place), value));

/** What a front's assembly calls. */
export interface Assembly {
  /** (matrix, scale, bytes of a row, map, panel, pivots, update matrix) */
  readonly addElement: FunctionReference<readonly ["i32", "f64", "i32", "i32", "i32", "i32", "i32"], "none">;
  /** (child's update matrix, places in the parent, rows, panel, pivots, update matrix) */
  readonly extendAdd: FunctionReference<Integers<6>, "none">;
  /** (first dof's word, springs, panel, pivots) */
  readonly addSprings: FunctionReference<Integers<4>, "none">;
}

export function assembly(module: WasmModule): Assembly {
  /** (row of the matrix, scale, first word, columns, column 0 of the target row) */
  const addMatrixRow = module.func(
    "addMatrixRow",
    { params: ["i32", "f64", "i32", "i32", "i32"] },
    (f, matrix, scale, word, count, target) =>
      f.for(f.local("i32"), 0, count, 1, () => {
        const entry = f.hold(i32.load(word));
        const place = f.hold(i32.add(target, i32.shl(i32.shr_u(entry, dofBits), 5)));
        const value = f64.load(at(matrix, i32.and(entry, 2 ** dofBits - 1), 8));
        addTo(f, place, f64.mul(scale, value));
        f.set(word, i32.add(word, 4));
      }),
  );
  const addElement = module.func(
    "addElement",
    { params: ["i32", "f64", "i32", "i32", "i32", "i32", "i32"] },
    (f, matrix, scale, rowBytes, map, panel, pivots, update) => {
      const a = f.local("i32");
      const header = f.hold(i32.load(map));
      const count = f.hold(i32.and(header, 2 ** countBits - 1));
      const inPivots = f.hold(i32.shr_u(header, countBits));
      const first = f.hold(i32.add(map, 4));
      f.for(a, 0, count, 1, () => {
        const entry = f.hold(i32.load(at(first, a, 4)));
        const row = f.hold(i32.shr_u(entry, dofBits));
        const own = f.hold(i32.add(matrix, i32.mul(i32.and(entry, 2 ** dofBits - 1), rowBytes)));
        const target = panelRow(panel, row, pivots);
        f.if(
          i32.lt_s(a, inPivots),
          () => f.call(addMatrixRow, own, scale, first, i32.add(a, 1), target),
          () => {
            f.call(addMatrixRow, own, scale, first, inPivots, target);
            const rest = i32.sub(updateRow(f, update, i32.sub(row, pivots)), i32.shl(pivots, 5));
            const word = i32.add(first, i32.shl(inPivots, 2));
            f.call(addMatrixRow, own, scale, word, i32.sub(i32.add(a, 1), inPivots), rest);
          },
        );
      });
    },
  );
  /** (source, places, count, column 0 of the target row): every fourth number of the source, at its place. */
  const addRow = module.func("addRow", { params: integers(4) }, (f, source, places, count, target) =>
    f.for(f.local("i32"), 0, count, 1, () => {
      const place = f.hold(i32.add(target, i32.shl(i32.load(places), 5)));
      addTo(f, place, f64.load(source));
      f.set(places, i32.add(places, 4));
      f.set(source, i32.add(source, 32));
    }),
  );
  const extendAdd = module.func(
    "extendAdd",
    { params: integers(6) },
    (f, child, places, count, panel, pivots, update) => {
      const [i, inPivots] = [f.local("i32"), f.local("i32")];
      f.for(f.local("i32"), 0, count, 1, (exit) => {
        f.brIf(exit, i32.ge_s(i32.load(at(places, inPivots, 4)), pivots));
        f.set(inPivots, i32.add(inPivots, 1));
      });
      f.for(i, 0, count, 1, () => {
        const row = f.hold(i32.load(at(places, i, 4)));
        const source = f.hold(updateRow(f, child, i));
        const target = panelRow(panel, row, pivots);
        f.if(
          i32.lt_s(i, inPivots),
          () => f.call(addRow, source, places, i32.add(i, 1), target),
          () => {
            f.call(addRow, source, places, inPivots, target);
            const rest = i32.sub(updateRow(f, update, i32.sub(row, pivots)), i32.shl(pivots, 5));
            const more = i32.sub(i32.add(i, 1), inPivots);
            f.call(addRow, i32.add(source, i32.shl(inPivots, 5)), i32.add(places, i32.shl(inPivots, 2)), more, rest);
          },
        );
      });
    },
  );
  const addSprings = module.func("addSprings", { params: integers(4) }, (f, dofs, springs, panel, pivots) => {
    const row = f.local("i32");
    f.for(row, 0, pivots, 1, () => {
      const dof = f.hold(i32.load(at(dofs, row, 4)));
      f.if(i32.ge_s(dof, 0), () => {
        const place = f.hold(i32.add(panelRow(panel, row, pivots), i32.shl(row, 5)));
        addTo(f, place, f64.load(at(springs, dof, 8)));
      });
    });
  });
  return { addElement, extendAdd, addSprings };
}
