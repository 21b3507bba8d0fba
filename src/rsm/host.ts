import { assert } from "../base/assert.ts";
import { Malformed } from "../base/codec.ts";
import type { GroupId, ServerId } from "../base/ids.ts";
import type { Env } from "../env/env.ts";
import { type Answered, type Call, decodeAnswers, decodeCalls, packetKind } from "./client-wire.ts";
import { decodeInquiry, decodeReports, encodeReports, reportOf, type Reports } from "./inquiry.ts";
import type { Member } from "./member.ts";
import { decodePacket, type Header } from "./wire.ts";

/** What serves a group's clients in this process. */
export interface GroupService {
  receive(from: ServerId, calls: readonly Call[]): void;
}

/** What asks a group for something in this process. */
export interface GroupCaller {
  receive(from: ServerId, answers: readonly Answered[]): void;
}

/** What asks servers who they are. */
export interface Asker {
  receive(from: ServerId, reports: Reports): void;
}

/**
 * A process's replicas, and its clients of groups, behind its one transport: finds for every packet whom it is for, and lets nothing
 * else through. A process that is only a client has one too.
 */
export class Host {
  readonly #env: Pick<Env, "transport" | "trace">;
  readonly #members = new Map<GroupId, Member>();
  readonly #services = new Map<GroupId, GroupService>();
  readonly #callers = new Map<GroupId, GroupCaller>();
  #asker: Asker | undefined;

  constructor(env: Pick<Env, "transport" | "trace">) {
    this.#env = env;
    env.transport.onPacket((from, packet) => this.#receive(from, packet));
  }

  /** Adds a replica, and what it has for clients; a host has at most one of each group. */
  add(member: Member, service?: GroupService): void {
    const { group } = member.identity;
    assert(!this.#members.has(group), "a host has one replica of a group");
    this.#members.set(group, member);
    if (service !== undefined) this.#services.set(group, service);
  }

  /** Adds what hears the answers of a group; a host has at most one for each. */
  addCaller(group: GroupId, caller: GroupCaller): void {
    assert(!this.#callers.has(group), "a host asks a group in one place");
    this.#callers.set(group, caller);
  }

  /** Sets what hears the answers of servers that were asked who they are. */
  setAsker(asker: Asker): void {
    this.#asker = asker;
  }

  member(group: GroupId): Member | undefined {
    return this.#members.get(group);
  }

  #receive(from: ServerId, bytes: Uint8Array): void {
    switch (packetKind(bytes)) {
      case "calls":
        this.#receiveCalls(from, bytes);
        return;
      case "answers":
        this.#receiveAnswers(from, bytes);
        return;
      case "inquiry":
        this.#receiveInquiry(from, bytes);
        return;
      case "reports":
        this.#receiveReports(from, bytes);
        return;
      case "member":
        this.#receivePacket(from, bytes);
    }
  }

  #receivePacket(from: ServerId, bytes: Uint8Array): void {
    const packet = this.#decoded(from, bytes, decodePacket);
    if (packet === undefined) return;
    const member = this.#members.get(packet.header.group);
    const refusal = refuse(from, packet.header, member);
    if (refusal !== undefined) this.#refused(from, refusal);
    else member?.receive(packet);
  }

  #receiveCalls(from: ServerId, bytes: Uint8Array): void {
    const packet = this.#decoded(from, bytes, decodeCalls);
    if (packet === undefined) return;
    const service = this.#services.get(packet.group);
    if (service === undefined) this.#refused(from, `no replica of group ${packet.group} serves clients here`);
    else service.receive(from, packet.calls);
  }

  #receiveAnswers(from: ServerId, bytes: Uint8Array): void {
    const packet = this.#decoded(from, bytes, decodeAnswers);
    if (packet === undefined) return;
    const caller = this.#callers.get(packet.group);
    if (caller === undefined) this.#refused(from, `nobody here asks group ${packet.group}`);
    else caller.receive(from, packet.answers);
  }

  /** Tells anybody which replicas are here, in the order of their groups. */
  #receiveInquiry(from: ServerId, bytes: Uint8Array): void {
    const id = this.#decoded(from, bytes, decodeInquiry);
    if (id === undefined) return;
    const members = [...this.#members.values()].toSorted((a, b) => a.identity.group - b.identity.group);
    this.#env.transport.send(from, encodeReports({ id, reports: members.map((member) => reportOf(member)) }));
  }

  #receiveReports(from: ServerId, bytes: Uint8Array): void {
    const reports = this.#decoded(from, bytes, decodeReports);
    if (reports !== undefined) this.#asker?.receive(from, reports);
  }

  #decoded<T>(from: ServerId, bytes: Uint8Array, decode: (bytes: Uint8Array) => T): T | undefined {
    try {
      return decode(bytes);
    } catch (error) {
      // Only bad input ends here; a broken invariant goes on its way and stops the process.
      if (!(error instanceof Malformed)) throw error;
      this.#refused(from, error.message);
      return undefined;
    }
  }

  #refused(from: ServerId, why: string): void {
    this.#env.trace("host: refused a packet", { from, why });
  }
}

/** Why a well-formed packet is not for any replica here; undefined when it is. */
function refuse(from: ServerId, header: Header, member: Member | undefined): string | undefined {
  if (member === undefined) return `no replica of group ${header.group} is here`;
  const { creation, replica, servers } = member.identity;
  if (header.creation !== creation) return `another group with the number ${header.group}`;
  if (header.to !== replica) return `for replica ${header.to}, and this is replica ${replica}`;
  if (header.from === replica || servers[header.from] === undefined)
    return `replica ${header.from} is not another member of group ${header.group}`;
  if (servers[header.from] !== from) return `replica ${header.from} does not live at ${from}`;
  return undefined;
}
