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
import { services } from "../services.ts";
import { startSharded } from "../shardkv/service.ts";
import { PacketCount } from "../packet-count.ts";
import { FaultyTransport } from "./faulty-transport.ts";
import { heldBytes } from "./heap.ts";
import type { Answers, Channel, ChildSettings, Happening, Question } from "./protocol.ts";

/** How often one looks whether the member has come further while it starts: it tells nobody by itself. */
const phaseMs = 5;

/** The lab's server: production code over `env`, but for the network between, which the runner breaks. Does what he asks for at the other end of `channel`. */
export class LabServer {
  readonly #env: Env;
  readonly #settings: ChildSettings;
  readonly #channel: Channel;
  readonly #count = new PacketCount();
  readonly #transport: FaultyTransport;
  readonly #member: Member;
  readonly #stop: () => void;
  #phase: MemberPhase = "opening";
  #happenings: Happening[] = [];
  #isScheduled = false;

  /** `unusable` hears what is wrong with a directory that cannot be used. */
  constructor(env: Env, settings: ChildSettings, channel: Channel, unusable: (found: Unusable) => void) {
    this.#env = env;
    this.#settings = settings;
    this.#channel = channel;
    this.#transport = this.#openTransport();
    const started = this.#start(unusable);
    this.#member = started.member;
    this.#stop = () => started.stop();
    this.#watchPhase();
    channel.onRequest(({ number, question }) => this.#answer(question, (answer) => channel.send({ kind: "answer", number, answer })));
  }

  /** Tells the runner something, with all else that this turn brings. */
  tell(happening: Happening): void {
    this.#happenings.push(happening);
    this.#schedule();
  }

  stop(): void {
    this.#stop();
  }

  /** `reply` runs now or later, or never when the server has not read its disk yet. */
  #answer(question: Question, reply: (answer: Answers[Question["kind"]]) => void): void {
    switch (question.kind) {
      case "start": {
        const proposal = this.#member.propose(utf8(question.command));
        reply(proposal.ok ? { index: proposal.index, term: proposal.term } : undefined);
        return;
      }
      case "state": {
        const status = this.#member.status();
        reply(status === undefined ? undefined : { term: status.term, isLeader: status.role === "leader" });
        return;
      }
      case "network":
        this.#transport.set(question.network);
        reply(undefined);
        return;
      case "measure":
        this.#flush();
        reply(undefined);
        return;
      case "snapshot_size":
        this.#member.countSnapshotBytes(reply);
        return;
      case "heap":
        reply(heldBytes());
        return;
      default:
        unreachable(question);
    }
  }

  /** Production code and options, but for what the labs say of a log's length, and of isolated leaders that take commands. */
  #start(unusable: (found: Unusable) => void): { readonly member: Member; stop(): void } {
    const { program } = this.#settings;
    const [env, identity] = [this.#memberEnv(), identityOf(this.#settings)];
    if (program.kind === "log") {
      const options = memberOptions({ raft: { checkQuorum: false } });
      const member = startMember(env, identity, options, this.#recorder(program.compactEvery), unusable);
      return { member, stop: () => member.stop() };
    }
    const { replica, stop } =
      program.kind === "sharded"
        ? startSharded(env, identity, { ...program, masters: serversAt(this.#settings, program.masters) }, unusable)
        : services[program.kind].start(env, identity, program, unusable);
    return { member: replica.member, stop };
  }

  #openTransport(): FaultyTransport {
    const { transport, clock } = this.#env;
    const { place, seed, network } = this.#settings;
    const servers = serversOf(this.#settings);
    const self = present(servers[place], "a server is one of the run's");
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

  #recorder(compactEvery: number | undefined): Recorder {
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
    const { first = 1, applied = 0 } = this.#member.status() ?? {};
    const measures = { requests, bytes, logBytes: this.#member.logBytes, applied, droppedTo: first - 1, cpuMs: (user + system) / 1000 };
    this.#channel.send({ kind: "news", happenings, measures });
  }
}

/** The servers' ids by their places. */
export function serversOf({ addresses }: ChildSettings): ServerId[] {
  return addresses.map(serverAt);
}

function serversAt(settings: ChildSettings, places: readonly number[]): ServerId[] {
  const servers = serversOf(settings);
  return places.map((place) => present(servers[place], "a place is that of a server"));
}

function identityOf(settings: ChildSettings): Identity {
  const { program, place, addresses } = settings;
  const members = (program.kind === "log" ? undefined : program.members) ?? [...addresses.keys()];
  const own = { replica: replicaId(members.indexOf(place)), servers: serversAt(settings, members) };
  if (program.kind === "sharded") return { group: groupId(program.gid), creation: program.creation, ...own };
  return { group: program.kind === "log" ? groupId(1) : services[program.kind].group, creation: 1, ...own };
}
