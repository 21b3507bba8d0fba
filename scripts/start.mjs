/* `npm start`: builds what is not built, and runs a local cluster with its shell in this very process. */
import { fileURLToPath } from "node:url";

await import("./build.mjs");
if (process.exitCode === 0) {
  const main = new URL("../dist/cli/main.js", import.meta.url);
  process.argv.splice(1, 1, fileURLToPath(main), "up");
  await import(main.href);
}
