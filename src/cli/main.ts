#!/usr/bin/env node
import { fuzzCommand } from "./fuzz.ts";
import { labCommand } from "./lab.ts";
import { serveCommand } from "./serve.ts";
import { kvorumProgram, runProgram } from "./program.ts";

/** Every command of `kvorum`, in the order in which the help lists them. */
const commands = [fuzzCommand(), labCommand(), serveCommand()];

await runProgram(kvorumProgram(commands), process.argv.slice(2));
