import { defineConfig, type ViteUserConfig } from "vitest/config";

/** What `npm test` runs: `unit` needs nothing, `sim` takes time, `e2e` needs the built `dist`. */
const config: ViteUserConfig = defineConfig({
  test: {
    expect: { requireAssertions: true },
    coverage: { provider: "v8", include: ["src/**"] },
    projects: [
      { extends: true, test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/{sim,lab,e2e}/**"] } },
      { extends: true, test: { name: "sim", include: ["test/{sim,lab}/**/*.test.ts"], testTimeout: 60_000 } },
      { extends: true, test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], maxWorkers: 1, testTimeout: 60_000 } },
    ],
  },
});

export default config;
