/**
 * Tracers: arrays that stand for a value while a transform looks at a function.
 * Each remembers the trace it was born in by its mark; a mark dies when its trace ends, so leaks are seen.
 * Any conversion to a JavaScript number or string throws: `if (x > 0)` must not take a branch silently.
 */
import { isDebugging } from "../configure.ts";
import { LeakedTracer, TracerConversion } from "../error.ts";
import { NDArray } from "../array/ndarray.ts";
import type { NestedNumbers } from "../array/ndarray.ts";
import type { OwnTypedArray } from "../array/dtype.ts";
import type { Aval } from "./aval.ts";
import { showAval } from "./aval.ts";
import { sourceLine } from "./source-line.ts";

/** Identity of one trace. `owner` names the transform and function for messages. */
export interface Mark {
  readonly owner: string;
  alive: boolean;
}

export const newMark = (owner: string): Mark => {
  const mark: Mark = { owner, alive: true };
  host?.own.add(mark);
  return mark;
};

/** A host function that is running, and the traces that it has begun itself. */
interface HostCall {
  readonly name: string;
  readonly own: WeakSet<Mark>;
}

let host: HostCall | null = null;

/** Runs host code, for which values that are traced outside of it do not exist; messages call it `name`. */
export const asHost = <T>(name: string, body: () => T): T => {
  const outer = host;
  host = { name, own: new WeakSet() };
  try {
    return body();
  } finally {
    host = outer;
  }
};

const isForeign = (x: Tracer): boolean => host !== null && !host.own.has(x.mark);

export class Tracer<Payload = unknown> extends NDArray {
  readonly mark: Mark;
  readonly payload: Payload;
  /** The user's line that made it; recorded in debug mode only. */
  declare readonly source?: string;

  constructor(mark: Mark, { shape, dtype, weakType }: Aval, payload: Payload) {
    super(shape, dtype, weakType);
    this.mark = mark;
    this.payload = payload;
    if (isDebugging()) recordSource(this);
  }

  override item(): number {
    throw conversion(this, "its value as a number");
  }

  override toTypedArray(): OwnTypedArray {
    throw conversion(this, "its elements");
  }

  override toList(): NestedNumbers {
    throw conversion(this, "its elements");
  }

  override toString(): string {
    return `Traced<${showAval(this)}>`;
  }

  [Symbol.toPrimitive](hint: string): string {
    // Template literals and console output ask for text; everything else (>, +, ==, keys by number) for a value.
    throw conversion(
      this,
      hint === "string"
        ? "text, a property key or an index"
        : "a JavaScript number (operators such as > + - == do that)",
    );
  }
}

const recordSource = (x: Tracer): void => {
  const source = sourceLine("withOrigin");
  if (source !== undefined) Object.defineProperty(x, "source", { value: source });
};

export const isTracer = (x: unknown): x is Tracer => x instanceof Tracer;

const conversion = (x: Tracer, wanted: string): TracerConversion | LeakedTracer =>
  x.mark.alive && !isForeign(x)
    ? new TracerConversion(
        `${x.toString()} was asked for ${wanted}`,
        `it is being traced by ${x.mark.owner} and has no value yet`,
        "Use array operations: np.where for branches, x.add for +, .toString() for printing; or mark the argument as static",
      )
    : leaked(x, "a conversion");

/** Which tracer an error is about. */
const tracerOfLeak = new WeakMap<Error, Tracer>();

/** The tracer of this trace that an error is about, if it is such an error. */
export const leakOf = (error: unknown, mark: Mark): Tracer | undefined => {
  const x = error instanceof LeakedTracer ? tracerOfLeak.get(error) : undefined;
  return x?.mark === mark ? x : undefined;
};

export const leaked = (x: Tracer, where: string): LeakedTracer => {
  const isOutside = x.mark.alive || isForeign(x);
  const error = new LeakedTracer(
    `${x.toString()} used in ${where}${isForeign(x) ? ` by ${host!.name}` : ""}`,
    `it belongs to ${x.mark.owner}, ${isOutside ? "which cannot be seen from here" : "which has already returned"}${x.source === undefined ? "" : `; it was made at ${x.source}`}`,
    isOutside
      ? "Host code sees concrete arrays only: pass the value as an argument instead of closing over it"
      : "Return values from the traced function instead of storing them outside",
  );
  tracerOfLeak.set(error, x);
  return error;
};
