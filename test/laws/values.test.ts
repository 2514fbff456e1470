/**
 * Every primitive computes what its definition says: elementwise ones their scalar reference within maxUlp,
 * the others the naive definition of references.ts, in every dtype they take.
 */
import { describe, expect, test } from "vitest";
import { allocate } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import {
  allPrimitives,
  asFunction,
  elementsOf,
  expectSame,
  forAllApplications,
  inAnotherDType,
  sampled,
  show,
  typesOf,
} from "./cases.ts";
import { references } from "./references.ts";
import { indicesOf } from "./tables.ts";
import type { Reference, Table } from "./tables.ts";

const ulp = (x: number): number => 2 ** (Math.max(-1022, Math.floor(Math.log2(Math.abs(x) || Number.MIN_VALUE))) - 52);

const tableOf = (x: ConcreteArray): Table => ({ shape: x.shape, dtype: x.dtype, values: elementsOf(x) });

/** The definition evaluated at every index, stored in its dtype (integers wrap). */
const tabulate = ({ define }: Reference, inputs: readonly ConcreteArray[], params: object): ConcreteArray => {
  const { shape, dtype, at } = define(inputs.map(tableOf), params);
  const all = indicesOf(shape);
  const out = allocate(dtype, all.length);
  all.forEach((index, k) => (out[k] = at(index)));
  return fromBuffer(out, shape, dtype);
};

describe.each(sampled)("%s", (name, primitive) => {
  const { laws } = primitive;
  if (!("sample" in laws)) return;

  test("evaluates to its definition", () => {
    forAllApplications(primitive, 60, ({ inputs, params, pick }) => {
      const reference = references[name];
      if (reference !== undefined) {
        const dtype = pick.oneOf<DType>(["float64", "float64", "float32", "int32", "uint32", "bool"]);
        const own =
          reference.tolerance > 0 && dtype === "bool" ? inputs : inAnotherDType(primitive, inputs, params, dtype);
        const floor = own.some((x) => x.dtype === "float32") ? 1e-5 : 0;
        expectSame(
          asFunction(primitive, own, params)(...own),
          tabulate(reference, own, params),
          reference.tolerance === 0 ? 0 : Math.max(reference.tolerance, floor),
        );
        return;
      }
      const columns = inputs.map(elementsOf);
      const seen = elementsOf(asFunction(primitive, inputs, params)(...inputs));
      for (let k = 0; k < seen.length; k++) {
        const operands = columns.map((column) => column[k]!);
        const wanted = laws.reference!(...operands);
        if (seen[k] !== wanted)
          expect(
            Math.abs(seen[k]! - wanted) / ulp(wanted),
            `at ${operands.join(", ")}: ${seen[k]} for ${wanted}`,
          ).toBeLessThanOrEqual(laws.maxUlp!);
      }
    });
  });

  test("abstractEval gives the shape and dtype of evaluate in every dtype it accepts", () => {
    forAllApplications(primitive, 40, ({ inputs, params, pick }) => {
      const own = inAnotherDType(
        primitive,
        inputs,
        params,
        pick.oneOf<DType>(["float64", "float32", "int32", "uint32", "bool"]),
      );
      const { shape, dtype, size } = asFunction(primitive, own, params)(...own);
      expect([{ shape, dtype }], show(own, params)).toEqual(
        typesOf(primitive, own, params).map(({ shape: s, dtype: d }) => ({ shape: s, dtype: d })),
      );
      expect(elementsOf(asFunction(primitive, own, params)(...own)).length).toBe(size);
    });
  });
});

test("every primitive has exactly one independent definition: a scalar reference, a naive one, or a test of its own", () => {
  const counts = allPrimitives.map(({ name, laws }) => [
    name,
    ("testedIn" in laws ? 1 : 0) +
      ("reference" in laws && laws.reference !== undefined ? 1 : 0) +
      (name in references ? 1 : 0),
  ]);
  expect(counts.filter(([, count]) => count !== 1)).toEqual([]);
  expect(Object.keys(references).filter((name) => allPrimitives.every((primitive) => primitive.name !== name))).toEqual(
    [],
  );
});
