/**
 * Numbers that stand for arrays of numbers: a hash of their bits, so that whoever redeems a factor's ticket can be asked
 * for the very values it was made from, even after the factor has gone.
 * Two lanes of 32-bit words, each step an exclusive or, a multiplication by an odd number and a shift back: bijective in
 * the word and in the state. All 32 bits of one lane are kept, hence a change within a single word always shows.
 * Source of the last mixing step: Appleby 2011, MurmurHash3.
 */

/** Spreads every bit over all others; bijective. */
const spread = (word: number): number => {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
};

/**
 * The ticket of these bits: a multiple of 2^-52 in [0, 1), exact as a float64. Arrays that differ in one 32-bit word
 * differ in their tickets; others do but for chances of 2^-52. -0 and 0 are different bits.
 * Cost: two multiplications for every half of a number.
 */
export const ticketOfBits = (values: Float64Array): number => {
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  let left = spread(words.length);
  let right = 0x9e3779b9;
  for (let k = 0; k < words.length; k++) {
    const word = words[k]!;
    // A product carries bits upwards only: without the shifts back two changes of sign would cancel.
    left = Math.imul(left ^ word, 0xcc9e2d51);
    left ^= left >>> 15;
    right = Math.imul(right ^ word, 0x1b873593);
    right ^= right >>> 13;
  }
  return ((spread(right) >>> 12) * 2 ** 32 + (spread(left) >>> 0)) * 2 ** -52;
};
