import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "../../client/admin.ts";
import type { LocalCluster } from "../../server/local-cluster.ts";
import type { LocalServer, ServerEnd } from "../../server/local-server.ts";
import { changedText } from "../shard-text.ts";
import { tableText } from "../table.ts";
import { Misunderstood } from "./misunderstood.ts";
import { listed, type ShellCall, type ShellCommand } from "./command.ts";

/** How often servers are asked whether they take part. */
const lookMs = 100;

/** Commands about the servers of a cluster on this machine. */
export function serverCommands(local: LocalCluster): readonly ShellCommand[] {
  const names = (): readonly string[] => local.servers.map(({ name }) => name);
  const some = { usage: "SERVER...", words: [1, 64], complete: names } as const;
  return [
    {
      name: "servers",
      usage: "",
      about: "print which servers run where",
      words: [0, 0],
      run: ({ print }) => print(serversText(local)),
    },
    {
      ...some,
      name: "kill",
      about: "kill servers (SIGKILL)",
      more: ["1.0 is the first server of group 1, and 1 all of them; m.0 is the first of the shardmaster."],
      run: (call) => endThem(local, call, "SIGKILL"),
    },
    {
      ...some,
      name: "stop",
      about: "tell servers to end (SIGTERM)",
      run: (call) => endThem(local, call, "SIGTERM"),
    },
    { ...some, name: "start", about: "start servers that do not run", run: (call) => startThem(local, call, false) },
    { ...some, name: "restart", about: "end servers, if they run, and start them again", run: (call) => startThem(local, call, true) },
    {
      name: "add",
      usage: "[REPLICAS]",
      about: "start another group, and give it its share of the shards",
      words: [0, 1],
      run: (call) => add(local, call),
    },
  ];
}

/** What runs where. */
export function serversText(local: LocalCluster): string {
  const rows = local.servers.map(({ name, address, pid }) => [name, address, pid === undefined ? "does not run" : String(pid)]);
  return tableText([["server", "address", "process"], ...rows]);
}

/** How a server has ended, in a sentence. */
export function endText({ name }: LocalServer, how: ServerEnd): string {
  if (typeof how === "number") return `${name} has ended with ${how}.`;
  return how === null ? `${name} does not run.` : `${name} was ended by ${how}.`;
}

/** Waits until servers say that they take part, and takes each from the set then; throws when the call is over, or one has ended. */
async function upAgain(admin: Admin, missing: Set<LocalServer>, signal: AbortSignal): Promise<void> {
  const up = async (server: LocalServer): Promise<void> => {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop
      const reports = await Promise.race([admin.inspect([server.address], { signal }), server.ended.then(() => [])]);
      if (reports.some((report) => report.answered && report.replicas.some(({ phase }) => phase === "running"))) break;
      if (server.pid === undefined) throw new Misunderstood(`${server.name} has ended again: ${server.lastWords()}`);
      // oxlint-disable-next-line no-await-in-loop
      await sleep(lookMs, undefined, { signal });
    }
    missing.delete(server);
  };
  await Promise.all([...missing].map(up));
}

/** Ends servers, and says how they have ended. */
async function endThem(local: LocalCluster, { words, print }: ShellCall, signal: NodeJS.Signals): Promise<void> {
  const servers = named(local, words);
  const ends = await Promise.all(servers.map(async (server) => (server.pid === undefined ? null : server.end(signal))));
  for (const [at, server] of servers.entries()) print(endText(server, ends[at] ?? null));
}

/** The servers of these names; throws `Misunderstood` when one is none. */
function named(local: LocalCluster, words: readonly string[]): readonly LocalServer[] {
  const found = words.map((word) => {
    const servers = local.named(word);
    if (servers.length > 0) return servers;
    throw new Misunderstood(`there is no server ${word}; there are ${local.servers.map(({ name }) => name).join(", ")}`);
  });
  return [...new Set(found.flat())];
}

async function startThem(local: LocalCluster, { words, admin, options, print, explain }: ShellCall, again: boolean): Promise<void> {
  const servers = named(local, words);
  if (again) await Promise.all(servers.map((server) => server.end("SIGTERM")));
  for (const server of servers) server.start();
  const missing = new Set(servers);
  explain(() => Promise.resolve(notYet(missing)));
  await upAgain(admin, missing, options.signal);
  for (const { name, pid } of servers) print(`${name} runs, process ${String(pid)}.`);
}

async function add(local: LocalCluster, { words: [word], admin, options, print, explain }: ShellCall): Promise<void> {
  if (word !== undefined && !/^[1-9]$/.test(word))
    throw new Misunderstood(`'${word}' is no number of replicas; a group has 1 to 9 of them`);
  const group = await local.addGroup(word === undefined ? undefined : Number(word));
  const servers = local.named(String(group.gid));
  print(`Group ${group.gid} is starting: ${servers.map(({ name, address }) => `${name} at ${address}`).join(", ")}.`);
  const missing = new Set(servers);
  explain(() => Promise.resolve(notYet(missing)));
  await upAgain(admin, missing, options.signal);
  print(`Group ${group.gid} joins: ${changedText(await admin.join([group], options))}.`);
}

function notYet(missing: ReadonlySet<LocalServer>): string {
  const names = [...missing].map(({ name }) => name);
  return `Not heard of yet: ${listed(names, "and")}.`;
}
