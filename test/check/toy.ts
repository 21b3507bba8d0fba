import { unreachable } from "../../src/base/assert.ts";
import type { Rng } from "../../src/base/rng.ts";
import { textBytes } from "../../src/check/byte-string.ts";
import type { StoreCommand, History, Told } from "../../src/check/history.ts";
import { HistoryRecorder, type RecordedCall } from "../../src/check/recorder.ts";
import { NaiveStore } from "./naive.ts";

/** What a server can do wrong, each of them well known. */
export const toyBugs = ["stale-reads", "retries-done-twice", "writes-lost-in-a-crash", "refused-writes-done"] as const;
export type ToyBug = (typeof toyBugs)[number];

const clients = 4;
const operationsOfClient = 15;
const triesMax = 3;
const timeoutMs = 15;
const lossChance = 0.1;

/** One server in memory. It answers a request that comes again as it did before, is overloaded now and then, and crashes once. */
class ToyServer {
  readonly #rng: Rng;
  readonly #bug: ToyBug | undefined;
  readonly #answers = new Map<object, Told>();
  readonly #crashAt: number;
  #store = new NaiveStore("store");
  /** How it was a while ago: what a bug reads from, or falls back to. */
  #past = this.#store.copy();
  #crashed = false;

  constructor(rng: Rng, bug: ToyBug | undefined) {
    this.#rng = rng;
    this.#bug = bug;
    this.#crashAt = rng.int(50, 150);
  }

  /** Answers a request; undefined refuses it. */
  handle(now: number, request: object, command: StoreCommand): Told | undefined {
    if (now >= this.#crashAt && !this.#crashed) {
      this.#crashed = true;
      if (this.#bug === "writes-lost-in-a-crash") this.#store = this.#past.copy();
    }
    if (this.#rng.chance(0.1)) this.#past = this.#store.copy();
    if (this.#rng.chance(0.1)) {
      if (this.#bug === "refused-writes-done") this.#store.execute(command);
      return undefined;
    }
    const known = this.#answers.get(request);
    if (known !== undefined && this.#bug !== "retries-done-twice") return known;
    const isStale = this.#bug === "stale-reads" && command.op === "get" && this.#rng.chance(0.5);
    const told = asked(command, (isStale ? this.#past : this.#store).execute(command));
    this.#answers.set(request, told);
    return told;
  }
}

/** What an operation tells of all that could be told. */
function asked({ op }: StoreCommand, { value = null, existed = false, done = false, version = 0, rows = [] }: Told): Told {
  switch (op) {
    case "get":
    case "append":
    case "swap":
      return { value };
    case "put":
    case "delete":
      return { existed };
    case "cas":
      return { done };
    case "put_version":
      return { done, version };
    case "scan":
      return { rows };
    default:
      return unreachable(op);
  }
}

/** A run of the server and its clients, who try again what nobody answers, over a network that loses and delays, as it was recorded. */
export function toyRun(rng: Rng, bug: ToyBug | undefined): History {
  return new ToyRun(rng, bug).history();
}

/** One try of an operation. */
interface Try {
  readonly name: string;
  readonly left: number;
  readonly call: RecordedCall;
  readonly command: StoreCommand;
  readonly number: number;
  isOver: boolean;
}

class ToyRun {
  readonly #rng: Rng;
  readonly #server: ToyServer;
  readonly #recorder = new HistoryRecorder();
  readonly #events: { readonly at: number; readonly run: () => void }[] = [];
  #now = 0;

  constructor(rng: Rng, bug: ToyBug | undefined) {
    this.#rng = rng;
    this.#server = new ToyServer(rng, bug);
  }

  history(): History {
    for (let number = 1; number <= clients; number += 1) this.#next(`c${number}`, operationsOfClient);
    while (this.#events.length > 0) {
      const first = Math.min(...this.#events.map(({ at }) => at));
      const [event] = this.#events.splice(
        this.#events.findIndex(({ at }) => at === first),
        1,
      );
      this.#now = first;
      event?.run();
    }
    return this.#recorder.history();
  }

  #later(ms: number, run: () => void): void {
    this.#events.push({ at: this.#now + ms, run });
  }

  #next(name: string, left: number): void {
    if (left === 0) return;
    const command = randomCommand(this.#rng, `${name}${left}.`);
    this.#attempt({ name, left, command, call: this.#recorder.call(name, this.#now, command), number: 1, isOver: false });
  }

  #attempt(attempt: Try): void {
    const delay = this.#rng.chance(0.1) ? this.#rng.int(10, 60) : this.#rng.int(1, 5);
    if (!this.#rng.chance(lossChance)) this.#later(delay, () => this.#arrive(attempt));
    this.#later(timeoutMs, () => {
      if (attempt.isOver) return;
      attempt.isOver = true;
      if (attempt.number < triesMax) this.#attempt({ ...attempt, number: attempt.number + 1, isOver: false });
      else this.#end(attempt, () => attempt.call.unknown());
    });
  }

  #arrive(attempt: Try): void {
    const told = this.#server.handle(this.#now, attempt.call, attempt.command);
    if (this.#rng.chance(lossChance)) return;
    this.#later(this.#rng.int(1, 5), () => {
      if (attempt.isOver) return;
      attempt.isOver = true;
      if (told !== undefined) this.#end(attempt, () => attempt.call.answered(this.#now, told));
      // What was sent before may still be on its way.
      else this.#end(attempt, () => (attempt.number === 1 ? attempt.call.failed() : attempt.call.unknown()));
    });
  }

  #end({ name, left }: Try, record: () => void): void {
    record();
    this.#later(this.#rng.int(0, 5), () => this.#next(name, left - 1));
  }
}

function randomCommand(rng: Rng, value: string): StoreCommand {
  const key = textBytes(`k${rng.int(1, 2)}`);
  const bytes = textBytes(value);
  const kind = rng.int(0, 11);
  if (kind < 5) return { op: "get", key };
  if (kind < 7) return { op: "append", key, value: bytes };
  if (kind === 7) return { op: "put", key, value: bytes };
  if (kind === 8) return { op: "swap", key, value: bytes };
  if (kind === 9) return rng.chance(0.5) ? { op: "delete", key } : { op: "cas", key, expected: null, value: bytes };
  if (kind === 10) return { op: "put_version", key, version: rng.int(0, 2), value: bytes };
  return { op: "scan", from: textBytes("k1"), limit: rng.int(1, 3) };
}
