/**
 * NDArray, the one public array type: concrete arrays hold a typed array, tracers stand for a value.
 * Immutable and owned by the garbage collector; no operation here, the numpy library attaches methods.
 * Buffers are contiguous and row-major, reachable only through `bufferOf` (kernels) and copies (users).
 */
import { NotAScalar } from "../error.ts";
import type { DType, OwnTypedArray, TypedArray, WeakType } from "./dtype.ts";
import { storedAs } from "./dtype.ts";
import { allocate, copyOf, requireStorable } from "./storage.ts";
import type { Shape } from "./shape.ts";
import { showShape, sizeOf } from "./shape.ts";

/** Shape of every scalar. */
const noAxes: Shape = Object.freeze([]);

/** The shape that was frozen last: most arrays have the shape of the one before. */
let frozen: Shape = noAxes;

/**
 * An immutable n-dimensional array: concrete, or traced while a transform looks at your function.
 * @example array([[1, 2], [3, 4]]).add(10).toList() // [[11, 12], [13, 14]]
 */
export abstract class NDArray {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly weakType: WeakType;

  constructor(shape: Shape, dtype: DType, weakType: WeakType) {
    if (shape.length > 0 && shape !== frozen) frozen = Object.freeze(shape);
    this.shape = shape.length === 0 ? noAxes : shape;
    this.dtype = dtype;
    this.weakType = weakType;
  }

  /** Number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The only element as a number (booleans as 0 or 1). @throws NotAScalar, TracerConversion */
  abstract item(): number;

  /** The elements in row-major order, as a fresh typed array. @throws TracerConversion */
  abstract toTypedArray(): OwnTypedArray;

  /** The elements as nested lists; a number for a scalar. @throws TracerConversion */
  abstract toList(): NestedNumbers;

  abstract toString(): string;

  toJSON(): unknown {
    return this.toString();
  }
}

/** console.log in Node prints arrays and tracers as their text. */
Object.defineProperty(NDArray.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: NDArray): string {
    return this.toString();
  },
});

/** What `toList` gives: a number, or lists of them as deep as the rank. */
export type NestedNumbers = number | boolean | NestedNumbers[];

/** Kernel's view of the storage: read only by convention, never handed to users. */
export let bufferOf: (x: ConcreteArray) => TypedArray;

/** The value that every element has, if that is known without looking at several; undefined else. */
export let repeatedValue: (x: ConcreteArray) => number | undefined;

/** The array itself under another shape or weakness: see `viewAs`. */
let viewed: (x: ConcreteArray, shape: Shape, weakType: WeakType) => ConcreteArray;

export class ConcreteArray extends NDArray {
  /** Null as long as nobody has asked for the storage of a repeated value. */
  #buffer: TypedArray | null;
  /** What every element is, in arrays made of one repeated value. */
  readonly #value: number | undefined;

  /**
   * Takes ownership of `buffer`: the caller must not write to it afterwards. Without a buffer every element is `value`,
   * a number of the dtype.
   */
  constructor(buffer: TypedArray | null, shape: Shape, dtype: DType, weakType: WeakType = false, value?: number) {
    super(shape, dtype, weakType);
    this.#buffer = buffer;
    this.#value = value;
  }

  static {
    bufferOf = (x) => x.#buffer ?? x.#materialize();
    repeatedValue = (x) => x.#value ?? (x.#buffer!.length === 1 ? x.#buffer![0] : undefined);
    viewed = (x, shape, weakType) => new ConcreteArray(x.#buffer, shape, x.dtype, weakType, x.#value);
  }

  #materialize(): TypedArray {
    const buffer = allocate(this.dtype, sizeOf(this.shape));
    if (!Object.is(this.#value, 0)) buffer.fill(this.#value!);
    this.#buffer = buffer;
    return buffer;
  }

  override item(): number {
    if (this.size !== 1)
      throw new NotAScalar(
        "a number",
        `an array of shape ${showShape(this.shape)} has ${this.size} elements`,
        "Reduce it, or pick one element",
      );
    return repeatedValue(this)!;
  }

  override toTypedArray(): OwnTypedArray {
    return copyOf(bufferOf(this));
  }

  override toList(): NestedNumbers {
    const buffer = bufferOf(this);
    let at = 0;
    const read = (): number | boolean => {
      const value = buffer[at++]!;
      return this.dtype === "bool" ? value !== 0 : value;
    };
    const level = (axis: number): NestedNumbers =>
      axis === this.shape.length ? read() : Array.from({ length: this.shape[axis]! }, () => level(axis + 1));
    return level(0);
  }

  [Symbol.toPrimitive](hint: string): number | string {
    return hint === "string" ? this.toString() : this.item();
  }

  override toJSON(): unknown {
    return this.toList();
  }

  override toString(): string {
    return `array(${showValues(this)}, ${this.dtype})`;
  }
}

/** Nested text; in arrays of more than 64 elements, axes longer than 6 are cut in the middle. */
const showElements = (buffer: TypedArray, shape: Shape, dtype: DType): string => {
  const long = buffer.length > 64;
  const show = (offset: number, axis: number, stride: number): string => {
    if (axis === shape.length) {
      const value = buffer[offset]!;
      return dtype === "bool" ? String(value !== 0) : Object.is(value, -0) ? "-0" : String(value);
    }
    const extent = shape[axis]!;
    const inner = extent === 0 ? 0 : stride / extent;
    const parts: string[] = [];
    for (let k = 0; k < extent; k++) {
      if (long && extent > 6 && k === 3) {
        parts.push("...");
        k = extent - 3;
      }
      parts.push(show(offset + k * inner, axis + 1, inner));
    }
    return `[${parts.join(", ")}]`;
  };
  return show(0, 0, buffer.length);
};

/** The elements as nested text, without the dtype. */
export const showValues = (x: ConcreteArray): string => showElements(bufferOf(x), x.shape, x.dtype);

/** Wraps a buffer that the caller gives up. `length` must be the size of `shape`. */
export const fromBuffer = (buffer: TypedArray, shape: Shape, dtype: DType, weakType: WeakType = false): ConcreteArray =>
  new ConcreteArray(buffer, shape, dtype, weakType);

/** Same elements under another shape or weakness, sharing storage: safe since nobody can write to it. */
export const viewAs = (x: ConcreteArray, shape: Shape, weakType: WeakType = x.weakType): ConcreteArray =>
  viewed(x, shape, weakType);

/** An array of one repeated value, which is rounded or wrapped as the dtype demands. @throws TooLarge */
export const repeated = (value: number, shape: Shape, dtype: DType, weakType: WeakType = false): ConcreteArray => {
  requireStorable(dtype, sizeOf(shape));
  return new ConcreteArray(null, shape, dtype, weakType, storedAs(dtype, value));
};

/** A rank-0 array. */
export const scalar = (value: number, dtype: DType = "float64", weakType: WeakType = false): ConcreteArray =>
  new ConcreteArray(null, noAxes, dtype, weakType, storedAs(dtype, value));

export const isConcrete = (x: unknown): x is ConcreteArray => x instanceof ConcreteArray;
