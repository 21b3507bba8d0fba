import { Malformed } from "../../base/codec.ts";
import type { GroupClient } from "../../rsm/caller/group-client.ts";
import type { ClientSession } from "../../rsm/caller/operation.ts";
import type { BirthAnswer, BirthClaim } from "../../shardmaster/births.ts";
import { encodeMasterCommand } from "../../shardmaster/commands.ts";
import type { Group } from "../../shardmaster/config.ts";
import { encodeMasterQuery, type MasterQuery } from "../../shardmaster/queries.ts";
import { type ConfigResult, decodeMasterResult, type MasterResult, type NewerResult } from "../../shardmaster/results.ts";
import type { ClusterShape } from "../../shardmaster/shape.ts";

/** How long a question waits for its answer before it is given up, and perhaps asked anew. */
const deadlineMs = 2000;

/** What a group asks the shardmaster. Who does not get an answer hears of nothing. */
export class MasterLine {
  readonly #client: GroupClient;
  readonly #session: ClientSession;

  constructor(client: GroupClient, session: ClientSession) {
    this.#client = client;
    this.#session = session;
  }

  config(number: number, done: (result: ConfigResult | undefined) => void): void {
    this.#query({ op: "config", number }, (result) => done(result?.op === "config" ? result : undefined));
  }

  /** The latest configuration, if its number is above `than`. */
  newer(than: number, done: (result: NewerResult | undefined) => void): void {
    this.#query({ op: "newer", than }, (result) => done(result?.op === "newer" ? result : undefined));
  }

  shape(done: (shape: ClusterShape | undefined) => void): void {
    this.#query({ op: "shape" }, (result) => done(result?.op === "shape" ? result.shape : undefined));
  }

  births(group: Group, claims: readonly BirthClaim[], done: (answer: BirthAnswer | undefined) => void): void {
    const operation = this.#session.operation(0, encodeMasterCommand({ op: "births", group, claims }));
    this.#client.execute(operation, deadlineMs, (outcome) => {
      const result = outcome.kind === "result" ? read(outcome.bytes) : undefined;
      done(result?.op === "births" ? result.answer : undefined);
    });
  }

  #query(query: MasterQuery, done: (result: MasterResult | undefined) => void): void {
    this.#client.query(encodeMasterQuery(query), deadlineMs, (ending) => done(ending.kind === "result" ? read(ending.bytes) : undefined));
  }
}

function read(bytes: Uint8Array): MasterResult | undefined {
  try {
    const result = decodeMasterResult(bytes);
    return result.ok ? result : undefined;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return undefined;
  }
}
