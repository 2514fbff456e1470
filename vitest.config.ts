import { defineConfig } from "vitest/config";

/** Tests run from the TypeScript sources: the source condition turns "cotangent/numpy" into library/numpy/index.ts, so no build is needed. */
const conditions = ["@cotangent/source"];

/** What `npm run test:threads` and `npm run test:many` add to every test file. */
const setupFiles = [
  ...(process.env["COTANGENT_THREADS"] === undefined ? [] : ["test/with-threads.ts"]),
  ...(process.env["COTANGENT_RUNS"] === undefined ? [] : ["test/many-runs.ts"]),
];

export default defineConfig({
  test: {
    // Vitest leaves a core to the reader; on two cores that is half of them.
    maxWorkers: "100%",
    reporters: process.env["CI"] ? ["default", ["json", { outputFile: "out/vitest.json" }]] : ["default"],
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
          testTimeout: process.env["COTANGENT_RUNS"] === undefined ? 20_000 : 3_600_000,
          hookTimeout: 20_000,
        },
      },
    ],
  },
});
