/**
 * Integrals of oscillations: Si, Ci, Fresnel's S and C; and Dawson's integral.
 * Near 0 tables of their power series; far out Si and Ci from the auxiliary functions f, g (DLMF 6.2.17),
 * S and C likewise (DLMF 7.5.3), which are smooth in 1 / x.
 */
import {
  ciNear,
  dawsonFar,
  dawsonNear,
  fresnelC,
  fresnelF,
  fresnelG,
  fresnelS,
  siciF,
  siciG,
  siNear,
} from "./coefficients.ts";
import { atPieces } from "./pieces.ts";
import { cosPi, sinPi } from "./sine-pi.ts";

const eulerConstant = 0.5772156649015329;

/** f(x) and g(x) for x >= 4. */
function auxiliary(x: number): readonly [f: number, g: number] {
  const v = 1 / x / x;
  return [atPieces(siciF, v) / x, atPieces(siciG, v) * v];
}

/** The integral of sin(t) / t from 0 to x. */
export function sineIntegral(x: number): number {
  const distance = Math.abs(x);
  if (distance < 4) return x * atPieces(siNear, x * x);
  if (distance === Infinity) return (Math.sign(x) * Math.PI) / 2;
  if (x !== x) return x;
  const [f, g] = auxiliary(distance);
  return Math.sign(x) * (Math.PI / 2 - f * Math.cos(distance) - g * Math.sin(distance));
}

/** Minus the integral of cos(t) / t from x to infinity; -infinity at 0, NaN below. */
export function cosineIntegral(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x < 4) return Math.log(x) + (eulerConstant + x * x * atPieces(ciNear, x * x));
  if (x === Infinity) return 0;
  const [f, g] = auxiliary(x);
  return f * Math.sin(x) - g * Math.cos(x);
}

/** x^2 modulo 4, exactly: the square as a sum of two doubles, each taken modulo 4. */
function squareModulo4(x: number): number {
  const spread = x * 134217729;
  const head = spread - (spread - x);
  const rest = x - head;
  return (((head * head) % 4) + ((2 * head * rest) % 4) + ((rest * rest) % 4)) % 4;
}

/** [S, C] less their limit 1/2, for x^4 >= 16/3: -f cos - g sin and f sin - g cos of pi x^2 / 2. */
function fresnelTails(x: number): readonly [s: number, c: number] {
  const inverse = 1 / x;
  const v = inverse * inverse * (inverse * inverse);
  const f = (atPieces(fresnelF, v) / Math.PI) * inverse;
  const g = ((atPieces(fresnelG, v) / Math.PI / Math.PI) * inverse) / x / x;
  // Beyond 2^53 the square is a multiple of 4 too large to split.
  const turn = x < 9e15 ? squareModulo4(x) / 2 : 0;
  const [sine, cosine] = [sinPi(turn), cosPi(turn)];
  return [-f * cosine - g * sine, f * sine - g * cosine];
}

/** The integral of sin(pi t^2 / 2) from 0 to x. */
export function fresnelSine(x: number): number {
  const distance = Math.abs(x);
  const square = x * x;
  if (distance < 1.52) return x * square * atPieces(fresnelS, square * square);
  return x !== x ? x : Math.sign(x) * (0.5 + (distance < Infinity ? fresnelTails(distance)[0] : 0));
}

/** The integral of cos(pi t^2 / 2) from 0 to x. */
export function fresnelCosine(x: number): number {
  const distance = Math.abs(x);
  const square = x * x;
  if (distance < 1.52) return x * atPieces(fresnelC, square * square);
  return x !== x ? x : Math.sign(x) * (0.5 + (distance < Infinity ? fresnelTails(distance)[1] : 0));
}

/** e^(-x^2) times the integral of e^(t^2) from 0 to x; about 1 / (2 x) far out. */
export function dawson(x: number): number {
  const distance = Math.abs(x);
  return distance < 4 ? x * atPieces(dawsonNear, x * x) : x !== x ? x : (0.5 * atPieces(dawsonFar, 1 / x / x)) / x;
}
