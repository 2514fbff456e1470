/** The table of README.md: some rows of a run, good and bad ones, in the words of a reader. */
import { readFileSync, writeFileSync } from "node:fs";
import { ratioOf, show, showRatio } from "./table.ts";
import type { Row } from "./table.ts";

interface Line {
  readonly text: string;
  readonly row: string;
  readonly precision: "float32" | "float64";
  readonly peer: string;
}

const lines: readonly Line[] = [
  {
    text: "MBB iteration 96 x 64, SciPy",
    row: "MBB 96x64, one optimization iteration",
    precision: "float64",
    peer: "SciPy",
  },
  {
    text: "SIREN 3 x 256 gradient, float32, jax-js",
    row: "SIREN 3 x 256, 6144 points, value and gradient, jitted",
    precision: "float32",
    peer: "jax-js",
  },
  {
    text: "the same, PyTorch",
    row: "SIREN 3 x 256, 6144 points, value and gradient, jitted",
    precision: "float32",
    peer: "torch",
  },
  {
    text: "product 1024 x 1024, float32, TensorFlow.js",
    row: "A B, 1024 x 1024, jitted",
    precision: "float32",
    peer: "tfjs",
  },
  {
    text: "softmax 1000 x 1000, TensorFlow.js",
    row: "softmax of the rows, 1000 x 1000, jitted",
    precision: "float32",
    peer: "tfjs",
  },
  {
    text: "`2 x + 1` on 10 elements, jax-js",
    row: "2 x + 1, 10 elements, jitted, read back",
    precision: "float64",
    peer: "jax-js",
  },
  {
    text: "eager `a + b` on 1e6 elements, jax-js",
    row: "a + b, 1e6, eager",
    precision: "float64",
    peer: "jax-js",
  },
];

const cells = (rows: readonly Row[], { text, row: name, precision, peer: library }: Line): readonly string[] | null => {
  const row = rows.find((one) => one.name === name && one.precision === precision);
  const peer = row?.peers.find((one) => one.name === library);
  if (row === undefined || peer === undefined || row.ours.length === 0) return null;
  return [
    text,
    show(row.ours[0]!.timing.median, row.unit),
    show(peer.timing.median, row.unit),
    showRatio(ratioOf(row, peer)),
  ];
};

const heading = "| | ours | peer | ratio |\n|---|---|---|---|\n";

/** Puts the figures of the run into the file; lines whose peers were missing are left out. */
export const writeReadme = (file: string, rows: readonly Row[]): void => {
  const table = lines
    .map((line) => cells(rows, line))
    .filter((line) => line !== null)
    .map((line) => `| ${line.join(" | ")} |\n`)
    .join("");
  const text = readFileSync(file, "utf8");
  const start = text.indexOf(heading) + heading.length;
  if (start < heading.length) throw new Error(`${file} has no table of measurements`);
  writeFileSync(file, text.slice(0, start) + table + text.slice(text.indexOf("\n\n", start) + 1));
};
