/**
 * docs/numpy.md is what trying every function gives, nothing of JAX's names is lost silently, and nearly all of
 * jax.numpy and jax.numpy.linalg exist.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allRows, doors, numpyTable, ours, reference } from "./numpy-table.ts";

const rows = allRows();
const page = readFileSync(new URL("../../docs/numpy.md", import.meta.url), "utf8");

test("the page is what the script makes: npm run docs:numpy", () => {
  expect(page).toBe(numpyTable(rows));
});

test("every name of the reference lists has one row", () => {
  for (const list of Object.keys(doors))
    expect(rows.filter((row) => row.list === list).map(({ name }) => name)).toEqual(reference[list]);
});

test.each(["numpy", "linalg"])("at least 90 %% of the names of %s exist", (list) => {
  const own = rows.filter((row) => row.list === list);
  expect(own.filter(({ exists }) => exists).length / own.length).toBeGreaterThanOrEqual(0.9);
});

test("names turn into camelCase", () => {
  expect(["ix_", "atleast_1d", "top_k", "i0", "expit"].map(ours)).toEqual(["ix", "atleast1d", "topK", "i0", "expit"]);
});

/** Of the NumPy functions with floats in and out, those without a derivative: all of them stated here. */
test("float functions of jax.numpy are differentiable in both modes and mapped, but for those named", () => {
  const lacking = rows.filter(
    ({ list, jvp, vjp, vmap }) =>
      (list === "numpy" || list === "linalg") && (jvp === "no" || vjp === "no" || vmap === "no"),
  );
  expect(lacking.map(({ name }) => name)).toEqual([]);
});
