/**
 * Lines and circles as weights of the nodes around them, which fall from 1 on the curve to 0 one spacing away from it.
 * Source: Wu 1991 (An efficient antialiasing technique, Computer Graphics 25), with the conventions of scikit-image's
 * line_aa and circle_perimeter_aa, which the definitions of the suite call.
 */
export interface GridPoint {
  readonly column: number;
  readonly row: number;
}

/** 1 - distance to the line through both ends, where that is positive and inside the box that they span; else 0. */
export const lineWeight =
  (from: GridPoint, to: GridPoint) =>
  ({ column, row }: GridPoint): number => {
    const [along, down] = [to.column - from.column, to.row - from.row];
    const isBetween = (value: number, one: number, other: number): boolean =>
      value >= Math.min(one, other) && value <= Math.max(one, other);
    if (!isBetween(column, from.column, to.column) || !isBetween(row, from.row, to.row)) return 0;
    const area = Math.abs(down * (column - from.column) - along * (row - from.row));
    return Math.max(0, 1 - area / Math.hypot(along, down));
  };

/**
 * Weights around a circle about a node, by column and row from its middle: along an octant the height y = sqrt(r^2 - x^2) is
 * shared between the nodes above and below it, in proportion. Where octants meet, the later pair replaces the earlier one.
 */
export const circleWeight = (radius: number): ((from: GridPoint) => number) => {
  const weights = new Map<string, number>([
    [`${radius},0`, 1],
    [`0,${radius}`, 1],
  ]);
  let above = radius;
  for (let across = 1; above > across; across++) {
    const height = Math.sqrt(radius * radius - across * across);
    above = Math.ceil(height);
    for (const [outer, weight] of [
      [above, 1 - (above - height)],
      [above - 1, above - height],
    ] as const) {
      weights.set(`${outer},${across}`, weight);
      weights.set(`${across},${outer}`, weight);
    }
  }
  return ({ column, row }) => weights.get(`${Math.abs(column)},${Math.abs(row)}`) ?? 0;
};
