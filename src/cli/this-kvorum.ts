import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { KvorumCommand } from "../bench/service/shape.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url)).replace(/\.ts$/, extname(import.meta.url));

/** `kvorum` as this process runs: its Node, its options, its files. */
export const thisKvorum: KvorumCommand = (words) => [process.execPath, ...process.execArgv, main, ...words];
