/** Elementary functions as WebAssembly: a module that applies the text of one to arrays, all lanes at a time. */
import { at, i32, v128, wasmModule } from "../../kernels/assembler/index.ts";
import type { BinaryText, Precision, RareFunction, UnaryText } from "../../kernels/elementary/arithmetic.ts";
import { rareFunctions } from "../../kernels/elementary/rare.ts";
import type { Elementary } from "../../kernels/elementary/registry.ts";
import { vectors } from "../../kernels/elementary/vectors.ts";
import type { RareReference, Vector } from "../../kernels/elementary/vectors.ts";

export type Numbers = Float64Array | Float32Array;
export type Text = UnaryText | BinaryText;
type Vectorized = (x: Vector, y: Vector) => Vector;

const written = (text: Text, arity: 1 | 2, precision: Precision, imported: readonly RareFunction[]) => {
  const assembled = wasmModule();
  const type = precision === "float64" ? "f64" : "f32";
  assembled.importMemory("environment", "memory", { initial: 0 });
  const references = new Map<string, RareReference>();
  for (const { name, compute } of imported)
    references.set(name, assembled.importFunction("rare", name, Array(compute.length).fill(type), type));
  assembled.func("apply", { params: ["i32", "i32", "i32", "i32"], export: true }, (f, bytes, x, y, result) => {
    const compute = text(vectors(precision, f, ({ name }) => references.get(name)!)) as Vectorized;
    const offset = f.local("i32");
    f.for(offset, 0, bytes, 16, () => {
      const first = f.hold(v128.load(at(i32.add(x, offset))));
      const second = arity === 2 ? f.hold(v128.load(at(i32.add(y, offset)))) : first;
      f.store(i32.add(result, offset), compute(first, second));
    });
  });
  return assembled.assemble();
};

export interface Assembled {
  /** The function at every element; columns of equal length, float64 or float32 as the precision says. */
  readonly apply: (...columns: readonly Numbers[]) => Numbers;
  /** Places columns and has them computed again and again, for timing. */
  readonly repeat: (...columns: readonly Numbers[]) => (times: number) => void;
  readonly bytes: number;
}

/** The text of a function as WebAssembly on f64x2 or f32x4. */
export const assembled = ({ arity, ...texts }: Elementary, precision: Precision): Assembled => {
  const text = texts[precision];
  const wanted = rareFunctions(text, precision);
  const bytes = written(text, arity, precision, wanted);
  const memory = new WebAssembly.Memory({ initial: 0 });
  const rare = Object.fromEntries(wanted.map(({ name, compute }) => [name, compute]));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { environment: { memory }, rare });
  const run = instance.exports["apply"] as (bytes: number, x: number, y: number, result: number) => void;
  const ArrayType = precision === "float64" ? Float64Array : Float32Array;
  const place = (columns: readonly Numbers[]) => {
    const [first] = columns as readonly [Numbers];
    const size = Math.ceil(first.byteLength / 16) * 16;
    const missing = Math.ceil((3 * size) / 65536) - memory.buffer.byteLength / 65536;
    if (missing > 0) memory.grow(missing);
    columns.forEach((column, k) => new ArrayType(memory.buffer, k * size, column.length).set(column));
    return { size, length: first.length };
  };
  return {
    bytes: bytes.length,
    apply: (...columns) => {
      const { size, length } = place(columns);
      run(size, 0, size, 2 * size);
      return new ArrayType(memory.buffer, 2 * size, length).slice();
    },
    repeat: (...columns) => {
      const { size } = place(columns);
      return (times) => {
        for (let k = 0; k < times; k++) run(size, 0, size, 2 * size);
      };
    },
  };
};
