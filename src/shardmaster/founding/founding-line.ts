import { Malformed } from "../../base/codec.ts";
import type { Cancel } from "../../env/clock.ts";
import type { GroupClient } from "../../rsm/caller/group-client.ts";
import type { ClientSession } from "../../rsm/caller/operation.ts";
import { decodeFounding, encodeFoundingQuery, encodeRegister, type Founding, type Register } from "./wire.ts";

/** How long a question waits for its answer before it is given up, and asked anew. */
const deadlineMs = 2000;

/** What servers of founding groups ask the shardmaster. */
export class FoundingLine {
  readonly #client: GroupClient;
  readonly #session: () => ClientSession;

  /** A session for each registration: a shardmaster that has forgotten everything knows nothing of an older one. */
  constructor(client: GroupClient, session: () => ClientSession) {
    this.#client = client;
    this.#session = session;
  }

  /** `done` hears undefined when there is no answer, and a sentence when what answers has no founding groups. */
  founding(done: (answer: Founding | string | undefined) => void): Cancel {
    return this.#client.query(encodeFoundingQuery(), deadlineMs, (ending) => {
      if (ending.kind === "result") done(read(ending.bytes));
      else done(ending.kind === "refused" ? ending.refusal.detail : undefined);
    });
  }

  /** Whether it was done is seen when the founding is asked for again. */
  register(who: Omit<Register, "op">, done: () => void): Cancel {
    return this.#client.execute(this.#session().operation(0, encodeRegister(who)), deadlineMs, () => done());
  }
}

function read(bytes: Uint8Array): Founding | string {
  try {
    return decodeFounding(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return error.message;
  }
}
