#!/usr/bin/env node
import { clientWords } from "./madkv/words.ts";

const words = process.argv.slice(2);
const client = clientWords(words);
if (client !== undefined) {
  const { runClient } = await import("./madkv/client.ts");
  await runClient(client);
} else {
  // Before anything is loaded: what the heap has grown to by then stays.
  if (isMaster(words)) (await import("../server/heap.ts")).keepHeapSmall();
  const [{ commandsFor }, { kvorumProgram, runProgram }] = await Promise.all([import("./commands.ts"), import("./program.ts")]);
  await runProgram(kvorumProgram(await commandsFor(words[0])), words);
}

/** The command line of a server of the shardmaster. */
function isMaster([first, second, third]: readonly string[]): boolean {
  return (first === "serve" && second === "master") || (first === "madkv" && third === "manager");
}
