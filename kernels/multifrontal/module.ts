/**
 * The multifrontal Cholesky factorization and its solves as one WebAssembly module, without data of its own: tables, header
 * and numbers are where layout.ts says, so that several systems share one memory and several threads one system.
 * Source: Duff & Reid 1983; Liu 1992; the readable reference is kernels/sparse/multifrontal.ts.
 */
import { at, call, f64, i32, pointerTo, wasmModule } from "../assembler/index.ts";
import type { FunctionReference, MemoryLimits, WasmModule } from "../assembler/index.ts";
import { integers } from "../prebuilt/lanes.ts";
import type { Integers } from "../prebuilt/lanes.ts";
import type { PrebuiltModule } from "../prebuilt/module.ts";
import { assembly } from "./assembly.ts";
import type { Assembly } from "./assembly.ts";
import { elimination } from "./elimination.ts";
import { frontWord, headerWord, partBytes, partWord, recordBytes, word } from "./layout.ts";
import { exportSubstitution } from "./substitution.ts";
import { exportThresholds } from "./thresholds.ts";

/** (header, front, panel, update matrix): unit pivots, element matrices, springs, updates of children. */
const assembleFront = (
  module: WasmModule,
  { addElement, extendAdd, addSprings }: Assembly,
  elementSize: number,
): FunctionReference<Integers<4>, "none"> =>
  module.func("assembleFront", { params: integers(4) }, (f, header, front, panel, update) => {
    const pivots = f.hold(word(front, frontWord.pivots));
    const updates = f.hold(word(front, frontWord.updates));
    f.memoryFill(panel, 0, i32.mul(i32.mul(pivots, i32.add(pivots, updates)), 8));
    f.memoryFill(update, 0, i32.mul(i32.mul(updates, i32.add(updates, 4)), 4));
    const units = f.hold(word(front, frontWord.units));
    f.for(f.local("i32"), 0, word(front, frontWord.unitCount), 1, () => {
      f.store(i32.add(panel, i32.load(units)), f64.const(1));
      f.set(units, i32.add(units, 4));
    });
    const [elements, map] = [f.hold(word(front, frontWord.elements)), f.hold(word(front, frontWord.maps))];
    const [modulus, matrix] = [f.hold(word(header, headerWord.modulus)), f.hold(word(header, headerWord.matrix))];
    const matrixStep = f.hold(word(header, headerWord.matrixStep));
    f.for(f.local("i32"), 0, word(front, frontWord.elementCount), 1, () => {
      const element = f.hold(i32.load(elements));
      const own = i32.add(matrix, i32.mul(element, matrixStep));
      f.call(addElement, own, f64.load(at(modulus, element, 8)), 8 * elementSize, map, panel, pivots, update);
      f.set(elements, i32.add(elements, 4));
      f.set(map, i32.add(map, 4 * (elementSize + 1)));
    });
    const springs = f.hold(word(header, headerWord.springs));
    const dofs = at(word(header, headerWord.dofAt), word(front, frontWord.position), 4);
    f.if(springs, () => f.call(addSprings, pointerTo(dofs), springs, panel, pivots));
    const children = f.hold(word(front, frontWord.children));
    const fronts = f.hold(word(header, headerWord.fronts));
    const stack = f.hold(word(header, headerWord.stack));
    f.for(f.local("i32"), 0, word(front, frontWord.childCount), 1, () => {
      const child = f.hold(i32.add(fronts, i32.mul(i32.load(children), recordBytes)));
      const childUpdate = i32.add(stack, word(child, frontWord.update));
      const count = word(child, frontWord.rowCount);
      f.call(extendAdd, childUpdate, word(child, frontWord.parentLocal), count, panel, pivots, update);
      f.set(children, i32.add(children, 4));
    });
  });

/**
 * A module for elements with so many dofs. Exports `factor(header, first, last)`, which answers -1 or the position of the
 * first pivot refused, `factorPart(header, part)`, which leaves that answer in the part's record, the thresholds of
 * thresholds.ts and the solves of substitution.ts.
 */
const build = (elementSize: number, limits?: MemoryLimits): Uint8Array<ArrayBuffer> => {
  const module = wasmModule();
  module.importMemory("env", "memory", limits ?? { initial: 1 });
  const assemble = assembleFront(module, assembly(module), elementSize);
  const { factorPivots, factorUpdates } = elimination(module);
  /** (header, front): -1, or the position of the first pivot refused. */
  const factorFront = module.func("factorFront", { params: integers(2), result: "i32" }, (f, header, front) => {
    const panel = f.hold(i32.add(word(header, headerWord.factor), word(front, frontWord.panel)));
    const update = f.hold(i32.add(word(header, headerWord.stack), word(front, frontWord.update)));
    const pivots = f.hold(word(front, frontWord.pivots));
    const position = f.hold(word(front, frontWord.position));
    f.call(assemble, header, front, panel, update);
    const thresholds = at(word(header, headerWord.threshold), position, 8);
    const refused = f.hold(call(factorPivots, panel, pivots, pointerTo(thresholds)));
    f.if(i32.ge_s(refused, 0), () => f.return(i32.add(position, refused)));
    f.call(factorUpdates, panel, pivots, word(front, frontWord.updates), update);
    return -1;
  });
  const whole = { params: integers(3), result: "i32", export: true } as const;
  const factor = module.func("factor", whole, (f, header, first, last) => {
    const s = f.local("i32");
    const fronts = f.hold(word(header, headerWord.fronts));
    f.for(s, first, last, 1, () => {
      const refused = f.hold(call(factorFront, header, i32.add(fronts, i32.mul(s, recordBytes))));
      f.if(i32.ge_s(refused, 0), () => f.return(refused));
    });
    return -1;
  });
  module.func("factorPart", { params: integers(2), export: true }, (f, header, part) => {
    const record = f.hold(i32.add(word(header, headerWord.parts), i32.mul(part, partBytes)));
    const range = f.hold(word(record, partWord.ranges));
    const refused = f.hold(i32.const(-1));
    f.for(f.local("i32"), 0, word(record, partWord.rangeCount), 1, (exit) => {
      f.set(refused, call(factor, header, word(range, 0), word(range, 1)));
      f.brIf(exit, i32.ge_s(refused, 0));
      f.set(range, i32.add(range, 8));
    });
    f.store(at(record, partWord.refused, 4), refused);
  });
  exportThresholds(module, elementSize);
  exportSubstitution(module);
  return module.assemble();
};

const modules = new Map<number, PrebuiltModule>();

/** The module for elements with so many dofs. */
export const multifrontalModule = (elementSize: number): PrebuiltModule => {
  let module = modules.get(elementSize);
  if (module === undefined) {
    module = { name: `multifrontal${elementSize}`, build: (limits) => build(elementSize, limits) };
    modules.set(elementSize, module);
  }
  return module;
};
