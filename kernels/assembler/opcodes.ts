/**
 * Opcode tables, grouped by shape of signature. Scalar families of two widths share one table: entries count
 * from the family's first opcode, as the specification numbers both widths in the same order.
 * Prefixed opcodes are written prefix << 16 | opcode (0xfc: saturation, bulk memory; 0xfd: vectors).
 * Source: WebAssembly core specification 2.0, section 5.4, appendix A.6; relaxed SIMD proposal.
 */

/** First opcodes of the scalar families. */
export const scalarBase = {
  i32: { eqz: 0x45, comparison: 0x46, unary: 0x67, binary: 0x6a },
  i64: { eqz: 0x50, comparison: 0x51, unary: 0x79, binary: 0x7c },
  f32: { comparison: 0x5b, unary: 0x8b, binary: 0x92 },
  f64: { comparison: 0x61, unary: 0x99, binary: 0xa0 },
} as const;

export const integerComparison = {
  eq: 0,
  ne: 1,
  lt_s: 2,
  lt_u: 3,
  gt_s: 4,
  gt_u: 5,
  le_s: 6,
  le_u: 7,
  ge_s: 8,
  ge_u: 9,
} as const;
export const integerUnary = { clz: 0, ctz: 1, popcnt: 2 } as const;
export const integerBinary = {
  add: 0,
  sub: 1,
  mul: 2,
  div_s: 3,
  div_u: 4,
  rem_s: 5,
  rem_u: 6,
  and: 7,
  or: 8,
  xor: 9,
  shl: 10,
  shr_s: 11,
  shr_u: 12,
  rotl: 13,
  rotr: 14,
} as const;
export const floatComparison = { eq: 0, ne: 1, lt: 2, gt: 3, le: 4, ge: 5 } as const;
export const floatUnary = { abs: 0, neg: 1, ceil: 2, floor: 3, trunc: 4, nearest: 5, sqrt: 6 } as const;
export const floatBinary = { add: 0, sub: 1, mul: 2, div: 3, min: 4, max: 5, copysign: 6 } as const;

/** Conversions: [opcode, operand type]; the result is the family's type. */
export const i32Conversion = {
  wrap_i64: [0xa7, "i64"],
  trunc_f32_s: [0xa8, "f32"],
  trunc_f32_u: [0xa9, "f32"],
  trunc_f64_s: [0xaa, "f64"],
  trunc_f64_u: [0xab, "f64"],
  reinterpret_f32: [0xbc, "f32"],
  extend8_s: [0xc0, "i32"],
  extend16_s: [0xc1, "i32"],
  trunc_sat_f32_s: [0xfc0000, "f32"],
  trunc_sat_f32_u: [0xfc0001, "f32"],
  trunc_sat_f64_s: [0xfc0002, "f64"],
  trunc_sat_f64_u: [0xfc0003, "f64"],
} as const;
export const i64Conversion = {
  extend_i32_s: [0xac, "i32"],
  extend_i32_u: [0xad, "i32"],
  trunc_f32_s: [0xae, "f32"],
  trunc_f32_u: [0xaf, "f32"],
  trunc_f64_s: [0xb0, "f64"],
  trunc_f64_u: [0xb1, "f64"],
  reinterpret_f64: [0xbd, "f64"],
  extend8_s: [0xc2, "i64"],
  extend16_s: [0xc3, "i64"],
  extend32_s: [0xc4, "i64"],
  trunc_sat_f32_s: [0xfc0004, "f32"],
  trunc_sat_f32_u: [0xfc0005, "f32"],
  trunc_sat_f64_s: [0xfc0006, "f64"],
  trunc_sat_f64_u: [0xfc0007, "f64"],
} as const;
export const f32Conversion = {
  convert_i32_s: [0xb2, "i32"],
  convert_i32_u: [0xb3, "i32"],
  convert_i64_s: [0xb4, "i64"],
  convert_i64_u: [0xb5, "i64"],
  demote_f64: [0xb6, "f64"],
  reinterpret_i32: [0xbe, "i32"],
} as const;
export const f64Conversion = {
  convert_i32_s: [0xb7, "i32"],
  convert_i32_u: [0xb8, "i32"],
  convert_i64_s: [0xb9, "i64"],
  convert_i64_u: [0xba, "i64"],
  promote_f32: [0xbb, "f32"],
  reinterpret_i64: [0xbf, "i64"],
} as const;

/** Loads: [opcode, base-2 logarithm of the bytes read]. */
export const i32Load = {
  load: [0x28, 2],
  load8_s: [0x2c, 0],
  load8_u: [0x2d, 0],
  load16_s: [0x2e, 1],
  load16_u: [0x2f, 1],
} as const;
export const i64Load = {
  load: [0x29, 3],
  load8_s: [0x30, 0],
  load8_u: [0x31, 0],
  load16_s: [0x32, 1],
  load16_u: [0x33, 1],
  load32_s: [0x34, 2],
  load32_u: [0x35, 2],
} as const;
export const f32Load = { load: [0x2a, 2] } as const;
export const f64Load = { load: [0x2b, 3] } as const;
export const v128Load = {
  load: [0xfd0000, 4],
  load8x8_s: [0xfd0001, 3],
  load8x8_u: [0xfd0002, 3],
  load16x4_s: [0xfd0003, 3],
  load16x4_u: [0xfd0004, 3],
  load32x2_s: [0xfd0005, 3],
  load32x2_u: [0xfd0006, 3],
  load8_splat: [0xfd0007, 0],
  load16_splat: [0xfd0008, 1],
  load32_splat: [0xfd0009, 2],
  load64_splat: [0xfd000a, 3],
  load32_zero: [0xfd005c, 2],
  load64_zero: [0xfd005d, 3],
} as const;
export const v128LoadLane = {
  load8_lane: [0xfd0054, 0],
  load16_lane: [0xfd0055, 1],
  load32_lane: [0xfd0056, 2],
  load64_lane: [0xfd0057, 3],
} as const;

/** Stores of a whole value, by its type: [opcode, base-2 logarithm of the bytes written]. */
export const wholeStore = {
  i32: [0x36, 2],
  i64: [0x37, 3],
  f32: [0x38, 2],
  f64: [0x39, 3],
  v128: [0xfd000b, 4],
} as const;
/** Stores of the low bits of an integer, by width in bits, then type. */
export const narrowStore = {
  8: { i32: 0x3a, i64: 0x3c },
  16: { i32: 0x3b, i64: 0x3d },
  32: { i32: 0x36, i64: 0x3e },
} as const;
/** Stores of one lane of a vector, by width in bits. */
export const laneStore = {
  8: [0xfd0058, 0],
  16: [0xfd0059, 1],
  32: [0xfd005a, 2],
  64: [0xfd005b, 3],
} as const;

/** Vector instructions by signature. Mask: v128 of all-ones or all-zeros lanes. */
export const v128Unary = { not: 0xfd004d } as const;
export const v128Binary = { and: 0xfd004e, andnot: 0xfd004f, or: 0xfd0050, xor: 0xfd0051 } as const;
export const v128Ternary = { bitselect: 0xfd0052 } as const;
export const v128Test = { any_true: 0xfd0053 } as const;

/** Access to lanes: [splat, extract_lane, replace_lane, lane count]. */
export const laneAccess = {
  i32x4: [0xfd0011, 0xfd001b, 0xfd001c, 4],
  i64x2: [0xfd0012, 0xfd001d, 0xfd001e, 2],
  f32x4: [0xfd0013, 0xfd001f, 0xfd0020, 4],
  f64x2: [0xfd0014, 0xfd0021, 0xfd0022, 2],
} as const;

export const f32x4Unary = {
  ceil: 0xfd0067,
  floor: 0xfd0068,
  trunc: 0xfd0069,
  nearest: 0xfd006a,
  abs: 0xfd00e0,
  neg: 0xfd00e1,
  sqrt: 0xfd00e3,
} as const;
export const f64x2Unary = {
  ceil: 0xfd0074,
  floor: 0xfd0075,
  trunc: 0xfd007a,
  nearest: 0xfd0094,
  abs: 0xfd00ec,
  neg: 0xfd00ed,
  sqrt: 0xfd00ef,
} as const;
export const f32x4Binary = {
  eq: 0xfd0041,
  ne: 0xfd0042,
  lt: 0xfd0043,
  gt: 0xfd0044,
  le: 0xfd0045,
  ge: 0xfd0046,
  add: 0xfd00e4,
  sub: 0xfd00e5,
  mul: 0xfd00e6,
  div: 0xfd00e7,
  min: 0xfd00e8,
  max: 0xfd00e9,
  pmin: 0xfd00ea,
  pmax: 0xfd00eb,
} as const;
export const f64x2Binary = {
  eq: 0xfd0047,
  ne: 0xfd0048,
  lt: 0xfd0049,
  gt: 0xfd004a,
  le: 0xfd004b,
  ge: 0xfd004c,
  add: 0xfd00f0,
  sub: 0xfd00f1,
  mul: 0xfd00f2,
  div: 0xfd00f3,
  min: 0xfd00f4,
  max: 0xfd00f5,
  pmin: 0xfd00f6,
  pmax: 0xfd00f7,
} as const;
/** relaxed_madd(a, b, c) = a b + c and relaxed_nmadd(a, b, c) = -a b + c, rounded once or twice as the machine likes. */
export const f32x4Ternary = { relaxed_madd: 0xfd0105, relaxed_nmadd: 0xfd0106 } as const;
export const f64x2Ternary = { relaxed_madd: 0xfd0107, relaxed_nmadd: 0xfd0108 } as const;
export const f32x4Conversion = {
  demote_f64x2_zero: 0xfd005e,
  convert_i32x4_s: 0xfd00fa,
  convert_i32x4_u: 0xfd00fb,
} as const;
export const f64x2Conversion = {
  promote_low_f32x4: 0xfd005f,
  convert_low_i32x4_s: 0xfd00fe,
  convert_low_i32x4_u: 0xfd00ff,
} as const;

export const i32x4Unary = {
  abs: 0xfd00a0,
  neg: 0xfd00a1,
  trunc_sat_f32x4_s: 0xfd00f8,
  trunc_sat_f32x4_u: 0xfd00f9,
  trunc_sat_f64x2_s_zero: 0xfd00fc,
  trunc_sat_f64x2_u_zero: 0xfd00fd,
} as const;
export const i64x2Unary = {
  abs: 0xfd00c0,
  neg: 0xfd00c1,
  extend_low_i32x4_s: 0xfd00c7,
  extend_high_i32x4_s: 0xfd00c8,
  extend_low_i32x4_u: 0xfd00c9,
  extend_high_i32x4_u: 0xfd00ca,
} as const;
export const i32x4Binary = {
  eq: 0xfd0037,
  ne: 0xfd0038,
  lt_s: 0xfd0039,
  lt_u: 0xfd003a,
  gt_s: 0xfd003b,
  gt_u: 0xfd003c,
  le_s: 0xfd003d,
  le_u: 0xfd003e,
  ge_s: 0xfd003f,
  ge_u: 0xfd0040,
  add: 0xfd00ae,
  sub: 0xfd00b1,
  mul: 0xfd00b5,
  min_s: 0xfd00b6,
  min_u: 0xfd00b7,
  max_s: 0xfd00b8,
  max_u: 0xfd00b9,
} as const;
export const i64x2Binary = {
  eq: 0xfd00d6,
  ne: 0xfd00d7,
  lt_s: 0xfd00d8,
  gt_s: 0xfd00d9,
  le_s: 0xfd00da,
  ge_s: 0xfd00db,
  add: 0xfd00ce,
  sub: 0xfd00d1,
  mul: 0xfd00d5,
  extmul_low_i32x4_s: 0xfd00dc,
  extmul_high_i32x4_s: 0xfd00dd,
  extmul_low_i32x4_u: 0xfd00de,
  extmul_high_i32x4_u: 0xfd00df,
} as const;
/** Shifts take the vector and an i32 count, taken modulo the lane width. */
export const i32x4Shift = { shl: 0xfd00ab, shr_s: 0xfd00ac, shr_u: 0xfd00ad } as const;
export const i64x2Shift = { shl: 0xfd00cb, shr_s: 0xfd00cc, shr_u: 0xfd00cd } as const;
export const i32x4Test = { all_true: 0xfd00a3, bitmask: 0xfd00a4 } as const;
export const i64x2Test = { all_true: 0xfd00c3, bitmask: 0xfd00c4 } as const;
export const i8x16Binary = { swizzle: 0xfd000e } as const;

/** Opcodes that have no family: control, variables, constants, memory. */
export const core = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  br_table: 0x0e,
  return: 0x0f,
  call: 0x10,
  drop: 0x1a,
  select: 0x1b,
  local_get: 0x20,
  local_set: 0x21,
  local_tee: 0x22,
  global_get: 0x23,
  global_set: 0x24,
  memory_size: 0x3f,
  memory_grow: 0x40,
  i32_const: 0x41,
  i64_const: 0x42,
  f32_const: 0x43,
  f64_const: 0x44,
  memory_copy: 0xfc000a,
  memory_fill: 0xfc000b,
  v128_const: 0xfd000c,
  i8x16_shuffle: 0xfd000d,
} as const;
