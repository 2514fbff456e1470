/**
 * Arena: the one memory of the WebAssembly back end, used as a stack of frames. A call takes a frame on top
 * and gives it back in `finally`; a call from inside a call stands on top of it. Nothing else is allocated here.
 * Growing detaches every view, hence views are fields of the arena that are read anew after each call.
 */
import { memoryLimits } from "../../kernels/prebuilt/module.ts";
import { OutOfMemory } from "../error.ts";
import { makeGeneration, threadCount } from "../machine.ts";
import type { DType, TypedArray } from "../array/dtype.ts";
import { itemSize } from "../array/dtype.ts";
import { allocate, copyOf } from "../array/storage.ts";

export interface Arena {
  readonly memory: WebAssembly.Memory;
  /** Whether threads can share the memory. */
  readonly isShared: boolean;
  /** Views of the whole memory; only valid until the next frame is taken. */
  views: Readonly<Record<DType, TypedArray>>;
  /** Bytes in use. */
  top: number;
  /** Bytes there are. */
  capacity: number;
}

const pageBytes = 65536;
const alignment = 16;

const viewsOf = ({ buffer }: WebAssembly.Memory): Arena["views"] => ({
  float64: new Float64Array(buffer),
  float32: new Float32Array(buffer),
  int32: new Int32Array(buffer),
  uint32: new Uint32Array(buffer),
  bool: new Uint8Array(buffer),
});

/** Bytes that addresses reach. */
export const addressable: number = 2 ** 32;

interface ArenaSettings {
  /** Bytes the memory may grow to; at most 4 GiB, what 32-bit addresses reach. */
  readonly maximumBytes: number;
  /** Grow with every frame, so that any view kept too long is caught; for tests. */
  readonly growAlways: boolean;
}

const defaults: ArenaSettings = { maximumBytes: addressable, growAlways: false };
let settings: ArenaSettings = defaults;

/** Changes limits; without an argument the defaults come back. */
export const configureArena = (changes: Partial<ArenaSettings> = {}): void => {
  settings = Object.keys(changes).length === 0 ? defaults : { ...settings, ...changes };
};

const newArena = (isShared: boolean): Arena => {
  const memory = new WebAssembly.Memory(memoryLimits[isShared ? "shared" : "alone"]);
  return { memory, isShared, views: viewsOf(memory), top: 0, capacity: memory.buffer.byteLength };
};

/** The arenas of this process: of programs that one thread runs, and of those that several run. */
const arenas: { alone: Arena | null; shared: Arena | null } = { alone: null, shared: null };

/** The arena that programs share, made at the first call; programs of several threads have one of their own. */
export const sharedArena = (isShared = false): Arena => (arenas[isShared ? "shared" : "alone"] ??= newArena(isShared));

/** The arena of programs that are compiled now. For tests. */
export const arenaInUse = (): Arena => sharedArena(threadCount() > 1);

/** For tests: programs that are compiled from now on get new arenas, as small as at the start. */
export const forgetArenas = (): void => {
  arenas.alone = null;
  arenas.shared = null;
  makeGeneration();
};

/** The next program for several threads gets a new arena; this one goes with the programs that hold it. */
export const forgetSharedArena = (): void => {
  arenas.shared = null;
};

const outOfMemory = (needed: number, limit: number, cause?: unknown): OutOfMemory =>
  new OutOfMemory(
    "memory for a compiled program",
    `${needed} bytes are needed, the limit is ${limit}`,
    'Use smaller arrays, or { backend: "js" }, which works in ordinary arrays',
    cause === undefined ? {} : { cause },
  );

const grow = (arena: Arena, needed: number): void => {
  const { maximumBytes } = settings;
  if (needed > maximumBytes) throw outOfMemory(needed, maximumBytes);
  // Doubling keeps the number of growths small; the exact size is the second try.
  const wanted = settings.growAlways ? needed : Math.min(maximumBytes, Math.max(needed, 2 * arena.capacity));
  for (const bytes of [wanted, needed]) {
    try {
      arena.memory.grow(Math.max(1, Math.ceil((bytes - arena.capacity) / pageBytes)));
      break;
    } catch (error) {
      if (bytes === needed) throw outOfMemory(needed, arena.capacity, error);
    }
  }
  arena.views = viewsOf(arena.memory);
  arena.capacity = arena.memory.buffer.byteLength;
};

/** @throws OutOfMemory for a frame that addresses do not reach */
export const refuseFrame = ({ top }: Arena, bytes: number): never => {
  throw outOfMemory(top + bytes, Math.min(settings.maximumBytes, addressable));
};

/** Base of a new frame of `bytes` bytes. @throws OutOfMemory, with the arena as it was */
export const takeFrame = (arena: Arena, bytes: number): number => {
  const base = arena.top;
  const end = base + Math.ceil(bytes / alignment) * alignment;
  if (end > arena.capacity || settings.growAlways) grow(arena, end);
  arena.top = end;
  return base;
};

/** Gives back the frame at `base` and everything above it. */
export const releaseFrame = (arena: Arena, base: number): void => {
  arena.top = base;
};

/** Loops beat bulk copies below this number of elements. */
const shortCopy = 32;

/** Writes an array to a byte address. */
export const copyIn = (arena: Arena, source: TypedArray, dtype: DType, address: number): void => {
  const view = arena.views[dtype];
  const start = address / itemSize(dtype);
  if (source.length >= shortCopy) view.set(source, start);
  else for (let k = 0; k < source.length; k++) view[start + k] = source[k]!;
};

/** A fresh array of what stands at a byte address. */
export const copyOut = (arena: Arena, dtype: DType, address: number, length: number): TypedArray => {
  const view = arena.views[dtype];
  const start = address / itemSize(dtype);
  if (length >= shortCopy) return copyOf(view.subarray(start, start + length));
  const out = allocate(dtype, length);
  for (let k = 0; k < length; k++) out[k] = view[start + k]!;
  return out;
};

/** View of a block of elements at a byte address; only valid until the next frame is taken. */
export const blockAt = (arena: Arena, dtype: DType, address: number, length: number): TypedArray => {
  const start = address / itemSize(dtype);
  return arena.views[dtype].subarray(start, start + length);
};
