/**
 * Memory of the solvers. Engines reserve gigabytes of addresses for every WebAssembly memory and give none back before the
 * collector runs, so there are few: one that small systems share, and some for large ones, least recently used first.
 * A system that has lost its place is given another when it asks again; only what it had computed is gone.
 */

/** Something that lives in solver memory. */
export interface Tenant {
  readonly bytes: number;
  /** Told where it lives now; what was written at an earlier place is lost. */
  readonly arrive: (place: Place) => void;
}

export interface Place {
  readonly memory: WebAssembly.Memory;
  /** Address of its first byte, a multiple of 16. */
  readonly base: number;
}

interface Room {
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
/** Memories of large systems. */
const largeRooms = 3;

const makeRoom = (): Room => ({ memory: new WebAssembly.Memory({ initial: 1 }), tenants: new Map(), next: 0 });

let small: Room | null = null;
/** Least recently used first. */
let large: Room[] = [];

/** Puts the tenant behind those that live in the room. */
function moveIn(room: Room, tenant: Tenant): Place {
  const end = room.next + tenant.bytes;
  const missing = Math.ceil((end - room.memory.buffer.byteLength) / pageBytes);
  if (missing > 0) room.memory.grow(missing);
  const place = { memory: room.memory, base: room.next };
  room.tenants.set(tenant, place);
  room.next = (end + 15) & ~15;
  tenant.arrive(place);
  return place;
}

function placeOfSmall(tenant: Tenant): Place {
  small ??= makeRoom();
  const known = small.tenants.get(tenant);
  if (known !== undefined) return known;
  if (small.next + tenant.bytes > sharedBytes) small = { ...small, tenants: new Map(), next: 0 };
  return moveIn(small, tenant);
}

function placeOfLarge(tenant: Tenant): Place {
  const known = large.find(({ tenants }) => tenants.has(tenant));
  const room = known ?? (large.length < largeRooms ? makeRoom() : large[0]!);
  large = [...large.filter((other) => other !== room), room];
  if (known !== undefined) return known.tenants.get(tenant)!;
  room.tenants = new Map();
  room.next = 0;
  return moveIn(room, tenant);
}

/** Where the tenant lives, from now on if it had no place. Views of the memory are valid until the next call. */
export const placeFor = (tenant: Tenant): Place =>
  tenant.bytes > largeBytes ? placeOfLarge(tenant) : placeOfSmall(tenant);

/** Whether the tenant still has its place. */
export const isHome = (tenant: Tenant): boolean =>
  small?.tenants.has(tenant) === true || large.some(({ tenants }) => tenants.has(tenant));

/** Gives up all memories; systems are given new ones when they ask. */
export const forgetSolverMemory = (): void => {
  small = null;
  large = [];
};
