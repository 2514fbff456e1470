/** cotangent/random: counter-based random numbers, JAX's keys and streams. */
import "../numpy/methods.ts";

export {};
