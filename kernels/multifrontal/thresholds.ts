/**
 * Smallest accepted pivots by position, a fraction of the assembled diagonal; equal to the bit with thresholdsOf of
 * kernels/sparse/diagonal.ts. Each element adds its diagonal, in their order; fields of right-hand sides hold the sums.
 */
import { at, f64, i32 } from "../assembler/index.ts";
import type { WasmModule } from "../assembler/index.ts";
import { integers } from "../prebuilt/lanes.ts";
import { headerWord, word } from "./layout.ts";

/** Smallest accepted pivot of a fixed dof and of padding, whose pivot is 1. */
const unitThreshold = 0.5;

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, k) => k);

/** Exports `thresholds<n>` (header, elements, place of the fraction) for n dofs per node. */
const exportFor = (module: WasmModule, elementSize: number, dofsPerNode: number): void => {
  const nodes = range(elementSize / dofsPerNode);
  module.func(
    `thresholds${dofsPerNode}`,
    { params: integers(3), export: true },
    (f, header, elements, fractionPlace) => {
      const own = (name: keyof typeof headerWord) => f.hold(word(header, headerWord[name]));
      const [springs, diagonal, bytes] = [own("springs"), own("rhs"), f.hold(i32.shl(own("dofCount"), 3))];
      f.if(
        springs,
        () => f.memoryCopy(diagonal, springs, bytes),
        () => f.memoryFill(diagonal, 0, bytes),
      );
      const [corner, modulus, matrix] = [own("elementNodes"), own("modulus"), own("matrix")];
      const matrixStep = own("matrixStep");
      f.for(f.local("i32"), 0, elements, 1, () => {
        const scale = f.hold(f64.load(modulus));
        for (const k of nodes) {
          const place = f.hold(i32.add(diagonal, i32.mul(i32.load(at(corner, k, 4)), 8 * dofsPerNode)));
          for (const i of range(dofsPerNode)) {
            const entry = f64.load(at(matrix, (k * dofsPerNode + i) * (elementSize + 1), 8));
            f.store(at(place, i, 8), f64.add(f64.load(at(place, i, 8)), f64.mul(scale, entry)));
          }
        }
        f.set(corner, i32.add(corner, 4 * nodes.length));
        f.set(modulus, i32.add(modulus, 8));
        f.set(matrix, i32.add(matrix, matrixStep));
      });
      const fraction = f.hold(f64.load(fractionPlace));
      const [dofAt, threshold] = [own("dofAt"), own("threshold")];
      f.for(f.local("i32"), 0, own("positionCount"), 1, () => {
        const dof = f.hold(i32.load(dofAt));
        f.if(
          i32.ge_s(dof, 0),
          () => f.store(threshold, f64.mul(fraction, f64.load(at(diagonal, dof, 8)))),
          () => f.store(threshold, f64.const(unitThreshold)),
        );
        f.set(dofAt, i32.add(dofAt, 4));
        f.set(threshold, i32.add(threshold, 8));
      });
    },
  );
};

/** Exports them for all numbers of dofs that a node of such an element may have. */
export const exportThresholds = (module: WasmModule, elementSize: number): void => {
  for (const dofsPerNode of [1, 2, 3]) if (elementSize % dofsPerNode === 0) exportFor(module, elementSize, dofsPerNode);
};
