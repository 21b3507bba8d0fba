import { defineConfig, type ViteUserConfig } from "vitest/config";

/** What `npm test` runs: `unit` needs nothing, `sim` takes time, `e2e` needs the built `dist`. */
const config: ViteUserConfig = defineConfig({
  test: {
    expect: { requireAssertions: true },
    // Only for what hangs: no test is judged by how fast the machine is.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    coverage: { provider: "v8", include: ["src/**"] },
    projects: [
      { extends: true, test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/{sim,lab,zoo,explore,e2e}/**"] } },
      { extends: true, test: { name: "sim", include: ["test/{sim,lab,zoo,explore}/**/*.test.ts"] } },
      { extends: true, test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], maxWorkers: 1 } },
    ],
  },
});

export default config;
