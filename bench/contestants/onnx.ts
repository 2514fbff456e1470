/**
 * onnxruntime-web on its WASM provider, one thread. It has no transforms: every job is a graph written out below, forwards only.
 * A session copies inputs in and results out in every call; the results are ordinary arrays.
 */
import type { InferenceSession, Tensor } from "onnxruntime-web";
import type { Contestant, Floats, Kind, Library, Task } from "../job.ts";
import { encodeModel } from "./onnx-model.ts";
import type { Graph, Node } from "./onnx-model.ts";
import { installedVersion } from "./versions.ts";

type Drawing = Pick<Graph, "nodes"> & {
  readonly constants?: Readonly<Record<string, number>>;
  readonly isInteger?: boolean;
};

const node = (operation: string, inputs: string, output: string, attributes: Node["attributes"] = {}): Node => ({
  operation,
  inputs: inputs.split(" "),
  outputs: [output],
  attributes,
});

/** Inputs are called a, b, c, the result is called out. */
const drawings: Readonly<Partial<Record<Kind, Drawing>>> = {
  matmul: { nodes: [node("MatMul", "a b", "out")] },
  chain: {
    constants: { one: 1 },
    nodes: [
      node("Mul", "a a", "square"),
      node("Neg", "square", "minus"),
      node("Exp", "minus", "bell"),
      node("Sin", "a", "wave"),
      node("Mul", "wave bell", "left"),
      node("Tanh", "a", "bent"),
      node("Add", "square one", "scale"),
      node("Div", "bent scale", "right"),
      node("Add", "left right", "out"),
    ],
  },
  sum: { nodes: [node("ReduceSum", "a", "out", { keepdims: 0 })] },
  softmax: { nodes: [node("Softmax", "a", "out", { axis: 1 })] },
  argmax: { nodes: [node("ArgMax", "a", "out", { axis: 1, keepdims: 0 })], isInteger: true },
  cumsum: { constants: { axis: 1 }, nodes: [node("CumSum", "a axis", "out")] },
  filter: {
    nodes: [node("Conv", "a b", "weighed", { pads: [7, 7, 7, 7] }), node("Div", "weighed c", "out")],
  },
  affine: { constants: { two: 2, one: 1 }, nodes: [node("Mul", "a two", "twice"), node("Add", "twice one", "out")] },
};

/** The shape of the result. */
const outputShape = ({ kind, shapes }: Task): readonly number[] => {
  if (kind === "sum") return [];
  if (kind === "argmax") return shapes[0]!.slice(0, 1);
  return shapes[0]!;
};

const ort = await import("onnxruntime-web");
ort.env.wasm.numThreads = 1;
const read = (results: InferenceSession.ReturnType): readonly ArrayLike<number>[] => {
  const { data } = results["out"] as Tensor;
  return [data instanceof BigInt64Array ? Array.from(data, Number) : (data as Floats)];
};
export const library: Library = {
  version: installedVersion("onnxruntime-web"),
  contestant: async (task: Task, inputs: readonly Floats[]): Promise<Contestant> => {
    const { kind, precision } = task;
    const { nodes, constants = {}, isInteger = false } = drawings[kind]!;
    const isImage = kind === "filter";
    const imageShape = (shape: readonly number[]): readonly number[] => (isImage ? [1, 1, ...shape] : shape);
    const values = task.shapes.map((shape, k) => ({ name: "abc"[k]!, type: precision, shape: imageShape(shape) }));
    const model = encodeModel({
      inputs: values,
      outputs: [{ name: "out", type: isInteger ? "int64" : precision, shape: imageShape(outputShape(task)) }],
      constants: Object.fromEntries(
        Object.entries(constants).map(([name, value]) => [
          name,
          { type: name === "axis" ? "int64" : precision, value },
        ]),
      ),
      nodes,
    });
    const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
    const feeds = Object.fromEntries(
      values.map(({ name, shape }, k) => [name, new ort.Tensor(precision, inputs[k]! as never, [...shape])]),
    );
    return {
      variant: "session",
      isAsync: true,
      run: async () => session.run(feeds),
      outputs: async () => read(await session.run(feeds)),
    };
  },
};
