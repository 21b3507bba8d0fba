import { assert, present } from "../../src/base/assert.ts";
import { replicaId } from "../../src/base/ids.ts";
import { emptyImage } from "./disk.ts";
import { Cluster, type Node, type Packet } from "./cluster.ts";
import { diskLine, happeningLine, logLines, messageLine, progressLines, statusLine } from "./render.ts";

/**
 * A transcript is a text file of blocks with empty lines between them: command lines, `----`, and what they bring about. Lines
 * that begin with # explain. `replay` runs the commands and gives back the same text with the outcomes as they are now.
 */
export function replay(text: string): string {
  const transcript = new Transcript();
  return `${text
    .trimEnd()
    .split(/\n\n+/)
    .map((block) => transcript.block(block))
    .join("\n\n")}\n`;
}

/** Blocks with commands but without an outcome: nobody has looked at these yet. */
export function unrecorded(text: string): string[] {
  return text.split(/\n\n+/).filter((block) => commandsOf(block).length > 0 && !/^----\n./m.test(block));
}

function commandsOf(block: string): string[] {
  const [input = ""] = block.split(/^----$/m);
  return input.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

type Command = (words: readonly string[]) => void;

class Transcript {
  #cluster: Cluster | undefined;
  #lines: string[] = [];
  /** Whether the lines that follow are the consequence of a message. */
  #indent = "";
  /** Messages taken off the network by `hold`. */
  readonly #held: Packet[] = [];

  block(block: string): string {
    const [input = ""] = block.split(/^----$/m);
    this.#lines = [];
    const commands = commandsOf(block);
    if (commands.length === 0) return block;
    for (const command of commands) this.#run(command);
    return `${input.trimEnd()}\n----\n${this.#lines.length > 0 ? this.#lines.join("\n") : "ok"}`;
  }

  #run(line: string): void {
    const words = line.trim().split(/\s+/);
    const quiet = words[0] === "quiet";
    if (quiet) words.shift();
    const [name = "", ...rest] = words;
    const before = this.#lines.length;
    this.#indent = "";
    const command = present(this.#commands[name], `a known command: ${line}`);
    command(rest);
    if (quiet) this.#lines.length = before;
  }

  #say(...lines: readonly string[]): void {
    for (const line of lines) this.#lines.push(this.#indent + line);
  }

  get #it(): Cluster {
    return present(this.#cluster, "the first command is `cluster`");
  }

  readonly #commands: Readonly<Record<string, Command>> = {
    cluster: (words) => this.#open(words),
    image: (words) => this.#image(words),
    tick: ([id, count]) => this.#it.tick(number(id), count === undefined ? 1 : number(count)),
    lapse: (ids) => ids.forEach((id) => this.#lapse(number(id))),
    campaign: ([id]) => this.#campaign(number(id)),
    propose: ([id, ...texts]) => this.#propose(number(id), texts),
    transfer: ([id, to]) => this.#transfer(number(id), number(to)),
    read: ([id, ...contexts]) =>
      this.#read(
        number(id),
        contexts.map((context) => number(context)),
      ),
    deliver: (words) => this.#take(words).forEach((packet) => this.#deliver(packet)),
    drop: (words) => this.#say(...this.#take(words).map(({ message }) => `x ${messageLine(message)}`)),
    duplicate: (words) => void this.#it.network.push(...this.#select(words)),
    hold: (words) => void this.#held.push(...this.#take(words)),
    release: () => void this.#it.network.push(...this.#held.splice(0)),
    network: () => this.#say(...this.#it.network.map(({ message }) => messageLine(message))),
    stabilize: (ids) => this.#stabilize(ids.map((id) => number(id))),
    disk: ([id, verb, count]) => this.#disk(number(id), verb, count),
    crash: ([id, survivors]) => this.#it.crash(number(id), survivors === undefined ? 0 : number(survivors)),
    restart: ([id]) => this.#it.open(number(id)),
    cut: (links) => links.forEach((link) => this.#cut(link)),
    heal: () => this.#it.cuts.clear(),
    compact: ([id, index]) => this.#it.compact(number(id), number(index)),
    snapshot: ([link, index]) => this.#snapshot(link, index),
    inject: (words) => this.#inject(words),
    status: (ids) => this.#say(...this.#nodes(ids).map(statusLine)),
    log: (ids) => this.#say(...this.#nodes(ids).flatMap(logLines)),
    progress: ([id]) => this.#say(...progressLines(this.#it, number(id))),
  };

  /** `cluster 1 2 3 checkQuorum=false inFlightMax=2` */
  #open(words: readonly string[]): void {
    const options: Record<string, number | boolean> = {};
    for (const word of words.filter((each) => each.includes("="))) {
      const [name = "", value = ""] = word.split("=");
      options[name] = /^\d+$/.test(value) ? Number(value) : value === "true";
    }
    this.#cluster = new Cluster(words.filter((word) => !word.includes("=")).map(number), options);
    this.#cluster.listener = (happening) => {
      if (happening.kind === "delivered" || happening.kind === "lost") this.#indent = "";
      const line = happeningLine(happening);
      if (line !== undefined) this.#say(line);
      if (happening.kind === "delivered") this.#indent = "  ";
    };
  }

  /** `image 1 term 7 vote 2 log 1 1 4`: the node's disk as it shall be found, with the terms of its entries. */
  #image(words: readonly string[]): void {
    const id = replicaId(number(words[0]));
    const after = (name: string): number | undefined => (words.includes(name) ? number(words[words.indexOf(name) + 1]) : undefined);
    const vote = after("vote");
    const image = emptyImage(this.#it.node(id).disk.image.mark.membership);
    image.hardState = { term: after("term") ?? 0, vote: vote === undefined ? undefined : replicaId(vote) };
    const terms = words.includes("log") ? words.slice(words.indexOf("log") + 1).map(number) : [];
    image.entries = terms.map((term, i) => ({ index: i + 1, term, data: Buffer.from(`${term}${"abcdefghijklmnop"[i]}`) }));
    this.#it.replaceImage(id, image);
    this.#lines = this.#lines.filter((line) => !line.startsWith(`${id} is`));
  }

  /** Lets so much time pass that a follower no longer refuses a candidate for its leader's sake. Nobody hears from it. */
  #lapse(id: number): void {
    const { network } = this.#it;
    const before = network.length;
    this.#it.tick(id, this.#it.options.electionTicks);
    network.length = before;
  }

  #campaign(id: number): void {
    const { state } = this.#it.raft(id);
    assert(state.role !== "leader", "a leader does not campaign");
    this.#it.tick(id, this.#it.raft(id).ticksToSleep());
  }

  /** `propose 1 a b*40`: two commands in one go, the second of forty bytes. */
  #propose(id: number, texts: readonly string[]): void {
    const full = texts.map((text) => {
      const [stem = "", count] = text.split("*");
      return count === undefined ? stem : stem.repeat(number(count));
    });
    for (const proposal of this.#it.propose(id, ...full)) if (!proposal.ok) this.#say(`${id} refuses: ${proposal.why}`);
  }

  #read(id: number, contexts: readonly number[]): void {
    for (const asked of this.#it.read(id, ...contexts)) if (!asked.ok) this.#say(`${id} refuses: ${asked.why}`);
  }

  #transfer(id: number, to: number): void {
    if (!this.#it.transfer(id, to)) this.#say(`${id} does not give its place to ${to}`);
  }

  #deliver(packet: Packet): void {
    this.#indent = "";
    this.#it.deliver(packet);
  }

  #stabilize(ids: readonly number[]): void {
    assert(this.#it.stabilize(ids.length > 0 ? ids : undefined), "the cluster comes to rest");
  }

  #disk(id: number, verb: string | undefined, count: string | undefined): void {
    const { disk } = this.#it.node(id);
    if (verb === "pause") disk.paused = true;
    else if (verb === "finish") this.#it.finish(id, count === undefined ? disk.unfinished : number(count));
    else if (verb === "resume") {
      this.#it.finish(id);
      disk.paused = false;
    } else this.#say(diskLine(this.#it.node(id)));
  }

  /** `cut 1` takes a node off the network, `cut 1->2` one direction, `cut 1-2` both. */
  #cut(link: string): void {
    const [from = "", to] = link.split(/->?/);
    const others = to === undefined ? [...this.#it.nodes.keys()] : [number(to)];
    for (const other of others) {
      this.#it.cuts.add(`${number(from)}->${other}`);
      if (!link.includes("->")) this.#it.cuts.add(`${other}->${number(from)}`);
    }
  }

  #snapshot(link: string | undefined, index: string | undefined): void {
    const [from, to] = present(link, "snapshot 1->2").split("->");
    this.#it.snapshot(number(from), number(to), index === undefined ? undefined : number(index));
  }

  /** `inject 3->1 term 2 prev 0/0 commit 0 y`: an append that no core here has sent, but that a leader might. */
  #inject([link = "", , term, , prev = "", , commit, ...texts]: readonly string[]): void {
    const [from, to] = link.split("->").map((id) => replicaId(number(id)));
    const [prevIndex, prevTerm] = prev.split("/").map(number);
    assert(from !== undefined && to !== undefined && prevIndex !== undefined && prevTerm !== undefined, "a link and a place");
    const entries = texts.map((text, i) => ({ index: prevIndex + 1 + i, term: number(term), data: Buffer.from(text) }));
    const head = { kind: "append", from, to, term: number(term), commit: number(commit), round: 0 } as const;
    this.#deliver({ message: { ...head, prevIndex, prevTerm, entries }, rows: [] });
  }

  #nodes(ids: readonly string[]): Node[] {
    return ids.length > 0 ? ids.map((id) => this.#it.node(number(id))) : [...this.#it.nodes.values()];
  }

  /** Packets on the network that the words describe: `1->2`, `*->2`, a kind, a count or `last`. */
  #select(words: readonly string[]): Packet[] {
    const link = words.find((word) => word.includes("->"));
    const [from = "*", to = "*"] = link?.split("->") ?? [];
    const kind = words.find((word) => /^[a-z_]+$/.test(word) && word !== "last");
    const count = words.find((word) => /^\d+$/.test(word));
    const matches = (pattern: string, id: number): boolean => pattern === "*" || number(pattern) === id;
    const found = this.#it.network.filter(
      ({ message }) => matches(from, message.from) && matches(to, message.to) && (kind === undefined || message.kind === kind),
    );
    assert(found.length > 0, `something to act upon: ${words.join(" ")}`);
    if (words.includes("last")) return found.slice(-1);
    return found.slice(0, count === undefined ? undefined : number(count));
  }

  #take(words: readonly string[]): Packet[] {
    const taken = this.#select(words);
    for (const packet of taken) this.#it.network.splice(this.#it.network.indexOf(packet), 1);
    return taken;
  }
}

function number(word: string | undefined): number {
  assert(word !== undefined && /^\d+$/.test(word), `a number, not ${word}`);
  return Number(word);
}
