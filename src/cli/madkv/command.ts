import { Command, Option } from "commander";
import { type LogLevel, logLevels } from "../../real/log.ts";
import { Refusal } from "../../real/stop.ts";
import { endAll } from "../../server/madkv/end-all.ts";
import { runManager } from "../../server/madkv/manager.ts";
import { enlist } from "../../server/madkv/roll.ts";
import { runMadkvServer } from "../../server/madkv/server.ts";
import {
  listenAddress,
  madkvServerSettings,
  managerSettings,
  type ManagerWords,
  type PartitionerKind,
  type ServerWords,
} from "../../server/madkv/settings.ts";
import { runSingle } from "../../server/madkv/single.ts";
import { BadSetting } from "../../server/settings.ts";
import { stopCodes } from "../../server/stop-codes.ts";
import { duration } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import { type Project, projects } from "./words.ts";
import { scenarioCommand, testcaseCommand } from "./scenario.ts";
import { node2, node3, type ServiceNode } from "./service.ts";

interface ServerFlags {
  readonly logLevel: LogLevel;
}

interface ManagerFlags extends ServerFlags {
  readonly partitioner: PartitionerKind;
}

/** `kvorum madkv`: servers, managers and clients as the projects of MadKV want them. The recipes of `just/*.just` are these. */
export function madkvCommand(): Command {
  const command = new Command("madkv").description("servers, managers and clients with the interface of MadKV: see docs/MADKV.md");
  const [p1, p2, p3] = projects.map((project) => projectCommand(project)) as [Command, Command, Command];
  p1.addCommand(singleCommand()).addCommand(testcaseCommand());
  p2.addCommand(scenarioCommand("p2")).addCommand(manager2Command()).addCommand(server2Command()).addCommand(service2Command());
  p3.addCommand(scenarioCommand("p3")).addCommand(manager3Command()).addCommand(server3Command()).addCommand(service3Command());
  for (const project of [p1, p2, p3]) command.addCommand(project);
  return command;
}

function projectCommand(project: Project): Command {
  return new Command(project)
    .description(`project ${project.slice(1)}`)
    .addCommand(clientCommand(project))
    .addCommand(killCommand(project));
}

function clientCommand(project: Project): Command {
  return new Command("client")
    .description("speak the line protocol on stdin and stdout")
    .argument("<addresses>", project === "p1" ? "the server" : "the managers, with commas")
    .addOption(new Option("--deadline <duration>", "give an operation up after so long (default: never)").argParser(duration({ min: 1 })))
    .action(async (addresses: string, { deadline }: { readonly deadline?: number }) => {
      const { runClient } = await import("./client.ts");
      await runClient({ project, addresses, deadlineMs: deadline });
    });
}

function killCommand(project: Project): Command {
  return new Command("kill").description("end all servers, managers and clients of the project that run").action(() => endAll(project));
}

function singleCommand(): Command {
  const command = serverCommand("server", "the server, which keeps everything in memory").argument("<listen>", "host:port");
  return command.action((listen: string, { logLevel }: ServerFlags) => running("p1", () => runSingle(listenAddress(listen), logLevel)));
}

function manager2Command(): Command {
  const command = managerCommand("the manager, which keeps everything in memory")
    .argument("<man_port>", "where servers and clients reach it")
    .argument("<servers>", "the servers, one for each partition, with commas");
  return command.action((port: string, servers: string, flags: ManagerFlags) => startManager("p2", { port, rf: "1", servers }, flags));
}

function manager3Command(): Command {
  const command = managerCommand("a replica of the manager")
    .argument("<rep_id>", "which replica it is, counted from 0")
    .argument("<man_port>", "where servers and clients reach it")
    .argument("<p2p_port>", "where the other replicas reach it")
    .argument("<peers>", "the other replicas, in their order, with commas; or none")
    .argument("<server_rf>", "the replicas of each partition")
    .argument("<servers>", "the servers by partition, then by replica, with commas")
    .argument("<backer_path>", "its data directory");
  return command.action(
    (replica: string, port: string, p2pPort: string, peers: string, rf: string, servers: string, backer: string, flags: ManagerFlags) =>
      startManager("p3", { port, rf, servers, replicated: { replica, p2pPort, peers, backer } }, flags),
  );
}

function server2Command(): Command {
  const command = serverCommand("server", "the server of a partition")
    .argument("<id>", "which partition, counted from 0")
    .argument("<manager>", "the manager's address")
    .argument("<api_port>", "where clients reach it")
    .argument("<backer_path>", "its data directory");
  return command.action((partition: string, managers: string, port: string, backer: string, flags: ServerFlags) =>
    startServer("p2", { partition, managers, port, backer }, flags),
  );
}

function server3Command(): Command {
  const command = serverCommand("server", "a replica of a partition")
    .argument("<part_id>", "which partition, counted from 0")
    .argument("<rep_id>", "which replica of it, counted from 0")
    .argument("<managers>", "the managers' addresses, in their order, with commas")
    .argument("<api_port>", "where clients reach it")
    .argument("<p2p_port>", "where the other replicas reach it")
    .argument("<peers>", "the other replicas, in their order, with commas; or none")
    .argument("<backer_path>", "its data directory");
  return command.action(
    (
      partition: string,
      replica: string,
      managers: string,
      port: string,
      p2pPort: string,
      peers: string,
      backer: string,
      flags: ServerFlags,
    ) => startServer("p3", { partition, managers, port, backer, replicated: { replica, p2pPort, peers } }, flags),
  );
}

function service2Command(): Command {
  const command = managerFlags(serverCommand("service", "the component of the service that a node's name says: m, or s0, s1, ..."))
    .argument("<node>")
    .argument("<manager>")
    .argument("<servers>")
    .argument("<backer_prefix>");
  return command.action((node: string, manager: string, servers: string, prefix: string, flags: ManagerFlags) =>
    startNode("p2", () => node2(node, { manager, servers, prefix }), flags),
  );
}

function service3Command(): Command {
  const command = managerFlags(serverCommand("service", "the component of the service that a node's name says: m.0, ..., or s0.0, ..."))
    .argument("<node>")
    .argument("<managers>")
    .argument("<manager_p2ps>")
    .argument("<server_rf>")
    .argument("<servers>")
    .argument("<server_p2ps>")
    .argument("<backer_prefix>");
  return command.action(
    (
      node: string,
      managers: string,
      managerP2ps: string,
      rf: string,
      servers: string,
      serverP2ps: string,
      prefix: string,
      flags: ManagerFlags,
    ) => startNode("p3", () => node3(node, { managers, managerP2ps, rf, servers, serverP2ps, prefix }), flags),
  );
}

function serverCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(new Option("--log-level <level>", "how much is logged to stderr").choices(logLevels).default("info"));
}

function managerCommand(description: string): Command {
  return managerFlags(serverCommand("manager", description));
}

function managerFlags(command: Command): Command {
  return command.addOption(
    new Option("--partitioner <kind>", "how keys become partitions: range is for demonstrations")
      .choices(["hash", "range"])
      .default("hash"),
  );
}

function startNode(project: Project, nodeOf: () => ServiceNode, flags: ManagerFlags): Promise<void> {
  return running(project, () => {
    const node = nodeOf();
    return "manager" in node ? startManager(project, node.manager, flags) : startServer(project, node.server, flags);
  });
}

function startManager(project: Project, words: Omit<ManagerWords, "partitioner">, { logLevel, partitioner }: ManagerFlags): Promise<void> {
  return running(project, () => runManager(managerSettings({ ...words, partitioner }), logLevel));
}

function startServer(project: Project, words: ServerWords, { logLevel }: ServerFlags): Promise<void> {
  return running(project, () => runMadkvServer(madkvServerSettings(words), logLevel));
}

/** Runs it; what it was told wrong, or cannot do, is a sentence and an exit code. */
async function running(project: Project, run: () => Promise<void>): Promise<void> {
  enlist(project);
  try {
    await run();
  } catch (error) {
    if (!(error instanceof BadSetting) && !(error instanceof Refusal)) throw error;
    process.stderr.write(`kvorum: ${error.message}\n`);
    process.exit(error instanceof Refusal ? stopCodes[error.reason] : exitCodes.usage);
  }
}
