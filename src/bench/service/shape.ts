import type { CommandWords } from "../line/client-process.ts";

/** The service of a project of MadKV. P2 has one manager and servers without replicas; P3 replicates both. */
export interface ServiceShape {
  readonly project: "p2" | "p3";
  readonly partitions: number;
  /** Replicas of each partition. */
  readonly rf: number;
  readonly managers: number;
}

/** How many ports a service listens on. */
export function portsOf({ project, partitions, rf, managers }: ServiceShape): number {
  return (managers + partitions * rf) * (project === "p2" ? 1 : 2);
}

/** Where the nodes of a service are: ports of this machine, in the order of `portsOf`. */
export class ServicePlan {
  readonly shape: ServiceShape;
  /** By replica. */
  readonly managers: readonly string[];
  /** By partition, then by replica. */
  readonly servers: readonly string[];
  readonly #managerPeers: readonly string[];
  readonly #serverPeers: readonly string[];

  constructor(shape: ServiceShape, ports: readonly number[]) {
    this.shape = shape;
    const addresses = ports.map((port) => `127.0.0.1:${port}`);
    const replicas = shape.partitions * shape.rf;
    const take = (count: number): string[] => addresses.splice(0, count);
    this.managers = take(shape.managers);
    this.servers = take(replicas);
    this.#managerPeers = take(shape.managers);
    this.#serverPeers = take(replicas);
  }

  /** The names of all nodes, the managers' first. */
  get nodes(): string[] {
    const { project, managers, partitions, rf } = this.shape;
    if (project === "p2") return ["m", ...Array.from({ length: partitions }, (_, partition) => `s${partition}`)];
    const masters = Array.from({ length: managers }, (_, replica) => `m.${replica}`);
    return [...masters, ...Array.from({ length: partitions * rf }, (_, at) => `s${Math.floor(at / rf)}.${at % rf}`)];
  }

  /** The node that is this replica of a partition. */
  server(partition: number, replica: number): string {
    return this.shape.project === "p2" ? `s${partition}` : `s${partition}.${replica}`;
  }

  /** The words behind `kvorum` that start a node, with its data under `prefix`. */
  nodeWords(node: string, prefix: string): string[] {
    const { project, rf } = this.shape;
    if (project === "p2") return ["madkv", "p2", "service", node, list(this.managers), list(this.servers), prefix];
    const peers = [list(this.#managerPeers), String(rf), list(this.servers), list(this.#serverPeers)];
    return ["madkv", "p3", "service", node, list(this.managers), ...peers, prefix];
  }

  /** The words behind `kvorum` that start a client. */
  get clientWords(): string[] {
    return ["madkv", this.shape.project, "client", this.managers.join(",")];
  }
}

function list(addresses: readonly string[]): string {
  return addresses.join(",");
}

/** The command that runs `kvorum` with these words: this program itself, or another build of it. */
export type KvorumCommand = (words: readonly string[]) => CommandWords;
