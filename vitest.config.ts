import { availableParallelism } from "node:os";
import { defineConfig, type ViteUserConfig } from "vitest/config";

/** By default vitest leaves one core free, which is half of a small machine. */
const everyCore = { maxWorkers: availableParallelism(), sequence: { groupOrder: 0 } };

/**
 * What `npm test` runs: `unit` needs nothing, `sim` takes time, `e2e` needs the built `dist` and a machine that does nothing else, so it
 * comes last, one file at a time.
 */
const config: ViteUserConfig = defineConfig({
  test: {
    expect: { requireAssertions: true },
    // Only for what hangs: no test is judged by how fast the machine is.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    coverage: { provider: "v8", include: ["src/**"] },
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/{sim,lab,zoo,explore,e2e}/**"], ...everyCore },
      },
      { extends: true, test: { name: "sim", include: ["test/{sim,lab,zoo,explore}/**/*.test.ts"], ...everyCore } },
      { extends: true, test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});

export default config;
