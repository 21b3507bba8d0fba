import { assert, present } from "../../src/base/assert.ts";
import { groupId, serverId } from "../../src/base/ids.ts";
import type { Refused } from "../../src/rsm/state/state-machine.ts";
import { encodeMasterCommand, type MasterCommand } from "../../src/shardmaster/commands.ts";
import type { Config, Group } from "../../src/shardmaster/config.ts";
import type { MasterLimits } from "../../src/shardmaster/limits.ts";
import { MasterMachine } from "../../src/shardmaster/master-machine.ts";
import type { PartitionerSpec } from "../../src/shardmaster/partitioner.ts";
import { encodeMasterQuery, latestNumber, type MasterQuery } from "../../src/shardmaster/queries.ts";
import { type ConfigResult, decodeMasterResult, type MasterResult } from "../../src/shardmaster/results.ts";
import { MemoryState } from "../shardkv/memory-state.ts";

/** A group of that number with servers that no other number has. */
export function group(gid: number, creation: number = 1, servers: readonly string[] = [`s${gid}a`, `s${gid}b`, `s${gid}c`]): Group {
  return { gid: groupId(gid), creation, servers: servers.map(serverId) };
}

/** A machine with its state: everything passes through the bytes that clients and servers exchange. */
export class Master {
  readonly machine: MasterMachine;
  readonly state: MemoryState = new MemoryState();

  /** Initialised, unless there are 0 shards. */
  constructor(shards: number = 10, limits: Partial<MasterLimits> = {}) {
    this.machine = new MasterMachine(limits);
    if (shards > 0) this.init(shards);
  }

  /** What a client that sends this command gets. */
  run(command: MasterCommand): MasterResult | Refused {
    return this.runBytes(encodeMasterCommand(command));
  }

  runBytes(bytes: Uint8Array): MasterResult | Refused {
    const decoded = this.machine.decodeCommand(bytes);
    if (!decoded.ok) return decoded;
    return decodeMasterResult(this.machine.execute(0, decoded.value, this.state));
  }

  ask(query: MasterQuery): MasterResult | Refused {
    const answer = this.askBytes(query);
    return answer instanceof Uint8Array ? decodeMasterResult(answer) : answer;
  }

  /** As it leaves the machine. */
  askBytes(query: MasterQuery): Uint8Array | Refused {
    const decoded = this.machine.decodeQuery(encodeMasterQuery(query));
    if (!decoded.ok) return decoded;
    const answers: (Uint8Array | Refused)[] = [];
    this.machine.query(decoded.value, this.state.view(), (result) => answers.push(result));
    assert(answers.length === 1, "a query is answered once");
    return present(answers[0], "an answer");
  }

  init(shards: number, partitioner: PartitionerSpec = { kind: "hash" }, cluster: string = "test"): MasterResult | Refused {
    return this.run({ op: "init", cluster, shards, partitioner });
  }

  join(...groups: readonly (Group | number)[]): MasterResult | Refused {
    return this.run({ op: "join", groups: groups.map((given) => (typeof given === "number" ? group(given) : given)) });
  }

  leave(...gids: readonly number[]): MasterResult | Refused {
    return this.run({ op: "leave", gids: gids.map(groupId) });
  }

  move(shard: number, gid: number): MasterResult | Refused {
    return this.run({ op: "move", shard, gid: groupId(gid) });
  }

  config(number: number = latestNumber): Config {
    return this.answer(number).config;
  }

  answer(number: number = latestNumber): ConfigResult {
    const result = this.ask({ op: "config", number });
    assert(result.ok && result.op === "config", `a configuration is answered: ${JSON.stringify(result)}`);
    return result;
  }

  /** How many rows are read for the answer. */
  readsFor(number: number): number {
    let reads = 0;
    const view = this.state.view();
    const get = view.get.bind(view);
    view.get = (key) => {
      reads += 1;
      return get(key);
    };
    this.machine.query({ op: "config", number }, view, () => undefined);
    return reads;
  }

  /** Who owns each shard in the latest configuration, or in that one. */
  owners(number: number = latestNumber): number[] {
    return this.config(number).shards.map(({ gid }) => gid);
  }
}

export const changed = (number: number): MasterResult => ({ ok: true, op: "changed", number, changed: true });
export const unchanged = (number: number): MasterResult => ({ ok: true, op: "changed", number, changed: false });
