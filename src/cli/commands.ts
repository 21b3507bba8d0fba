import type { Command } from "commander";

/**
 * How each command of `kvorum` is loaded, in the order in which the help lists them. A command line that names one does not wait for
 * what the others import: for a short command that is most of its time.
 */
const loaders: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["get", async () => (await import("./kv-read.ts")).getCommand()],
  ["scan", async () => (await import("./kv-read.ts")).scanCommand()],
  ["put", async () => (await import("./kv-write.ts")).putCommand()],
  ["append", async () => (await import("./kv-write.ts")).appendCommand()],
  ["swap", async () => (await import("./kv-write.ts")).swapCommand()],
  ["delete", async () => (await import("./kv-write.ts")).deleteCommand()],
  ["cas", async () => (await import("./kv-write.ts")).casCommand()],
  ["up", async () => (await import("./up.ts")).upCommand()],
  ["shell", async () => (await import("./shell-command.ts")).shellCommand()],
  ["serve", async () => (await import("./serve.ts")).serveCommand()],
  ["group", async () => (await import("./group.ts")).groupCommand()],
  ["shard", async () => (await import("./shard.ts")).shardCommand()],
  ["status", async () => (await import("./status.ts")).statusCommand()],
  ["madkv", async () => (await import("./madkv/command.ts")).madkvCommand()],
  ["check", async () => (await import("./check.ts")).checkCommand()],
  ["fuzz", async () => (await import("./fuzz.ts")).fuzzCommand()],
  ["fuzz-service", async () => (await import("./fuzz-service.ts")).fuzzServiceCommand()],
  ["bench", async () => (await import("./bench.ts")).benchCommand()],
  ["lab", async () => (await import("./lab.ts")).labCommand()],
]);

/** The command that a command line begins with; all of them where it begins with none, for the help and for suggestions. */
export async function commandsFor(word: string | undefined): Promise<readonly Command[]> {
  const named = loaders.get(word ?? "");
  return Promise.all(named === undefined ? [...loaders.values()].map((load) => load()) : [named()]);
}
