/**
 * The long battery of random programs: `npm run battery -- --programs 200000 [--seed S]`.
 * Prints the worst error of every law and how many programs reached each (primitive, transform) cell, and fails where a cell that
 * can be reached has fewer than one in a hundred programs. Two processes with different seeds share the work.
 */
import { parseArgs } from "node:util";
import { emptyCells, everyRecord, runBattery, tablesOf } from "../test/laws/program-battery.ts";

const { values } = parseArgs({
  options: { programs: { type: "string", default: "20000" }, seed: { type: "string", default: "1" } },
});
const [programs, seed] = [Number(values.programs), Number(values.seed)];
if (!(Number.isInteger(programs) && programs > 0 && Number.isInteger(seed))) {
  console.error("usage: npm run battery -- --programs COUNT [--seed WHOLE_NUMBER]");
  process.exit(2);
}

const records = await everyRecord();
const started = performance.now();
const onProgress = (done: number): void => {
  if (done % 10_000 === 0) console.error(`${done} programs, ${((performance.now() - started) / 1000).toFixed(0)} s`);
};
const result = runBattery({ programs, seed, records, onProgress });
const least = Math.floor(programs / 100);
const lacking = emptyCells(result, records, least);
console.log(tablesOf(result, records));
console.log(
  `\n${programs} programs with ${result.applications} applications in ${((performance.now() - started) / 1000).toFixed(0)} s`,
);
if (lacking.length > 0) {
  console.log(`cells with fewer than ${least} programs:\n${lacking.join("\n")}`);
  process.exit(1);
}
