import { present, unreachable } from "../../base/assert.ts";
import { groupId, replicaId, type ServerId } from "../../base/ids.ts";
import { Rng } from "../../base/rng.ts";
import { utf8, utf8Text } from "../../base/bytes.ts";
import type { Env } from "../../env/env.ts";
import { serverAt } from "../../real/address.ts";
import type { Unusable } from "../../rsm/identity.ts";
import type { Member, MemberPhase } from "../../rsm/member.ts";
import { type Identity, memberOptions } from "../../rsm/options.ts";
import { Recorder } from "../../rsm/recorder.ts";
import { startMember } from "../../rsm/start.ts";
import { PacketCount } from "../packet-count.ts";
import { FaultyTransport } from "./faulty-transport.ts";
import type { Answers, Channel, ChildSettings, Happening, Question } from "./protocol.ts";

/** How often one looks whether the member has come further while it starts: it tells nobody by itself. */
const phaseMs = 5;

/**
 * The lab's server: production code over `env`, but for the network between that the runner breaks, and without `checkQuorum`, since
 * the course's isolated leaders go on to take commands. Does what the runner at the other end of `channel` asks for.
 */
export class LabServer {
  readonly #env: Env;
  readonly #settings: ChildSettings;
  readonly #channel: Channel;
  readonly #count = new PacketCount();
  readonly #transport: FaultyTransport;
  readonly #member: Member;
  #phase: MemberPhase = "opening";
  #happenings: Happening[] = [];
  #isScheduled = false;

  /** `unusable` hears what is wrong with a directory that cannot be used. */
  constructor(env: Env, settings: ChildSettings, channel: Channel, unusable: (found: Unusable) => void) {
    this.#env = env;
    this.#settings = settings;
    this.#channel = channel;
    this.#transport = this.#openTransport();
    const options = memberOptions({ raft: { checkQuorum: false } });
    this.#member = startMember(this.#memberEnv(), this.#identity(), options, this.#recorder(), unusable);
    this.#watchPhase();
    channel.onRequest(({ number, question }) => channel.send({ kind: "answer", number, answer: this.#answer(question) }));
  }

  /** Tells the runner something, with all else that this turn brings. */
  tell(happening: Happening): void {
    this.#happenings.push(happening);
    this.#schedule();
  }

  stop(): void {
    this.#member.stop();
  }

  #answer(question: Question): Answers[Question["kind"]] {
    switch (question.kind) {
      case "start": {
        const proposal = this.#member.propose(utf8(question.command));
        return proposal.ok ? { index: proposal.index, term: proposal.term } : undefined;
      }
      case "state": {
        const status = this.#member.status();
        return status === undefined ? undefined : { term: status.term, isLeader: status.role === "leader" };
      }
      case "network":
        this.#transport.set(question.network);
        return undefined;
      case "measure":
        this.#flush();
        return undefined;
      default:
        return unreachable(question);
    }
  }

  #openTransport(): FaultyTransport {
    const { transport, clock } = this.#env;
    const { place, seed, network } = this.#settings;
    const servers = serversOf(this.#settings);
    const self = present(servers[place], "a server is one of the group's");
    const counted = (): void => this.#schedule();
    return new FaultyTransport({ inner: transport, clock, servers, self, rng: new Rng(seed), count: this.#count, counted, network });
  }

  #memberEnv(): Env {
    const { clock, storage, rng, trace } = this.#env;
    const told: Env["trace"] = (name, fields) => {
      trace(name, fields);
      this.tell({ kind: "trace", name, fields });
    };
    const cell: Env["cell"] = (name) => this.#env.cell(name);
    return { clock, transport: this.#transport, storage, cell, rng, trace: this.#settings.trace ? told : trace };
  }

  #identity(): Identity {
    return { group: groupId(1), creation: 1, replica: replicaId(this.#settings.place), servers: serversOf(this.#settings) };
  }

  #recorder(): Recorder {
    const { compactEvery } = this.#settings;
    return new Recorder({
      applied: ({ index, data }) => {
        this.tell({ kind: "applied", index, value: utf8Text(data) });
        // The labs' `Snapshot(index)`, called when the turn that applied the entry is over.
        if (compactEvery !== undefined && (index + 1) % compactEvery === 0) this.#env.clock.after(0, () => this.#member.compact(index));
      },
      restored: (index, command) => {
        this.tell({ kind: "restored", values: Array.from({ length: index }, (_, i) => utf8Text(command(i + 1))) });
      },
    });
  }

  #watchPhase(): void {
    const { phase } = this.#member;
    if (phase !== this.#phase) this.tell({ kind: "phase", phase });
    this.#phase = phase;
    if (phase === "opening" || phase === "waiting") this.#env.clock.after(phaseMs, () => this.#watchPhase());
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#env.clock.after(0, () => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  /** One message for everything that this turn has brought. */
  #flush(): void {
    const happenings = this.#happenings;
    this.#happenings = [];
    const { user, system } = process.cpuUsage();
    const { requests, bytes } = this.#count;
    const measures = { requests, bytes, logBytes: this.#member.logBytes, cpuMs: (user + system) / 1000 };
    this.#channel.send({ kind: "news", happenings, measures });
  }
}

/** The servers' ids by their places. */
export function serversOf({ addresses }: ChildSettings): ServerId[] {
  return addresses.map(serverAt);
}
