/**
 * The matrix product as WebAssembly: equal to the bit with `dotGeneral` (kernels/contraction.ts) in both float precisions.
 * Every exported function runs over two batch indices; `planMatmul` (matmul-plan.ts) says which one to call, and how.
 */
import { i32, wasmModule } from "../assembler/index.ts";
import type { Expression, Local, Statements, WasmModule } from "../assembler/index.ts";
import { doubles, integers, relaxedLanes, singles } from "./lanes.ts";
import type { Lanes } from "./lanes.ts";
import { edgeBytes } from "./matmul-blocking.ts";
import { copyLine } from "./matmul-packing.ts";
import { product } from "./matmul-product.ts";
import { smallProduct } from "./matmul-small.ts";
import { streamProduct } from "./matmul-stream.ts";
import { thinProduct } from "./matmul-thin.ts";
import { memoryLimits } from "./module.ts";
import type { PrebuiltModule } from "./module.ts";

type Integer = Expression<"i32">;
type Locals<Names extends readonly string[]> = { readonly [K in keyof Names]: Local<"i32"> };
/** Addresses of the matrices of one batch index, and the parameters that are the same for all. */
type Body<Names extends readonly string[]> = (
  f: Statements,
  operands: readonly [left: Integer, right: Integer, c: Integer],
  rest: Locals<Names>,
) => void;

/**
 * Exports `name(outer, inner, left, leftOuter, leftInner, right, rightOuter, rightInner, c, cInner, ...rest)`: `body` for
 * every pair of batch indices. Distances are in elements; results lie one behind the other.
 */
function exportBatched<const Names extends readonly string[]>(
  module: WasmModule,
  item: number,
  name: string,
  names: Names,
  body: Body<Names>,
): void {
  const params = [...integers(10), ...names.map(() => "i32" as const)] as const;
  module.func(
    name,
    { params, export: true },
    (f, outer, inner, left, leftOuter, leftInner, right, rightOuter, rightInner, c, cInner, ...rest) => {
      const [x, y, a, b] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
      const advance = (pointer: Local<"i32">, distance: Integer): void =>
        f.set(pointer, i32.add(pointer, i32.mul(distance, item)));
      f.for(x, 0, outer, 1, () => {
        f.set(a, left);
        f.set(b, right);
        f.for(y, 0, inner, 1, () => {
          body(f, [a, b, c], rest as unknown as Locals<Names>);
          advance(a, leftInner);
          advance(b, rightInner);
          advance(c, cInner);
        });
        advance(left, leftOuter);
        advance(right, rightOuter);
      });
    },
  );
}

const matrix = ["m", "n", "k", "aRow", "aDepth", "bDepth", "bColumn"] as const;
const blocked = [...matrix, "packedA", "packsB", "scratch"] as const;
const thin = ["vectors", "lines", "k", "wLine", "xVector", "xDepth", "cLine", "cVector"] as const;

function addPrecision(module: WasmModule, lanes: Lanes): void {
  const { bits, item } = lanes;
  const bytes = (distance: Integer): Integer => i32.mul(distance, item);
  const copy = copyLine(module, lanes);
  const multiply = product(module, lanes, copy);
  const multiplyThin = thinProduct(module, lanes);
  const multiplySmall = smallProduct(module, lanes);
  const multiplyStream = streamProduct(module, lanes);

  const callProduct: Body<typeof blocked> = (f, [a, b, c], rest) => {
    const [m, n, k, aRow, aDepth, bDepth, bColumn, packedA, packsB, scratch] = rest;
    const [aSteps, bSteps] = [[bytes(aRow), bytes(aDepth)] as const, [bytes(bDepth), bytes(bColumn)] as const];
    f.call(multiply, m, n, k, a, ...aSteps, b, ...bSteps, c, packedA, i32.add(scratch, edgeBytes), packsB, scratch);
  };
  exportBatched(module, item, `product${bits}`, blocked, callProduct);
  // The product goes to `turned`, then each of its few rows becomes a column of c.
  exportBatched(module, item, `turned${bits}`, ["turned", ...blocked] as const, (f, [a, b, c], [turned, ...rest]) => {
    const [m, n] = rest;
    callProduct(f, [a, b, turned], rest);
    const row = f.local("i32");
    f.for(row, 0, m, 1, () =>
      f.call(copy, n, i32.add(turned, bytes(i32.mul(row, n))), item, i32.add(c, bytes(row)), bytes(m)),
    );
  });
  exportBatched(module, item, `thin${bits}`, thin, (f, [w, x, c], rest) => {
    const [vectors, lines, k, wLine, xVector, xDepth, cLine, cVector] = rest;
    const [xSteps, cSteps] = [[bytes(xVector), bytes(xDepth)] as const, [bytes(cLine), bytes(cVector)] as const];
    f.call(multiplyThin, vectors, lines, k, w, bytes(wLine), x, ...xSteps, c, ...cSteps);
  });
  exportBatched(
    module,
    item,
    `stream${bits}`,
    ["n", "k", "aDepth", "bDepth", "sums"] as const,
    (f, [a, b, c], rest) => {
      const [n, k, aDepth, bDepth, sums] = rest;
      f.call(multiplyStream, n, k, a, bytes(aDepth), b, bytes(bDepth), c, sums);
    },
  );
  exportBatched(module, item, `small${bits}`, matrix, (f, [a, b, c], [m, n, k, aRow, aDepth, bDepth, bColumn]) =>
    f.call(multiplySmall, m, n, k, a, bytes(aRow), bytes(aDepth), b, bytes(bDepth), bytes(bColumn), c),
  );
}

const moduleOf = (name: string, precisions: readonly Lanes[]): PrebuiltModule => ({
  name,
  build: (limits = memoryLimits.alone) => {
    const module = wasmModule();
    module.importMemory("env", "memory", limits);
    for (const lanes of precisions) addPrecision(module, lanes);
    module.func("clear", { params: ["i32", "i32"], export: true }, (f, address, bytes) =>
      f.memoryFill(address, 0, bytes),
    );
    return module.assemble();
  },
});

/** The module of matrix products. */
export const matmul: PrebuiltModule = moduleOf("matmul", [doubles, singles]);

/** The same functions with relaxed instructions in the tiles: needs `hasRelaxedSimd`; last bits depend on the machine. */
export const relaxedMatmul: PrebuiltModule = moduleOf("relaxed matmul", relaxedLanes);
