/**
 * Sign, exponent and neighbours of floating-point numbers, by their bits (IEEE 754 binary64 and binary32).
 * x = m 2^e with 0.5 <= |m| < 1, as C's frexp; a subnormal is first scaled into the normal range.
 */

const view: DataView = new DataView(new ArrayBuffer(8));

const exponentBits = (x: number): number => {
  view.setFloat64(0, x);
  return (view.getUint32(0) >>> 20) & 0x7ff;
};

/** The whole e with 2^(e - 1) <= |x| < 2^e; 0 for zero, infinities and NaN. */
export function binaryExponent(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return 0;
  const bits = exponentBits(x);
  return bits === 0 ? exponentBits(x * 2 ** 54) - 1076 : bits - 1022;
}

/** 2^n for -1022 <= n <= 1023. */
const powerOfTwo = (n: number): number => {
  view.setUint32(0, (n + 1023) << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
};

const largePower = 2 ** 1023;
/** A step down leaves 53 bits above the subnormals, so that only the last product rounds. */
const smallPower = 2 ** -969;

/** x 2^n for a whole n, rounded once, also into the subnormals. */
export function scaleByPowerOfTwo(x: number, n: number): number {
  let scaled = x;
  let left = n;
  for (let step = 0; step < 2 && left > 1023; step += 1, left -= 1023) scaled *= largePower;
  for (let step = 0; step < 2 && left < -1022; step += 1, left += 969) scaled *= smallPower;
  return scaled * powerOfTwo(Math.min(1023, Math.max(-1022, left)));
}

/** The float64 next to x on the way to y; y where they are equal; NaN if either is NaN. */
export function nextAfter(x: number, y: number): number {
  if (x !== x || y !== y) return NaN;
  if (x === y) return y;
  if (x === 0) return y > 0 ? Number.MIN_VALUE : -Number.MIN_VALUE;
  view.setFloat64(0, x);
  const [high, low] = [view.getUint32(0), view.getUint32(4)];
  // Neighbours in magnitude are neighbours as 64-bit integers.
  if (y > x === x > 0) {
    view.setUint32(4, low + 1);
    if (low === 0xffffffff) view.setUint32(0, high + 1);
  } else {
    view.setUint32(4, low - 1);
    if (low === 0) view.setUint32(0, high - 1);
  }
  return view.getFloat64(0);
}

/** The float32 next to the float32 x on the way to y, as `nextAfter`. */
export function nextAfterFloat32(x: number, y: number): number {
  if (x !== x || y !== y) return NaN;
  if (x === y) return y;
  if (x === 0) return y > 0 ? 2 ** -149 : -(2 ** -149);
  view.setFloat32(0, x);
  view.setInt32(0, view.getInt32(0) + (y > x === x > 0 ? 1 : -1));
  return view.getFloat32(0);
}
