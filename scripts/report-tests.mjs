/**
 * Ends a run of all checks: what failed, by name and with its message (a property's has the seed), then `N passed, N failed`
 * of the main run. A test file that could not run counts as one failure.
 */
import { existsSync, readFileSync } from "node:fs";
import { root } from "./run.mjs";

const messageLines = 8;

const resultsOf = (name) => {
  const file = `${root}out/${name}.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).testResults : [];
};

/** Failed tests of a report, and files that failed without one, each with where it is and the start of its message. */
const failuresOf = (results) =>
  results.flatMap(({ name, status, message, assertionResults }) => {
    const tests = assertionResults.filter((result) => result.status === "failed");
    const file = name.replace(root, "");
    if (status === "failed" && tests.length === 0) return [{ title: file, message }];
    return tests.map(({ fullName, failureMessages }) => ({
      title: `${file}: ${fullName}`,
      message: failureMessages.join("\n"),
    }));
  });

const show = ({ title, message }, run) => {
  console.log(`failed ${run}: ${title}`);
  for (const line of message.split("\n").slice(0, messageLines)) console.log(`  ${line}`);
};

const results = resultsOf("vitest");
const failures = failuresOf(results);
for (const failure of failuresOf(resultsOf("vitest-threads"))) show(failure, "on two threads");
for (const failure of failures) show(failure, "test");

const passed = results.flatMap((file) => file.assertionResults).filter(({ status }) => status === "passed").length;
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
