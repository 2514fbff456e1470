/**
 * NumPy, where this machine has it, reads what is written here, and what it writes is read here; else the names of the tests say so.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { array } from "cotangent";
import { npy, npz, parseNpy, parseNpz } from "cotangent/topopt/files";
import { expectSame } from "./damage.ts";

const python = (program: string, cwd = tmpdir()): { readonly status: number | null; readonly report: string } => {
  const outcome = spawnSync("python3", ["-c", program], { cwd, encoding: "utf8" });
  return { status: outcome.status, report: `${outcome.stdout}${outcome.stderr}` };
};

const isThere = python("import numpy").status === 0;

const arrays = {
  grid: array([
    [1.5, -0, Infinity],
    [5e-324, 2, Number.NaN],
  ]),
  single: array(Float32Array.of(1.5, -2)),
  signed: array(Int32Array.of(-1, 2)),
  unsigned: array(4294967295, { dtype: "uint32" }),
  flags: array([[true], [false]]),
  empty: array(new Float64Array(0), { shape: [0, 3] }),
  long: array(Float64Array.from({ length: 5000 }, (_, k) => k % 7)),
};

/** The same arrays in Python. */
const inPython = `
import numpy as np
arrays = {
  "grid": np.array([[1.5, -0.0, np.inf], [5e-324, 2, np.nan]]),
  "single": np.array([1.5, -2], np.float32),
  "signed": np.array([-1, 2], np.int32),
  "unsigned": np.array(4294967295, np.uint32),
  "flags": np.array([[True], [False]]),
  "empty": np.zeros((0, 3)),
  "long": np.arange(5000) % 7.0,
}
def same(x, y):
  assert (x.dtype, x.shape, x.tobytes()) == (y.dtype, y.shape, y.tobytes()), (x, y)
`;

test.runIf(!isThere)("NumPy is not tested: this machine has no python3 with NumPy", () => expect(isThere).toBe(false));

describe.skipIf(!isThere)("NumPy", () => {
  const folder = mkdtempSync(join(tmpdir(), "cotangent-numpy-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (program: string): void =>
    expect(python(`${inPython}\n${program}`, folder)).toEqual({ status: 0, report: "" });

  test("reads every .npy and .npz file written here, and writes the same .npy bytes", () => {
    for (const [name, x] of Object.entries(arrays)) writeFileSync(join(folder, `${name}.npy`), npy(x));
    writeFileSync(join(folder, "stored.npz"), npz(arrays));
    writeFileSync(join(folder, "compressed.npz"), npz(arrays, { compress: true }));
    run(`
import io
for name, x in arrays.items():
  same(np.load(name + ".npy"), x)
  file = io.BytesIO()
  np.save(file, x)
  assert np.isnan(x.astype(float)).any() or file.getvalue() == open(name + ".npy", "rb").read(), name
for path in ["stored.npz", "compressed.npz"]:
  with np.load(path) as file:
    assert list(file) == list(arrays)
    for name, x in arrays.items(): same(file[name], x)
`);
  });

  test("writes .npz files that read as what they hold, in every order of axes and bytes", () => {
    run(`
np.savez("stored.npz", **arrays)
np.savez_compressed("compressed.npz", **arrays)
np.save("fortran.npy", np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)))
np.save("swapped.npy", np.arange(3, dtype=">u4"))
`);
    for (const path of ["stored.npz", "compressed.npz"]) {
      const seen = parseNpz(readFileSync(join(folder, path)));
      expect(Object.keys(seen)).toEqual(Object.keys(arrays));
      for (const [name, x] of Object.entries(arrays)) expectSame(seen[name]!, x);
    }
    const counted = Float64Array.from({ length: 24 }, (_, k) => k);
    expectSame(parseNpy(readFileSync(join(folder, "fortran.npy"))), array(counted, { shape: [2, 3, 4] }));
    expectSame(parseNpy(readFileSync(join(folder, "swapped.npy"))), array(Uint32Array.of(0, 1, 2)));
  });
});
