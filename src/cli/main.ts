#!/usr/bin/env node
import { commandsFor } from "./commands.ts";
import { kvorumProgram, runProgram } from "./program.ts";

const words = process.argv.slice(2);
await runProgram(kvorumProgram(await commandsFor(words[0])), words);
