/** What is known of one elementary function: the number of its arguments and its text for either precision. */
import type { BinaryText, UnaryText } from "./arithmetic.ts";

export type Elementary =
  | { readonly arity: 1; readonly float64: UnaryText; readonly float32: UnaryText }
  | { readonly arity: 2; readonly float64: BinaryText; readonly float32: BinaryText };
