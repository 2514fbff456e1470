/** cotangent/linalg: dense linear algebra under NumPy's names. */
import "../numpy/methods.ts";

export {};
