import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandWords } from "../line/client-process.ts";
import { Service, type ServicePlace } from "../service/service.ts";
import type { KvorumCommand, ServiceShape } from "../service/shape.ts";
import { demand, ScenarioFailed } from "./demand.ts";
import { Talker } from "./talker.ts";

/** What a log says when its server is told by the manager that it is known to it. */
const registered = "The manager knows this server.";

/** Nothing that is waited for takes so long, unless it never happens. */
const patienceMs = 60_000;
const lookMs = 20;

/** Where a scenario is played: a service and its clients, all of them processes. */
export class Stage {
  readonly service: Service;
  readonly #directory: string;
  readonly #talkers: Talker[] = [];
  /** How much of each node's log was there when its present life began. */
  readonly #begun = new Map<string, number>();
  readonly #failures: string[];

  private constructor(service: Service, directory: string, failures: string[]) {
    this.service = service;
    this.#directory = directory;
    this.#failures = failures;
  }

  /** With all nodes, or with none but `nodes`. */
  static async open(
    shape: ServiceShape,
    place: ServicePlace,
    given: { readonly flags?: readonly string[]; readonly nodes?: readonly string[] } = {},
  ): Promise<Stage> {
    const { flags = [], nodes } = given;
    // A manager's flags are none of a client's.
    const kvorum: KvorumCommand = (words) => place.kvorum(words[2] === "service" ? [...words, ...flags] : words);
    const failures: string[] = [];
    const where = { ...place, kvorum };
    const service = await Service.start(shape, where, ({ message }) => failures.push(message), nodes);
    return new Stage(service, place.directory, failures);
  }

  /** A new client. */
  client(): Talker {
    const talker = new Talker(`client ${this.#talkers.length}`, this.service.client);
    this.#talkers.push(talker);
    return talker;
  }

  async kill(...nodes: readonly string[]): Promise<void> {
    await Promise.all(nodes.map((node) => this.service.kill(node)));
  }

  /** Starts nodes as they were started before. */
  launch(...nodes: readonly string[]): void {
    for (const node of nodes) {
      this.#begun.set(node, this.#log(node).length);
      this.service.launch(node);
    }
  }

  /** Waits until these servers have registered, in their present lives. */
  async registered(...nodes: readonly string[]): Promise<void> {
    for (const node of nodes) await this.says(node, registered);
  }

  /** Waits until a node's log says that, in its present life. */
  async says(node: string, text: string): Promise<void> {
    await this.until(() => this.#log(node).includes(text, this.#begun.get(node) ?? 0), `${node} says '${text}'`);
  }

  /** The node that leads a partition, once there is one. */
  async leader(partition: number): Promise<string> {
    let leader: string | undefined;
    await this.until(async () => (leader = await this.service.leader(partition)) !== undefined, `partition ${partition} has a leader`);
    return leader ?? "";
  }

  /** Waits until it holds; `what` is a part of a sentence. */
  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!(await holds())) {
      const [failure] = this.#failures;
      if (failure !== undefined) throw new ScenarioFailed(failure);
      demand(performance.now() < deadline, `It does not come about that ${what}.`);
      await pass(lookMs);
    }
  }

  /** What a client of its own says to these lines with a deadline for each: what has no answer is left out. */
  async saysWithin(deadline: string, lines: readonly string[]): Promise<string> {
    return output([...this.service.client, "--deadline", deadline], lines.map((line) => `${line}\n`).join(""));
  }

  /** Ends everything; throws when a node has ended that nobody had killed. */
  async close(): Promise<void> {
    for (const talker of this.#talkers) talker.kill();
    await this.service.stop();
  }

  /** Throws when a node has ended that nobody had killed. */
  checkNodes(): void {
    const [failure] = this.#failures;
    if (failure !== undefined) throw new ScenarioFailed(failure);
  }

  #log(node: string): string {
    const file = join(this.#directory, `${node}.log`);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }
}

export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** What a program writes that is given that to read. */
function output([program, ...words]: CommandWords, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "ignore"] });
    let text = "";
    child.stdout.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
    child.once("error", reject);
    child.once("close", () => resolve(text));
    child.stdin.end(input);
  });
}
