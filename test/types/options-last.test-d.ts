/**
 * Options come last, and only there: types of functions with optional arguments before their options. Checked by the
 * compiler, never run.
 */
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";

declare const key: NDArray;
declare const x: NDArray;
declare const isWide: boolean;

np.arange(3, { dtype: "int32" });
np.arange(0, 3, { dtype: "int32" });
np.arange(0, 3, 1, { dtype: "int32" });
np.arange(0, isWide ? 3 : undefined);
np.eye(3, { k: 1, dtype: "float32" });
np.eye(3, 4);
np.tri(3, { k: 1 });
np.vander(x, { increasing: true });
np.linspace(0, 1, { endpoint: false });
const [numbers, step]: [NDArray, NDArray] = np.linspace(0, 1, { retstep: true });
const [fewer]: [NDArray, NDArray] = np.linspace(0, 1, 5, { retstep: true });
random.normal(key, { dtype: "float32" });
random.normal(key, [2], { dtype: "float32" });
random.normal(key, isWide ? 3 : undefined, {});
random.bernoulli(key, { shape: 3 });
void [numbers, step, fewer];

// @ts-expect-error no such option
np.arange(3, { dtyp: "int32" });
// @ts-expect-error options come last
np.arange(0, { dtype: "int32" }, 3);
// @ts-expect-error a count is a number
np.eye(3, "4");
// @ts-expect-error no options behind options
np.tri(3, { k: 1 }, { dtype: "bool" });
// @ts-expect-error a dtype that is not drawn
random.normal(key, { dtype: "int32" });
// @ts-expect-error with its step it is a list
void np.linspace(0, 1, { retstep: true }).shape;
