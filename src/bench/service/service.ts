import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { present } from "../../base/assert.ts";
import type { Admin } from "../../client/admin.ts";
import { connectAdmin } from "../../real/connect-admin.ts";
import { freePorts } from "../../real/free-ports.ts";
import { cpuSeconds } from "../cpu.ts";
import type { CommandWords } from "../line/client-process.ts";
import { NodeProcess } from "./node-process.ts";
import { type KvorumCommand, portsOf, ServicePlan, type ServiceShape } from "./shape.ts";

/** A node of a service has ended, and nobody had killed it. The message is a sentence. */
export class ServiceFailed extends Error {}

/** Under this name all nodes of MadKV speak. */
const cluster = "madkv";

/** Where the nodes of a service have their data and logs, and the program that they are. */
export interface ServicePlace {
  readonly directory: string;
  readonly kvorum: KvorumCommand;
}

/** A service of MadKV on this machine, each node a process. Its nodes are killed and started again as one wishes. */
export class Service {
  readonly plan: ServicePlan;
  readonly #place: ServicePlace;
  readonly #onFailure: (error: ServiceFailed) => void;
  readonly #nodes = new Map<string, NodeProcess>();
  #admin: Admin | undefined;
  /** None of its nodes outlives this process, unless that is killed. */
  readonly #abandon = (): void => {
    for (const life of this.#nodes.values()) void life.kill();
  };

  private constructor(plan: ServicePlan, place: ServicePlace, onFailure: (error: ServiceFailed) => void) {
    this.plan = plan;
    this.#place = place;
    this.#onFailure = onFailure;
  }

  /** Starts all nodes, or these, in a directory that is made when it is missing; `onFailure` hears of each that ends by itself. */
  static async start(
    shape: ServiceShape,
    place: ServicePlace,
    onFailure: (error: ServiceFailed) => void,
    nodes?: readonly string[],
  ): Promise<Service> {
    mkdirSync(place.directory, { recursive: true });
    const service = new Service(new ServicePlan(shape, await freePorts(portsOf(shape))), place, onFailure);
    for (const node of nodes ?? service.plan.nodes) service.launch(node);
    process.once("exit", service.#abandon);
    return service;
  }

  /** The command of a client of it. */
  get client(): CommandWords {
    return this.#place.kvorum(this.plan.clientWords);
  }

  /** Whether a node runs. */
  isUp(node: string): boolean {
    return this.#nodes.has(node);
  }

  /** Starts a node that does not run, as it was started before. */
  launch(node: string): void {
    const { directory, kvorum } = this.#place;
    const log = join(directory, `${node}.log`);
    const life = new NodeProcess(kvorum(this.plan.nodeWords(node, join(directory, "backer"))), log);
    this.#nodes.set(node, life);
    void life.ended.then((end) => {
      if (this.#nodes.get(node) !== life) return;
      this.#nodes.delete(node);
      this.#onFailure(new ServiceFailed(`The node ${node} has ended with ${end}: ${lastLine(log)}`));
    });
  }

  /** Kills a node (SIGKILL); resolves when it is gone. */
  async kill(node: string): Promise<void> {
    const life = present(this.#nodes.get(node), "what is killed runs");
    this.#nodes.delete(node);
    await life.kill();
  }

  /** Stops a node for a while, or lets it go on. */
  signal(node: string, signal: "SIGSTOP" | "SIGCONT"): void {
    present(this.#nodes.get(node), "who is signalled runs").signal(signal);
  }

  /** The node that leads a partition, as far as its replicas know. */
  async leader(partition: number): Promise<string | undefined> {
    const { servers, managers, shape } = this.plan;
    const replicas = servers.slice(partition * shape.rf, (partition + 1) * shape.rf);
    this.#admin ??= connectAdmin({ masters: managers, cluster });
    const reports = await this.#admin.inspect(replicas);
    const at = reports.findIndex((report) => report.answered && report.replicas.some(({ role }) => role === "leader"));
    return at === -1 ? undefined : this.plan.server(partition, at);
  }

  /** CPU of all nodes that run, since they were started; undefined where that is not known. */
  cpuSeconds(): number | undefined {
    return cpuSeconds([...this.#nodes.values()].map((life) => life.pid));
  }

  /** Ends all nodes. */
  async stop(): Promise<void> {
    process.off("exit", this.#abandon);
    await this.#admin?.close();
    const lives = [...this.#nodes.values()];
    this.#nodes.clear();
    await Promise.all(lives.map((life) => life.kill()));
  }
}

function lastLine(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "";
}
