/**
 * sin, cos and cot of pi x, where reflection formulas need them: the period is taken off exactly, before pi comes in.
 * Within about 1.5 ulp, also next to their zeros.
 */

/** x less its nearest even number: exact, in [-1, 1]. */
function withinPeriod(x: number): number {
  const rest = x % 2;
  return rest > 1 ? rest - 2 : rest < -1 ? rest + 2 : rest;
}

/** sin(pi x). */
export function sinPi(x: number): number {
  const turn = withinPeriod(x);
  const distance = Math.abs(turn);
  const nearer = distance > 0.5 ? 1 - distance : distance;
  const value = nearer > 0.25 ? Math.cos(Math.PI * (0.5 - nearer)) : Math.sin(Math.PI * nearer);
  return turn < 0 ? -value : value;
}

/** cos(pi x). */
export function cosPi(x: number): number {
  const distance = Math.abs(withinPeriod(x));
  const nearer = distance > 0.5 ? 1 - distance : distance;
  const value = nearer > 0.25 ? Math.sin(Math.PI * (0.5 - nearer)) : Math.cos(Math.PI * nearer);
  return distance > 0.5 ? -value : value;
}

/** cot(pi x). */
export function cotangentPi(x: number): number {
  return cosPi(x) / sinPi(x);
}
