/**
 * One contestant in a process of its own, so that nobody meets the memory, the collector or the inline caches of another.
 * Arguments: library, way of ours, folder of the task, file for the numbers. One JSON line when it is ready, then one per question:
 *   {"ask": "outputs"}                          makes a call, writes the numbers to the file, answers {"lengths", "milliseconds"}
 *   {"ask": "samples", milliseconds, least, warmUp}  times calls, answers {"samples"}, milliseconds per call
 *   {"ask": "peak", calls}                      makes that many calls, answers {"kibibytes"}, the growth of resident memory to
 *                                               its highest since the library was loaded
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Contestant, Floats, Library, Task, Way } from "../job.ts";
import { beginMemory, look, residentKibibytes, startClock } from "./clock.ts";

const ours = async (way: Way): Promise<Library> => (await import("./cotangent.ts")).libraryBy(way);
const libraries: Readonly<Record<string, (way: Way) => Promise<Library>>> = {
  cotangent: ours,
  "one thread": ours,
  "jax-js": async () => (await import("./jax-js.ts")).library,
  tfjs: async () => (await import("./tensorflow.ts")).library,
  onnxruntime: async () => (await import("./onnx.ts")).library,
  ceiling: async () => (await import("./ceiling.ts")).library,
};

const readInputs = (folder: string, { precision, shapes }: Task): readonly Floats[] =>
  shapes.map((_, k) => {
    const { buffer, byteOffset, byteLength } = readFileSync(join(folder, `input-${k}.bin`)) as Buffer<ArrayBuffer>;
    return precision === "float64"
      ? new Float64Array(buffer, byteOffset, byteLength / 8)
      : new Float32Array(buffer, byteOffset, byteLength / 4);
  });

const writeNumbers = (file: string, outputs: readonly ArrayLike<number>[]): readonly number[] => {
  const all = new Float64Array(outputs.reduce((length, output) => length + output.length, 0));
  let at = 0;
  for (const output of outputs) {
    for (let i = 0; i < output.length; i++) all[at + i] = output[i]!;
    at += output.length;
  }
  writeFileSync(file, all);
  return outputs.map((output) => output.length);
};

const repeat = async ({ run, isAsync }: Contestant, calls: number): Promise<void> => {
  if (isAsync) for (let call = 0; call < calls; call++) await run();
  else for (let call = 0; call < calls; call++) run();
};

interface Sampling {
  readonly milliseconds: number;
  readonly least: number;
  readonly warmUp: number;
}

/** Samples of `calls` calls each until both the time and the number of samples are reached, after `warmUp` milliseconds. */
const sample = async (
  contestant: Contestant,
  calls: number,
  { milliseconds, least, warmUp }: Sampling,
): Promise<number[]> => {
  const warm = performance.now() + warmUp;
  while (performance.now() < warm) await repeat(contestant, calls);
  const times: number[] = [];
  const end = performance.now() + milliseconds;
  while (times.length < least || performance.now() < end) {
    const stop = startClock();
    await repeat(contestant, calls);
    const elapsed = stop();
    if (elapsed !== null) times.push(elapsed / calls);
  }
  return times;
};

type Question =
  | { readonly ask: "outputs" }
  | ({ readonly ask: "samples" } & Sampling)
  | { readonly ask: "peak"; readonly calls: number };

const replyTo = async (
  question: Question,
  contestant: Contestant,
  { calls, loadedKibibytes }: { readonly calls: number; readonly loadedKibibytes: number },
  file: string,
): Promise<object> => {
  switch (question.ask) {
    case "outputs": {
      const start = look();
      const outputs = await contestant.outputs();
      const end = look();
      return {
        milliseconds: end.before - start.after - (end.waited - start.waited),
        lengths: writeNumbers(file, outputs),
      };
    }
    case "samples":
      return { samples: await sample(contestant, calls, question) };
    case "peak":
      await repeat(contestant, question.calls);
      return { kibibytes: residentKibibytes().highest - loadedKibibytes };
  }
};

const [name, way, folder, file] = process.argv.slice(2) as [string, Way, string, string];
const answer = (reply: object): void => void process.stdout.write(`${JSON.stringify(reply)}\n`);

const main = async (): Promise<void> => {
  const task = JSON.parse(readFileSync(join(folder, "task.json"), "utf8")) as Task;
  const library = await libraries[name]!(way);
  const loadedKibibytes = beginMemory();
  const contestant = await library.contestant(task, readInputs(folder, task));
  answer({ version: library.version, variant: contestant.variant });
  for await (const line of createInterface({ input: process.stdin }))
    answer(await replyTo(JSON.parse(line) as Question, contestant, { calls: task.calls, loadedKibibytes }, file));
};

// Libraries write to the console; the lines of output are ours.
console.log = console.info = console.error;

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message).slice(0, 4000) : String(error)}\n`);
  process.exit(1);
});
