/**
 * Packing: some lines of a matrix side by side, target[k][line], so that a tile reads one stretch of memory.
 * Lines that are contiguous across are copied by vectors, lines that are contiguous along k are transposed in squares of
 * vectors, others one number at a time. Lines beyond the last are zeros: they fill lanes whose sums are never stored.
 */
import { at, i32, v128 } from "../assembler/index.ts";
import type { FunctionReference, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers, Lanes } from "./lanes.ts";

/** (lines, depth, source, lineStep, depthStep, target), distances in bytes. */
export type Pack = FunctionReference<Integers<6>, "none">;

/** (count, source, step, target, targetStep), distances in bytes. */
export type CopyLine = FunctionReference<Integers<5>, "none">;

/** target[k targetStep] = source[k step] for k in [from, count): one number at a time. */
export function copyLine(module: WasmModule, { scalar, bits }: Lanes): CopyLine {
  return module.func(`copyLineOf${bits}`, { params: integers(5) }, (f, count, source, step, target, targetStep) => {
    const k = f.local("i32");
    f.for(k, 0, count, 1, () => {
      f.store(target, scalar.load(source));
      f.set(source, i32.add(source, step));
      f.set(target, i32.add(target, targetStep));
    });
  });
}

/** target[k][0 .. width vectors] = source[k depthStep ..]: the lines lie side by side. */
function copyRows(module: WasmModule, { bits }: Lanes, width: number): Pack {
  return module.func(
    `copyRows${width}of${bits}`,
    { params: integers(6) },
    (f, _lines, depth, source, _step, depthStep, target) => {
      const k = f.local("i32");
      f.for(k, 0, depth, 1, () => {
        for (let v = 0; v < width; v++) f.store(at(target, v, 16), v128.load(at(source, v, 16)));
        f.set(source, i32.add(source, depthStep));
        f.set(target, i32.add(target, 16 * width));
      });
    },
  );
}

/** Transposes as many lines as a vector has lanes; k runs along the lines, `width` vectors apart in the target. */
function transposeLines(module: WasmModule, lanes: Lanes, width: number, copy: CopyLine): Pack {
  const { bits, item, count } = lanes;
  return module.func(
    `transposeLines${width}of${bits}`,
    { params: integers(6) },
    (f, _lines, depth, source, lineStep, depthStep, target) => {
      const k = f.local("i32");
      const whole = f.hold(i32.and(depth, -count));
      const sources = [f.hold(source)];
      for (let r = 1; r < count; r++) sources.push(f.hold(i32.add(sources[r - 1]!, lineStep)));
      const place = f.hold(target);
      f.for(k, 0, whole, count, () => {
        const columns = lanes.transpose(
          f,
          sources.map((line) => f.hold(v128.load(line))),
        );
        columns.forEach((column, c) => f.store(at(place, c, 16 * width), column));
        for (const line of sources) f.set(line, i32.add(line, 16));
        f.set(place, i32.add(place, 16 * width * count));
      });
      sources.forEach((line, r) =>
        f.call(copy, i32.sub(depth, whole), line, depthStep, i32.add(place, item * r), 16 * width),
      );
    },
  );
}

/** Packs up to `width` vectors of lines, in whichever way their distances allow. */
export function pack(module: WasmModule, lanes: Lanes, width: number, copy: CopyLine): Pack {
  const { bits, item, count } = lanes;
  const rows = copyRows(module, lanes, width);
  const transposed = transposeLines(module, lanes, width, copy);
  return module.func(
    `pack${width}of${bits}`,
    { params: integers(6) },
    (f, lines, depth, source, lineStep, depthStep, target) => {
      const isWhole = i32.eq(lines, width * count);
      f.if(i32.and(isWhole, i32.eq(lineStep, item)), () => {
        f.call(rows, lines, depth, source, lineStep, depthStep, target);
        f.return();
      });
      const line = f.local("i32");
      f.if(i32.and(isWhole, i32.eq(depthStep, item)), () => {
        f.for(line, 0, width, 1, () => {
          f.call(transposed, lines, depth, source, lineStep, depthStep, target);
          f.set(source, i32.add(source, i32.mul(lineStep, count)));
          f.set(target, i32.add(target, 16));
        });
        f.return();
      });
      f.memoryFill(target, 0, i32.mul(depth, 16 * width));
      f.for(line, 0, lines, 1, () => {
        f.call(copy, depth, source, depthStep, target, 16 * width);
        f.set(source, i32.add(source, lineStep));
        f.set(target, i32.add(target, item));
      });
    },
  );
}
