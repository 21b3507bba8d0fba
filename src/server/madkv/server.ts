import { randomBytes } from "node:crypto";
import type { Env } from "../../env/env.ts";
import { replicaId, serverId } from "../../base/ids.ts";
import { parseAddress, serverAt } from "../../real/address.ts";
import { callLimits } from "../../real/connect-options.ts";
import { Connection } from "../../real/connection.ts";
import { inspectDirectory } from "../../real/directory.ts";
import type { Log, LogLevel } from "../../real/log.ts";
import { Refusal } from "../../real/stop.ts";
import { ClientSession } from "../../rsm/caller/operation.ts";
import { FoundingLine } from "../../shardmaster/founding/founding-line.ts";
import { Registrar } from "../../shardmaster/founding/registrar.ts";
import type { Founding } from "../../shardmaster/founding/wire.ts";
import { masterGroup } from "../../shardmaster/master-group.ts";
import { isNamed } from "../../shardmaster/address.ts";
import { type ShardKv, startShardKv } from "../../shardkv/start.ts";
import { growWhileSmall } from "../heap.ts";
import { refuseDirectory, runServer } from "../run.ts";
import type { ServerContext } from "../serve.ts";
import { BadSetting, defaultStallMs } from "../settings.ts";
import { type Assignment, assignmentIn, checkFit, groupIn, readAssignment, writeAssignment } from "./assignment.ts";
import { addressBook, groupOf, managerName } from "./cluster.ts";
import { madeParent } from "./directory.ts";
import { madkvCluster } from "./names.ts";
import type { MadkvServerSettings } from "./settings.ts";
import { optionsFor } from "./replica-options.ts";

/**
 * Runs a server for as long as the process lives: one replica of one partition. It asks the manager which server it is, for as long as
 * that takes, unless its directory says it; throws a `BadSetting` or a `Refusal` when it was started for something else.
 */
export async function runMadkvServer(settings: MadkvServerSettings, logLevel: LogLevel): Promise<void> {
  const data = madeParent(settings.backer);
  const stored = readAssignment(data);
  if (stored !== undefined) checkOwn(stored, settings);
  // Nobody waits for a manager to hear that his directory is none.
  else inspectDirectory(data, madkvCluster, true);
  const manager = managerConnection(settings);
  const line = new FoundingLine(manager.group, () => new ClientSession(randomBytes(16)));
  const assignment = stored ?? (await learnAssignment(line, settings));
  if (stored !== undefined) await checkManager(line, stored, settings);
  const { replica, servers } = assignment;
  const self = serverId(servers[replica] ?? "");
  const title = `s${settings.partition}.${replica}`;
  const owner = { group: groupOf(assignment.partition), creation: assignment.creation, replica: replicaId(replica) };
  const told = {
    cluster: madkvCluster,
    self,
    title,
    owner,
    listen: settings.listen,
    peers: [],
    data,
    create: true,
    stallMs: defaultStallMs,
  };
  growWhileSmall();
  const served = await runServer({ ...told, transport: transportOf(assignment, settings) }, logLevel, (env, context) => {
    if (stored === undefined) keep(data, assignment, context);
    const running = startPartition(env, context, assignment, settings);
    const registrar = registrarOf(line, env, data, assignment, context);
    registrar.start();
    context.log.info("The server is up.", { partition: settings.partition, replica, port: settings.listen.port });
    warnOfOtherPort(assignment, settings, context.log);
    return {
      drain: (done) => running.drain(done),
      stop: () => {
        registrar.stop();
        manager.close();
        running.stop();
      },
    };
  });
  if (served === undefined) manager.close();
}

function managerConnection({ managers }: MadkvServerSettings): Connection {
  const who = { cluster: madkvCluster, group: masterGroup, groupName: "the manager", servers: managers.map(serverAt) };
  return new Connection({ ...who, timeoutMs: Infinity, limits: callLimits, onTrouble: undefined });
}

/** A directory is for one replica of one partition. */
function checkOwn(stored: Assignment, { backer, partition, peers }: MadkvServerSettings): void {
  if (stored.partition !== partition || stored.replica !== peers.replica)
    throw new Refusal(
      "data_unusable",
      `The directory ${backer} belongs to replica ${stored.replica} of partition ${stored.partition}, not to replica ${peers.replica} of partition ${partition}.`,
    );
  checkFit(stored, peers.addresses.length);
}

/** A server with an assignment waits so long for the manager, who may be away. */
const checkMs = 500;

/** Sees to it that a directory is not opened for another cluster, if the manager is there to say so. */
async function checkManager(line: FoundingLine, stored: Assignment, { backer }: MadkvServerSettings): Promise<void> {
  const { gid, creation } = groupIn(stored);
  const answer = await new Promise<Founding | string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), checkMs);
    line.founding((found) => {
      clearTimeout(timer);
      resolve(found);
    });
  });
  if (typeof answer !== "object" || answer.groups.some((group) => isNamed(group, { gid, creation }))) return;
  throw new Refusal("data_unusable", `The directory ${backer} belongs to another cluster than the manager's.`);
}

/** How long a server rests before it asks again, and how often it says that it still waits. */
const againMs = 50;
const sayMs = 2000;

/** Asks until the manager has answered. Nothing else keeps the process alive meanwhile. */
function learnAssignment(line: FoundingLine, settings: MadkvServerSettings): Promise<Assignment> {
  const managers = settings.managers.map(serverAt).join(", ");
  const waits = setInterval(() => process.stderr.write(`kvorum: waiting for the manager at ${managers}.\n`), sayMs);
  return new Promise<Assignment>((resolve, reject) => {
    const heard = (answer: Founding | string | undefined): void => {
      if (answer === undefined) return void setTimeout(ask, againMs);
      if (typeof answer === "string") return reject(new BadSetting(`What answers at ${managers} is no manager: ${answer}`));
      try {
        resolve(assignmentIn(answer, settings));
      } catch (error) {
        reject(error);
      }
    };
    const ask = (): void => void line.founding(heard);
    ask();
  }).finally(() => clearInterval(waits));
}

function transportOf(
  { servers, replica }: Assignment,
  { peers, managers }: MadkvServerSettings,
): {
  readonly listenAlso: typeof peers.listen;
  readonly addressOf: ReturnType<typeof addressBook>;
} {
  const siblings = servers.map((server, at) => [serverId(server), peers.addresses[at]] as const).filter((_, at) => at !== replica);
  const masters = managers.map((address, at) => [managerName(at), address] as const);
  return { listenAlso: peers.listen, addressOf: addressBook([...siblings, ...masters]) };
}

/** Clients are sent to the port that the manager's list has: another one is right only where something leads from one to the other. */
function warnOfOtherPort({ servers, replica }: Assignment, { listen }: MadkvServerSettings, log: Log): void {
  const listed = servers[replica] ?? "";
  if (parseAddress(listed)?.port === listen.port) return;
  log.warn(`Clients are sent to ${listed}, as the manager has it, and this server listens on port ${listen.port}.`);
}

function startPartition(env: Env, { log, stop }: ServerContext, assignment: Assignment, { managers }: MadkvServerSettings): ShardKv {
  const { gid, creation, servers } = groupIn(assignment);
  const identity = { group: gid, creation, replica: replicaId(assignment.replica), servers };
  const masters = managers.map((_, at) => managerName(at));
  return startShardKv(
    env,
    identity,
    { replica: optionsFor(servers.length), kv: {}, masters },
    {
      shaped: ({ shards, partitioner }) => log.info("The partitions are known.", { partitions: shards, partitioner: partitioner.kind }),
      otherShape: (why) => stop("shape_differs", why),
      unusable: (found) => refuseDirectory(found, stop),
    },
  );
}

function registrarOf(line: FoundingLine, env: Env, data: string, assignment: Assignment, context: ServerContext): Registrar {
  const { log, stop } = context;
  const { gid, creation } = groupIn(assignment);
  return new Registrar(line, env.clock, { gid, creation, replica: assignment.replica }, assignment.begun, {
    registered: () => log.info("The manager knows this server."),
    begun: () => {
      log.info("All partitions are there.");
      keep(data, { ...assignment, begun: true }, context);
    },
    foreign: (why) => stop("data_unusable", `The directory ${data} is of no use to this server: ${why}`),
  });
}

function keep(data: string, assignment: Assignment, { stop }: ServerContext): void {
  try {
    writeAssignment(data, assignment);
  } catch (error) {
    stop(
      "disk_failed",
      `What the manager has assigned cannot be kept in ${data}: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}
