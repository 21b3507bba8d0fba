import { assert } from "../base/assert.ts";
import type { Command, History, Operation, Outcome, Told } from "./history.ts";

/** An operation that has been called. It ends at most once; one that never does has an unknown outcome. */
export class RecordedCall {
  readonly #client: string;
  readonly #call: number;
  readonly #command: Command;
  #returned: number | undefined;
  #outcome: Outcome | undefined;

  constructor(client: string, call: number, command: Command) {
    this.#client = client;
    this.#call = call;
    this.#command = command;
  }

  /** The answer came. It tells as much as the client knows of it, and a scan's with `rows`; a put that was done may tell nothing. */
  answered(at: number, told: Told = {}): void {
    assert(at >= this.#call, "an answer comes at its call or later");
    this.#end(told);
    this.#returned = at;
  }

  /** It certainly changed nothing and never will: the checker leaves it out. */
  failed(): void {
    this.#end("failed");
  }

  /** Nobody knows: it may take effect at any time after its call, or never. To say nothing says the same. */
  unknown(): void {
    this.#end("unknown");
  }

  /** What is known of it by now. */
  operation(): Operation {
    const outcome = this.#outcome ?? "unknown";
    return { client: this.#client, call: this.#call, returned: this.#returned, command: this.#command, outcome };
  }

  #end(outcome: Outcome): void {
    assert(this.#outcome === undefined, "an operation ends once");
    this.#outcome = outcome;
  }
}

/**
 * Writes down what clients of the store do while they do it. Times are given by whoever records, on one clock for all clients: the
 * call's is taken before the request leaves, the answer's after it has come, so that an operation took effect between them.
 *
 *     const recorder = new HistoryRecorder();
 *     const call = recorder.call("a", clock.now(), { op: "append", key: textBytes("k"), value: textBytes("1") });
 *     call.answered(clock.now(), { value: null }); // or failed(), or unknown(), or nothing at all
 *     const { verdict } = checkHistory(recorder.history());
 */
export class HistoryRecorder {
  readonly #calls: RecordedCall[] = [];

  /** A client calls. It may have several operations on the way. */
  call(client: string, at: number, command: Command): RecordedCall {
    assert(Number.isFinite(at), "a call has a time");
    const call = new RecordedCall(client, at, command);
    this.#calls.push(call);
    return call;
  }

  /** How many operations have been called. */
  get size(): number {
    return this.#calls.length;
  }

  /** What has happened by now; what goes on afterwards does not change it. */
  history(): History {
    return { model: "store", operations: this.#calls.map((call) => call.operation()) };
  }
}
