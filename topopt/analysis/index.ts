/** What a run looked like: the loss around its parameters, the path that they took, the memory that networks need. */
export { landscape } from "./landscape.ts";
export type { Landscape, LandscapeOptions, Span } from "./landscape.ts";
export { principalDirections, projectTrajectory } from "./trajectory.ts";
export type { PrincipalDirections, PrincipalOptions, ProjectedTrajectory } from "./trajectory.ts";
export { inChunks, rematerialized } from "./lean-networks.ts";
export { memoryCsv, memorySweep } from "./memory-sweep.ts";
export type { Layers, MemoryRow, MemorySweepOptions } from "./memory-sweep.ts";
