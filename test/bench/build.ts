import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Makes `dist` from the present sources. */
export function build(): void {
  execFileSync("npm", ["run", "--silent", "build"], { cwd: fileURLToPath(new URL("../..", import.meta.url)), stdio: "inherit" });
}
