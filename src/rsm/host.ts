import { assert } from "../base/assert.ts";
import { Malformed } from "../base/codec.ts";
import type { GroupId, ServerId } from "../base/ids.ts";
import type { Env } from "../env/env.ts";
import type { Member } from "./member.ts";
import { decodePacket, type Header, type Packet } from "./wire.ts";

/** A process's replicas behind its one transport: finds for every packet the member it is for, and lets nothing else through. */
export class Host {
  readonly #env: Env;
  readonly #members = new Map<GroupId, Member>();

  constructor(env: Env) {
    this.#env = env;
    env.transport.onPacket((from, packet) => this.#receive(from, packet));
  }

  /** Adds a replica; a host has at most one of each group. */
  add(member: Member): void {
    const { group } = member.identity;
    assert(!this.#members.has(group), "a host has one replica of a group");
    this.#members.set(group, member);
  }

  member(group: GroupId): Member | undefined {
    return this.#members.get(group);
  }

  #receive(from: ServerId, bytes: Uint8Array): void {
    const packet = this.#decode(from, bytes);
    if (packet === undefined) return;
    const member = this.#members.get(packet.header.group);
    const refusal = refuse(from, packet.header, member);
    if (refusal !== undefined) this.#refused(from, refusal);
    else member?.receive(packet);
  }

  #decode(from: ServerId, bytes: Uint8Array): Packet | undefined {
    try {
      return decodePacket(bytes);
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
