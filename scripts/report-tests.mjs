/** Prints `N passed, N failed` from vitest's report; a test file that could not run counts as one failure. */
import { existsSync, readFileSync } from "node:fs";
import { root } from "./run.mjs";

const file = `${root}out/vitest.json`;
const report = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { testResults: [] };

const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
const brokenFiles = report.testResults.filter(
  ({ status, assertionResults }) =>
    status === "failed" && !assertionResults.some((result) => result.status === "failed"),
);
const passed = results.filter(({ status }) => status === "passed").length;
const failed = results.filter(({ status }) => status === "failed").length + brokenFiles.length;

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
