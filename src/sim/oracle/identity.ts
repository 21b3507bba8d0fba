import type { Header, Packet } from "../../rsm/wire.ts";
import { violate } from "./violation.ts";
import type { Watched } from "./watched.ts";

/** Who belongs to a group, as its creator has said. */
export interface GroupIdentity {
  readonly group: number;
  readonly creation: number;
}

/** Who speaks, and whether he may: R22 (rules I1 and I2). */
export class Identities {
  readonly #servers: readonly Watched[];
  readonly #group: GroupIdentity;
  /** By replica and then by the member that durably pinned it: every incarnation that it ever pinned. */
  readonly #pinned: readonly Set<number>[][];
  /** The incarnation of each replica that takes part. */
  readonly #admitted: (number | undefined)[];
  /** The directory of the present life. */
  readonly #incarnations: (number | undefined)[];

  constructor(servers: readonly Watched[], group: GroupIdentity) {
    this.#servers = servers;
    this.#group = group;
    this.#pinned = servers.map(() => servers.map(() => new Set<number>()));
    this.#admitted = servers.map(() => undefined);
    this.#incarnations = servers.map(() => undefined);
  }

  /** The server's process begins anew, perhaps on another directory. */
  started(server: Watched): void {
    this.#incarnations[server.at] = undefined;
  }

  /** Pins have changed on a disk. */
  stored(server: Watched): void {
    const { repinned } = server.disk;
    if (repinned !== undefined) violate("R22", `${server.name} has replaced its pin of ${server.nameOf(repinned)}`);
    for (const [replica, incarnation] of server.disk.pins) {
      const known = this.#pinned[replica]?.[server.at];
      if (known === undefined) violate("R22", `${server.name} pins ${server.nameOf(replica)}, which is no member`);
      known.add(incarnation);
    }
  }

  /** A disk records that its own incarnation is admitted. */
  admitted(server: Watched): void {
    const { admitted } = server.disk;
    if (admitted !== undefined) this.#mayTakePart(server, admitted, "is admitted");
  }

  sent(server: Watched, to: number, { header, payload }: Packet): void {
    this.#header(server, to, header);
    const { kind } = payload;
    if (kind !== "hello" && kind !== "pinned" && kind !== "unknown") this.#mayTakePart(server, header.incarnation, "takes part");
  }

  #header(server: Watched, to: number, header: Header): void {
    const { group, creation } = this.#group;
    if (header.group !== group || header.creation !== creation || header.from !== server.at || header.to !== to)
      violate("R22", `${server.name} sends ${server.nameOf(to)} a packet in the name of replica ${header.from} of group ${header.group}`);
    const own = (this.#incarnations[server.at] ??= server.cells().incarnation);
    if (header.incarnation !== own)
      violate("R22", `${server.name} speaks for incarnation ${header.incarnation}, and its directory is ${String(own)}`);
  }

  #mayTakePart(server: Watched, incarnation: number, what: string): void {
    const known = this.#admitted[server.at];
    if (known === incarnation) return;
    if (known !== undefined) violate("R22", `${server.name} ${what} from an emptied directory`);
    for (const other of this.#servers) {
      if (other === server || this.#pinned[server.at]?.[other.at]?.has(incarnation) === true) continue;
      violate("R22", `${server.name} ${what}, and ${other.name} has not durably pinned its incarnation`);
    }
    this.#admitted[server.at] = incarnation;
  }
}
