/**
 * ONNX models as protobuf, as little of it as the jobs need: one graph of nodes with named values.
 * A field is its number and wire type, then a varint, or a length and bytes. Source: onnx/onnx, onnx.proto (IR version 8).
 */
import type { Precision } from "../job.ts";

type Message = readonly number[];

const varint = (value: number): Message => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
};
const integer = (field: number, value: number): Message => [...varint(field << 3), ...varint(value)];
const bytes = (field: number, content: Message): Message => [
  ...varint((field << 3) | 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, value: string): Message => bytes(field, Array.from(new TextEncoder().encode(value)));

type ElementType = Precision | "int64";
const typeNumbers: Readonly<Record<ElementType, number>> = { float32: 1, int64: 7, float64: 11 };

interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

export interface Node {
  readonly operation: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers and lists of them. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Scalars by name. */
  readonly constants: Readonly<Record<string, { readonly type: ElementType; readonly value: number }>>;
  readonly nodes: readonly Node[];
}

const opset = 17;

/** ValueInfoProto: name, type. */
const valueMessage = ({ name, type, shape }: Value): Message => {
  const dimensions = shape.flatMap((extent) => bytes(1, integer(1, extent)));
  return [...text(1, name), ...bytes(2, bytes(1, [...integer(1, typeNumbers[type]), ...bytes(2, dimensions)]))];
};

/** AttributeProto: name, i or ints, type. */
const attributeMessage = ([name, value]: readonly [string, number | readonly number[]]): Message =>
  typeof value === "number"
    ? [...text(1, name), ...integer(3, value), ...integer(20, 2)]
    : [...text(1, name), ...value.flatMap((one) => integer(8, one)), ...integer(20, 7)];

/** NodeProto: input, output, op_type, attribute. */
const nodeMessage = ({ inputs, outputs, operation, attributes = {} }: Node): Message => [
  ...inputs.flatMap((name) => text(1, name)),
  ...outputs.flatMap((name) => text(2, name)),
  ...text(4, operation),
  ...Object.entries(attributes).flatMap((attribute) => bytes(5, attributeMessage(attribute))),
];

/** TensorProto of a scalar: data_type, name, raw_data. */
const scalarMessage = (name: string, type: ElementType, value: number): Message => {
  const arrays = {
    float32: Float32Array.of(value),
    float64: Float64Array.of(value),
    int64: BigInt64Array.of(BigInt(value)),
  };
  return [
    ...integer(2, typeNumbers[type]),
    ...text(8, name),
    ...bytes(9, Array.from(new Uint8Array(arrays[type].buffer))),
  ];
};

/** ModelProto: ir_version, graph, opset_import. */
export const encodeModel = ({ inputs, outputs, constants, nodes }: Graph): Uint8Array => {
  const graph = [
    ...nodes.flatMap((node) => bytes(1, nodeMessage(node))),
    ...text(2, "job"),
    ...Object.entries(constants).flatMap(([name, { type, value }]) => bytes(5, scalarMessage(name, type, value))),
    ...inputs.flatMap((value) => bytes(11, valueMessage(value))),
    ...outputs.flatMap((value) => bytes(12, valueMessage(value))),
  ];
  return Uint8Array.from([...integer(1, 8), ...bytes(7, graph), ...bytes(8, [...text(1, ""), ...integer(2, opset)])]);
};
