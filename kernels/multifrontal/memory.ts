/**
 * Memory of the solvers. Engines reserve gigabytes of addresses for every WebAssembly memory and give none back before the
 * collector runs, so there are few: one that small systems share, and some for large ones, least recently used first.
 * A system that has lost its place is given another when it asks again; only what it had computed is gone.
 * Systems on which several threads work have memories of their own kind.
 */
import { memoryLimits } from "../prebuilt/module.ts";
import { alignedTo16 } from "./layout.ts";

/** Something that lives in solver memory. */
export interface Tenant {
  readonly bytes: number;
  /** Whether threads share its memory; missing: they do not. */
  readonly isShared?: boolean;
  /** Told where it lives now; what was written at an earlier place is lost. */
  readonly arrive: (place: Place) => void;
}

export interface Place {
  readonly memory: WebAssembly.Memory;
  /** Address of its first byte, a multiple of 16. */
  readonly base: number;
}

type Kind = keyof typeof memoryLimits;

interface Room {
  readonly kind: Kind;
  readonly memory: WebAssembly.Memory;
  /** Tenants with their places; a large one lives alone. */
  tenants: Map<Tenant, Place>;
  /** First free byte. */
  next: number;
}

const pageBytes = 65536;

/** Beyond this a system has a memory to itself. */
const largeBytes = 2 ** 24;
/** Bytes of small systems that live at one time. */
const sharedBytes = 2 ** 27;
/** Large systems have so many memories, and more while all of them together take no more bytes than this. */
const largeRooms = 3;
const largeRoomsBytes = 2 ** 29;

const kindFor = ({ isShared }: Tenant): Kind => (isShared === true ? "shared" : "alone");

const makeRoom = (kind: Kind): Room => ({
  kind,
  memory: new WebAssembly.Memory(memoryLimits[kind]),
  tenants: new Map(),
  next: 0,
});

let small: Readonly<Record<Kind, Room | undefined>> = { alone: undefined, shared: undefined };
/** Least recently used first. */
let large: Room[] = [];

/** Puts the tenant behind those that live in the room. */
function moveIn(room: Room, tenant: Tenant): Place {
  const end = room.next + tenant.bytes;
  const { byteLength } = room.memory.buffer;
  const missing = Math.ceil((end - byteLength) / pageBytes);
  // Small systems come one after the other: a room that grew by each alone would have the collector run for every few.
  const ahead = Math.ceil((Math.min(2 * byteLength, sharedBytes) - byteLength) / pageBytes);
  if (missing > 0) room.memory.grow(tenant.bytes > largeBytes ? missing : Math.max(missing, ahead));
  const place = { memory: room.memory, base: room.next };
  tenant.arrive(place);
  // Whoever could not move in, for want of memory, does not live there.
  room.tenants.set(tenant, place);
  room.next = alignedTo16(end);
  return place;
}

function placeOfSmall(tenant: Tenant): Place {
  const kind = kindFor(tenant);
  const room = small[kind] ?? makeRoom(kind);
  const known = room.tenants.get(tenant);
  if (known !== undefined) return known;
  const isFull = room.next + tenant.bytes > sharedBytes;
  const free = isFull ? { ...room, tenants: new Map(), next: 0 } : room;
  small = { ...small, [kind]: free };
  return moveIn(free, tenant);
}

/** A room for one more large tenant: an empty one, a new one, or the least recently used, each of the right kind. */
function vacate(kind: Kind, bytes: number): Room {
  const empty = large.find((room) => room.kind === kind && room.tenants.size === 0);
  if (empty !== undefined) return empty;
  const taken = large.reduce((sum, { memory }) => sum + memory.buffer.byteLength, bytes);
  if (large.length < largeRooms || taken <= largeRoomsBytes) return makeRoom(kind);
  const oldest = large[0]!;
  large = large.slice(1);
  return oldest.kind === kind ? oldest : makeRoom(kind);
}

function placeOfLarge(tenant: Tenant): Place {
  const known = large.find(({ tenants }) => tenants.has(tenant));
  const room = known ?? vacate(kindFor(tenant), tenant.bytes);
  large = [...large.filter((other) => other !== room), room];
  if (known !== undefined) return known.tenants.get(tenant)!;
  room.tenants = new Map();
  room.next = 0;
  return moveIn(room, tenant);
}

/** Where the tenant lives, from now on if it had no place. Views of the memory are valid until the next call. */
export const placeFor = (tenant: Tenant): Place =>
  tenant.bytes > largeBytes ? placeOfLarge(tenant) : placeOfSmall(tenant);

const rooms = (): readonly Room[] =>
  [small.alone, small.shared, ...large].filter((room): room is Room => room !== undefined);

/** Whether the tenant still has its place. */
export const isHome = (tenant: Tenant): boolean => rooms().some(({ tenants }) => tenants.has(tenant));

/** The tenant does not come back; a room that it had to itself is the first to be used again. */
export const moveOut = (tenant: Tenant): void => {
  const own = rooms().find(({ tenants }) => tenants.delete(tenant));
  if (own !== undefined && large.includes(own)) large = [own, ...large.filter((room) => room !== own)];
};

/** Gives up a memory that somebody may still write to; its tenants are given another place when they ask. */
export const abandon = (memory: WebAssembly.Memory): void => {
  large = large.filter((room) => room.memory !== memory);
  if (small.shared?.memory === memory) small = { ...small, shared: undefined };
};

/** Gives up all memories; systems are given new ones when they ask. */
export const forgetSolverMemory = (): void => {
  small = { alone: undefined, shared: undefined };
  large = [];
};
