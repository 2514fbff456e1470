import { defineConfig } from "vitest/config";

/** Tests run from the TypeScript sources: the source condition turns "cotangent/numpy" into library/numpy/index.ts, so no build is needed. */
const conditions = ["@cotangent/source"];

export default defineConfig({
  test: {
    reporters: process.env["CI"] ? ["default", ["json", { outputFile: "out/vitest.json" }]] : ["default"],
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: { name: "node", include: ["test/**/*.test.ts"], testTimeout: 20_000, hookTimeout: 20_000 },
      },
    ],
  },
});
