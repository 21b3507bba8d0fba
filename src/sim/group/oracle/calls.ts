import { equalBytes } from "../../../base/bytes.ts";
import type { ServerId } from "../../../base/ids.ts";
import type { LogIndex } from "../../../raft/types.ts";
import { type Answered, type Call, decodeAnswers, decodeCalls, packetKind } from "../../../rsm/client-wire.ts";
import { decodeRequest } from "../../../rsm/session/request.ts";
import type { Ledger } from "../../oracle/ledger.ts";
import { violate } from "../../oracle/violation.ts";
import { requestName, type SessionLaw } from "./session-law.ts";

/** What clients and servers have said to each other. */
export interface CallCounts {
  attempts: number;
  /** Attempts that a request had before. */
  retries: number;
  /** Calls that a server has taken in a second time. */
  doubled: number;
  /** Answers by which a replica says that it has lost the leadership over a call. */
  unknown: number;
}

/** Hears of a query that is answered with a result, and of what was committed when it had arrived. */
export type OnRead = (query: Uint8Array, asked: LogIndex) => void;

/**
 * Overhears clients and servers. What a server answers to a request is what the request came to in the log (C1, C2), and a read is
 * answered when everything is applied that was committed before the server had the question (R16).
 */
export class Calls {
  readonly counts: CallCounts = { attempts: 0, retries: 0, doubled: 0, unknown: 0 };
  readonly #ledger: Ledger;
  readonly #law: SessionLaw;
  /** By client and call: the requests that it is an attempt of. It is one, or a client has used the id of a call again. */
  readonly #names = new Map<string, string[]>();
  readonly #named = new Set<string>();
  /** By client and call: the questions, and what a query asks. */
  readonly #questions = new Map<string, Uint8Array | undefined>();
  readonly #onRead: OnRead | undefined;
  /** By server, client and call: what was committed when the question had arrived. */
  readonly #asked = new Map<string, LogIndex>();

  constructor(ledger: Ledger, law: SessionLaw, onRead?: OnRead) {
    this.#onRead = onRead;
    this.#ledger = ledger;
    this.#law = law;
  }

  /** A packet leaves; `applied` is how far the server that sends it is, if one does. */
  sent(from: ServerId, to: ServerId, packet: Uint8Array, applied: LogIndex | undefined): void {
    if (packetKind(packet) === "calls") for (const call of decodeCalls(packet).calls) this.#called(from, call);
    else for (const answered of decodeAnswers(packet).answers) this.#answered(from, to, answered, applied ?? 0);
  }

  /** Calls have reached the replica at a server. */
  arrived(at: ServerId, from: ServerId, calls: readonly Call[]): void {
    for (const { id } of calls) {
      const key = `${at} ${from} ${id}`;
      if (this.#asked.has(key)) this.counts.doubled += 1;
      else this.#asked.set(key, this.#ledger.commit);
    }
  }

  #called(client: ServerId, call: Call): void {
    const key = `${client} ${call.id}`;
    if (call.kind !== "request") {
      this.#questions.set(key, call.kind === "query" ? call.bytes : undefined);
      return;
    }
    const name = requestName(decodeRequest(call.bytes));
    this.counts.attempts += 1;
    if (this.#named.has(name)) this.counts.retries += 1;
    this.#named.add(name);
    this.#names.set(key, [...(this.#names.get(key) ?? []), name]);
  }

  #answered(server: ServerId, client: ServerId, { id, answer }: Answered, applied: LogIndex): void {
    if (answer.kind === "unknown") this.counts.unknown += 1;
    if (answer.kind !== "result" && answer.kind !== "lost") return;
    const key = `${client} ${id}`;
    const names = this.#names.get(key);
    if (this.#questions.has(key)) {
      if (names === undefined) this.#read(server, client, id, applied);
      return;
    }
    if (names === undefined) violate("C1", `${server} answers a call that ${client} has not made`);
    const results = names.flatMap((name) => this.#law.executed(name)?.result ?? []);
    const [name = ""] = names;
    const what = `command ${name.split(" ", 1)[0] ?? ""} of ${client}`;
    if (results.length === 0) violate("C1", `${server} answers ${what} as done, and nobody has executed it`);
    if (answer.kind === "result" && !results.some((result) => equalBytes(result, answer.bytes)))
      violate("C2", `${server} answers ${what} with another result than it had`);
  }

  /** Copies of a question arrive again: what was committed before the first of them counts. */
  #read(server: ServerId, client: ServerId, id: number, applied: LogIndex): void {
    const asked = this.#asked.get(`${server} ${client} ${id}`);
    if (asked === undefined) violate("R16", `${server} answers a question that it was not asked`);
    const query = this.#questions.get(`${client} ${id}`);
    if (query !== undefined) this.#onRead?.(query, asked);
    if (applied < asked) violate("R16", `${server} answers a read with its state at ${applied}; ${asked} was committed when it was asked`);
  }
}
