import { defineConfig } from "vitest/config";

/** Tests run from the TypeScript sources: the source condition turns "cotangent/numpy" into library/numpy/index.ts, so no build is needed. */
const conditions = ["@cotangent/source"];

const { CI: isUnattended, COTANGENT_THREADS: threads, COTANGENT_RUNS: runs } = process.env;

/** What `npm run test:threads` and `npm run test:many` add to every test file. */
const setupFiles = [
  ...(threads === undefined ? [] : ["test/with-threads.ts"]),
  ...(runs === undefined ? [] : ["test/many-runs.ts"]),
];

const report = threads === undefined ? "out/vitest.json" : "out/vitest-threads.json";

export default defineConfig({
  test: {
    // Vitest leaves a core to the reader; on two cores that is half of them.
    maxWorkers: "100%",
    reporters: isUnattended ? ["default", ["json", { outputFile: report }]] : ["default"],
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        // One module graph for each worker: loading it anew for every file would cost as much as a third of the suite.
        // A test that changes a setting therefore puts it back.
        test: {
          name: "node",
          isolate: false,
          include: ["test/**/*.test.ts"],
          setupFiles,
          // What vitest loads itself sees no mocks: without this, properties of @fast-check/vitest would keep their numbers of runs.
          ...(runs === undefined ? {} : { server: { deps: { inline: ["@fast-check/vitest"] } } }),
          // Against hanging, not against slow machines.
          testTimeout: runs === undefined ? 60_000 : 3_600_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
