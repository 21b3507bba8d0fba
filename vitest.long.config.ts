import { defineConfig, type ViteUserConfig } from "vitest/config";

/** What `npm run test:long` runs: tests that take minutes. `npm test` never does. */
const config: ViteUserConfig = defineConfig({
  test: {
    name: "long",
    expect: { requireAssertions: true },
    include: ["test/long/**/*.long.ts"],
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    passWithNoTests: true,
  },
});

export default config;
