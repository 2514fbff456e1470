/**
 * Gradients of a convolution as convolutions: that of the input slides the flipped kernel over the cotangent, that of the
 * kernel slides the cotangent over the input. Only the order of elements, paddings, strides and dilations change.
 * Source: jax/_src/lax/convolution.py, _conv_general_dilated_transpose_lhs and _rhs.
 */
import { type ConvolutionParams, convolutionShape, dilatedLength } from "./convolution.ts";
import type { Shape } from "./numeric-array.ts";

/** A copy that only moves elements: view as `split`, permute, view as `shape`, flip the `reversed` axes. */
export type Rearrangement = {
  readonly split: Shape;
  readonly permutation: readonly number[];
  readonly shape: Shape;
  readonly reversed: readonly number[];
};

/** A gradient as a convolution: rearrange both operands, convolve with `params`, rearrange the result. */
export type ConvolutionGradient = {
  readonly lhs: Rearrangement;
  readonly rhs: Rearrangement;
  readonly params: ConvolutionParams;
  readonly result: Rearrangement;
};

function unchanged(shape: Shape): Rearrangement {
  return { split: shape, permutation: [...shape.keys()], shape, reversed: [] };
}

/** Exchanges the first two axes. */
function exchanged(shape: Shape): Rearrangement {
  const [first, second, ...spatial] = shape as [number, number, ...number[]];
  const rest = spatial.map((_, axis) => axis + 2);
  return { split: shape, permutation: [1, 0, ...rest], shape: [second, first, ...spatial], reversed: [] };
}

/**
 * The convolution that maps a cotangent of the result to that of lhs: flipped kernel, channels
 * exchanged within each group, strides and lhs dilation exchanged.
 * @returns  lhs: of the cotangent; rhs: of the kernel; result: of shape `lhsShape`
 * Source: jax/_src/lax/convolution.py, _conv_general_dilated_transpose_lhs.
 */
export function inputGradientParams(lhsShape: Shape, rhsShape: Shape, params: ConvolutionParams): ConvolutionGradient {
  const outShape = convolutionShape(lhsShape, rhsShape, params);
  const groups = Math.max(params.featureGroups, params.batchGroups);
  const [features, channels, ...window] = rhsShape as [number, number, ...number[]];
  const spatial = window.map((_, axis) => axis + 2);
  const padding = window.map((length, axis): readonly [number, number] => {
    const reach = dilatedLength(length, params.rhsDilation[axis]!) - 1;
    const before = reach - params.padding[axis]![0];
    const input = dilatedLength(lhsShape[axis + 2]!, params.lhsDilation[axis]!);
    return [before, input + reach - dilatedLength(outShape[axis + 2]!, params.strides[axis]!) - before];
  });
  const inputSpatial = lhsShape.slice(2);
  const inputAxes = spatial.map((axis) => axis + 1);
  return {
    lhs: unchanged(outShape),
    rhs: {
      split: [groups, features / groups, channels, ...window],
      permutation: [0, 2, 1, ...inputAxes],
      shape: [groups * channels, features / groups, ...window],
      reversed: spatial,
    },
    params: {
      strides: params.lhsDilation,
      padding,
      lhsDilation: params.strides,
      rhsDilation: params.rhsDilation,
      featureGroups: groups,
      batchGroups: 1,
    },
    result:
      params.batchGroups === 1
        ? unchanged(lhsShape)
        : {
            split: [outShape[0]!, groups, channels, ...inputSpatial],
            permutation: [1, 0, 2, ...inputAxes],
            shape: lhsShape,
            reversed: [],
          },
  };
}

/**
 * The convolution that maps a cotangent of the result to that of rhs: the cotangent, dilated by the
 * strides, slides over the input; batch and channels exchanged, feature and batch groups too.
 * @returns  lhs: of the input; rhs: of the cotangent; result: of shape `rhsShape`
 * Source: jax/_src/lax/convolution.py, _conv_general_dilated_transpose_rhs.
 */
export function kernelGradientParams(lhsShape: Shape, rhsShape: Shape, params: ConvolutionParams): ConvolutionGradient {
  const outShape = convolutionShape(lhsShape, rhsShape, params);
  const padding = params.padding.map(([low], axis): readonly [number, number] => {
    const input = dilatedLength(lhsShape[axis + 2]!, params.lhsDilation[axis]!);
    const result = dilatedLength(outShape[axis + 2]!, params.strides[axis]!);
    return [low, result - input + dilatedLength(rhsShape[axis + 2]!, params.rhsDilation[axis]!) - low - 1];
  });
  const [features, channels, ...window] = rhsShape as [number, number, ...number[]];
  return {
    lhs: exchanged(lhsShape),
    rhs: exchanged(outShape),
    params: {
      strides: params.rhsDilation,
      padding,
      lhsDilation: params.lhsDilation,
      rhsDilation: params.strides,
      featureGroups: params.batchGroups,
      batchGroups: params.featureGroups,
    },
    result: exchanged([channels, features, ...window]),
  };
}
