/** cotangent/special: special functions, as in scipy.special. */
import "../numpy/methods.ts";

export {};
