/** Random convolutions: every stride, dilation, padding (also negative), both kinds of groups, no to three spatial axes. */
import fc from "fast-check";
import { type ConvolutionParams, convolutionShape } from "../../kernels/convolution.ts";
import { elementCount } from "../../kernels/numeric-array.ts";

export type Problem = {
  readonly lhsShape: number[];
  readonly rhsShape: number[];
  readonly params: ConvolutionParams;
};

/** The largest of what is drawn, but for channels and features within a group. */
export type Limits = {
  readonly input: number;
  readonly window: number;
  readonly dilation: number;
  readonly images: number;
  readonly channels: number;
  readonly features: number;
  /** products of elements of result and kernel */
  readonly terms: number;
};

const axisSettings = ({ input, window, dilation }: Limits) =>
  fc.record({
    input: fc.integer({ min: 0, max: input }),
    window: fc.integer({ min: 1, max: window }),
    stride: fc.integer({ min: 1, max: dilation }),
    low: fc.integer({ min: -3, max: 4 }),
    high: fc.integer({ min: -3, max: 4 }),
    lhsDilation: fc.integer({ min: 1, max: dilation }),
    rhsDilation: fc.integer({ min: 1, max: dilation }),
  });

export const problemsWithin = (limits: Limits): fc.Arbitrary<Problem> =>
  fc
    .tuple(
      fc.array(axisSettings(limits), { maxLength: 3 }),
      fc.constantFrom([1, 1], [2, 1], [3, 1], [1, 2], [1, 3]),
      fc.nat(limits.images),
      fc.nat(limits.channels),
      fc.integer({ min: 1, max: limits.features }),
    )
    .map(([axes, groups, images, channels, features]) => {
      const [featureGroups, batchGroups] = groups as [number, number];
      return {
        lhsShape: [images * batchGroups, channels * featureGroups, ...axes.map((axis) => axis.input)],
        rhsShape: [features * featureGroups * batchGroups, channels, ...axes.map((axis) => axis.window)],
        params: {
          strides: axes.map((axis) => axis.stride),
          padding: axes.map((axis): [number, number] => [axis.low, axis.high]),
          lhsDilation: axes.map((axis) => axis.lhsDilation),
          rhsDilation: axes.map((axis) => axis.rhsDilation),
          featureGroups,
          batchGroups,
        },
      };
    })
    .filter(
      ({ lhsShape, rhsShape, params }) =>
        elementCount(convolutionShape(lhsShape, rhsShape, params)) * elementCount(rhsShape) < limits.terms,
    );

/** Small in everything, so that edges are met often. */
export const problems: fc.Arbitrary<Problem> = problemsWithin({
  input: 6,
  window: 4,
  dilation: 4,
  images: 2,
  channels: 2,
  features: 2,
  terms: 20_000,
});

/** Sums of up to some thousand terms. */
export const deepProblems: fc.Arbitrary<Problem> = problemsWithin({
  input: 12,
  window: 9,
  dilation: 2,
  images: 1,
  channels: 40,
  features: 6,
  terms: 200_000,
});

/** Without padding; windows one next to the other, or of one element. */
export const patchProblems: fc.Arbitrary<Problem> = problems.map(({ lhsShape, rhsShape, params }) => {
  const window = rhsShape.slice(2);
  return {
    lhsShape: lhsShape.map((length, k) => (k < 2 ? length : length * window[k - 2]!)),
    rhsShape,
    params: {
      ...params,
      strides: window,
      padding: window.map((): [number, number] => [0, 0]),
      lhsDilation: window.map(() => 1),
      rhsDilation: window.map(() => 1),
    },
  };
});
