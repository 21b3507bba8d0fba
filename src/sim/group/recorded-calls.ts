import type { Command, ModelName, History, Operation, Outcome } from "../../check/history.ts";
import type { Executed } from "./oracle/session-law.ts";

/** What is known of an operation that has been called. It ends once; one that never does stays unknown. */
export class RecordedCall {
  readonly client: string;
  readonly call: number;
  /** Of what changes something: its name as a request, once there was an attempt. */
  readonly name: (() => string | undefined) | undefined;
  command: Command;
  #returned: number | undefined;
  #outcome: Outcome = "unknown";

  constructor(client: string, call: number, command: Command, name: RecordedCall["name"]) {
    this.client = client;
    this.call = call;
    this.command = command;
    this.name = name;
  }

  get returned(): number | undefined {
    return this.#returned;
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  end(returned: number, outcome: Outcome): void {
    this.#returned = returned;
    this.#outcome = outcome;
  }
}

/** What the log says of a command that was executed and of which its client does not know. */
export type FromLog = (found: Executed) => Outcome;

/** What clients of a group have seen, written down for the checker. */
export class RecordedCalls {
  readonly #model: ModelName;
  readonly #fromLog: FromLog;
  readonly #calls: RecordedCall[] = [];

  constructor(model: ModelName, fromLog: FromLog) {
    this.#model = model;
    this.#fromLog = fromLog;
  }

  call(client: string, at: number, command: Command, name?: RecordedCall["name"]): RecordedCall {
    const recorded = new RecordedCall(client, at, command, name);
    this.#calls.push(recorded);
    return recorded;
  }

  /**
   * What clients saw, and of what they do not know, what the log says. With `tight`, commands take effect one after the other as
   * they stand in the log, at the moment when the first replica executes them: that is stricter, and leaves only reads to be searched.
   */
  history(executed: (name: string) => Executed | undefined, tight: boolean): History {
    const operations = this.#calls.map((recorded): Operation => {
      const { client, call, returned, command } = recorded;
      const request = recorded.name?.();
      const found = request === undefined ? undefined : executed(request);
      // A client knows that it was refused; whether that says anything of the state the log knows better.
      const outcome = found !== undefined && isRefused(recorded.outcome) ? this.#fromLog(found) : recorded.outcome;
      if (outcome === "unknown" && recorded.name !== undefined) return { client, command, ...this.#resolved(call, found, tight) };
      if (!tight || found === undefined || outcome === "failed") return { client, call, returned, command, outcome };
      const moment = momentOf(call, found);
      return { client, call: moment, returned: moment, command, outcome };
    });
    return { model: this.#model, operations };
  }

  /**
   * How a command of unknown outcome has ended. It may take effect at any time, which makes the search long; the log says whether it did,
   * and by when.
   */
  #resolved(call: number, found: Executed | undefined, tight: boolean): Pick<Operation, "call" | "returned" | "outcome"> {
    const outcome = found === undefined ? "failed" : this.#fromLog(found);
    if (found === undefined || outcome === "failed") return { call, returned: undefined, outcome: "failed" };
    const moment = momentOf(call, found);
    return { call: tight ? moment : call, returned: moment, outcome };
  }
}

function isRefused(outcome: Outcome): boolean {
  return typeof outcome !== "string" && outcome.refused === true;
}

/** When a command took effect; those of one moment follow each other as in the log. */
function momentOf(call: number, { atMs, index }: Executed): number {
  return Math.max(call, atMs + index * 1e-9);
}
