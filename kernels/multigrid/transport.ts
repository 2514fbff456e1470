/** Values by dof, as users have them, to and from fields with a plane for every component. */
import { forEachRow, placeOf } from "./geometry.ts";
import type { Geometry } from "./geometry.ts";

export interface Transport {
  /** Writes values, multiplied by a number, into a field; what else it holds stays. */
  readonly load: (values: Float64Array, field: Float64Array, scale?: number) => void;
  /** Reads them, multiplied by a number. */
  readonly store: (field: Float64Array, values: Float64Array, scale?: number) => void;
}

/** @param nodes  of the grid that the values belong to: as many as the field has, or fewer */
export const transportOf = (nodes: readonly number[], geometry: Geometry, components: number): Transport => {
  const places: number[] = [];
  forEachRow(nodes, (start) => places.push(placeOf(geometry, start)));
  const width = nodes.at(-1)!;
  const forEachLine = (run: (own: number, other: number) => void): void =>
    places.forEach((place, row) => {
      for (let k = 0; k < components; k++) run(k * geometry.length + place, row * width * components + k);
    });
  return {
    load: (values, field, scale = 1) =>
      forEachLine((own, other) => {
        for (let x = 0; x < width; x++) field[own + x] = scale * values[other + x * components]!;
      }),
    store: (field, values, scale = 1) =>
      forEachLine((own, other) => {
        for (let x = 0; x < width; x++) values[other + x * components] = scale * field[own + x]!;
      }),
  };
};
