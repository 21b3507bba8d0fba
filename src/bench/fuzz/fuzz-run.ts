import { present } from "../../base/assert.ts";
import { Rng } from "../../base/rng.ts";
import { type CheckResult, checkHistory } from "../../check/check.ts";
import type { History } from "../../check/history.ts";
import type { RecordedCall } from "../../check/recorder.ts";
import type { LineRequest } from "../../client/line-request.ts";
import { BadResponse, parseResponse, requestLine } from "../../client/line-response.ts";
import type { Crowd, CrowdListener, MakeCrowd } from "../line/crowd.ts";
import { LineHistory } from "./recorded.ts";
import { FuzzDraw, type FuzzPlan } from "./workload.ts";

/** The operation that took longest. */
export interface Longest {
  readonly ms: number;
  readonly client: number;
  readonly line: string;
}

/** What a fuzz run came to. */
export interface FuzzResult {
  /** Sentences that say what went wrong, but for the history: a client that was lost, an answer that is none. */
  readonly failures: readonly string[];
  readonly checked: CheckResult;
  readonly history: History;
  /** How many operations of each kind were answered. */
  readonly counts: Readonly<Record<LineRequest["op"], number>>;
  /** How often each key of each client was named. */
  readonly keys: readonly (readonly number[])[];
  readonly longest: Longest | undefined;
  readonly ms: number;
}

/** Told how many operations have been asked and answered, of all that will be. */
export type FuzzProgress = (asked: number, answered: number, total: number) => void;

interface Asker {
  readonly draw: FuzzDraw;
  readonly frequency: number[];
  request: LineRequest | undefined;
  call: RecordedCall | undefined;
  askedAt: number;
}

/** Every client is asked this first, so that none is still starting when the run begins. No run writes this key. */
const firstRequest: LineRequest = { op: "GET", key: "begin" };

/**
 * Has clients do what the course's fuzzer does: each one thing after the other, all at once, on few keys. What they saw is judged by the
 * checker when all is done, or when something has gone wrong.
 */
export class FuzzRun implements CrowdListener {
  readonly #askers: readonly Asker[];
  readonly #total: number;
  readonly #progress: FuzzProgress;
  readonly #history = new LineHistory();
  readonly #counts = { PUT: 0, SWAP: 0, GET: 0, SCAN: 0, DELETE: 0 };
  readonly #crowd: Crowd;
  readonly #over: Promise<void>;
  readonly #failures: string[] = [];
  #end: () => void = () => {};
  #starting: number;
  #asked = 0;
  #answered = 0;
  #begun = performance.now();
  #longest: Longest | undefined;

  constructor(plan: FuzzPlan, makeCrowd: MakeCrowd, progress: FuzzProgress) {
    const rng = new Rng(plan.seed);
    this.#askers = Array.from({ length: plan.clients }, (_, client) => {
      const draw = new FuzzDraw(plan, client, rng);
      return { draw, frequency: draw.keys.map(() => 0), request: undefined, call: undefined, askedAt: 0 };
    });
    this.#total = plan.clients * plan.operations;
    this.#starting = plan.clients;
    this.#progress = progress;
    this.#over = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#crowd = makeCrowd(this);
  }

  /** Runs it, once. The clients are gone when it resolves. */
  async run(): Promise<FuzzResult> {
    for (const client of this.#askers.keys()) this.#crowd.ask(client, requestLine(firstRequest), false);
    await this.#over;
    const ms = performance.now() - this.#begun;
    if (this.#failures.length > 0) this.#crowd.kill();
    else this.#failures.push(...[await this.#crowd.stop()].filter((sentence) => sentence !== undefined));
    const history = this.#history.history();
    return {
      failures: this.#failures,
      checked: checkHistory(history),
      history,
      counts: this.#counts,
      keys: this.#askers.map(({ frequency }) => frequency),
      longest: this.#longest,
      ms,
    };
  }

  answered(client: number, bytes: Buffer): void {
    if (this.#failures.length > 0) return;
    const text = bytes.toString("utf8");
    if (this.#starting > 0) return this.#started(client, text);
    const asker = present(this.#askers[client], "an answer is that of a client");
    const request = present(asker.request, "an answer is one to a question");
    if (!this.#take(client, asker, request, text)) return undefined;
    this.#answered += 1;
    this.#progress(this.#asked, this.#answered, this.#total);
    if (this.#answered === this.#total) return this.#end();
    return this.#askNext(client, asker);
  }

  failed(sentence: string): void {
    this.#failures.push(sentence);
    this.#end();
  }

  #started(client: number, text: string): void {
    if (this.#parsed(client, firstRequest, text) === undefined) return;
    this.#starting -= 1;
    if (this.#starting > 0) return;
    this.#begun = performance.now();
    for (const [at, asker] of this.#askers.entries()) this.#askNext(at, asker);
  }

  #askNext(client: number, asker: Asker): void {
    if (this.#asked === this.#total) return;
    this.#asked += 1;
    const request = asker.draw.next();
    for (const key of request.op === "SCAN" ? [request.start, request.end] : [request.key]) {
      const at = asker.draw.keys.indexOf(key);
      asker.frequency[at] = (asker.frequency[at] ?? 0) + 1;
    }
    asker.request = request;
    asker.call = this.#history.asked(client, request);
    asker.askedAt = performance.now();
    this.#crowd.ask(client, requestLine(request), request.op === "SCAN");
  }

  /** Says whether the answer is one. */
  #take(client: number, asker: Asker, request: LineRequest, text: string): boolean {
    const answer = this.#parsed(client, request, text);
    if (answer === undefined) return false;
    this.#history.answered(present(asker.call, "a question is recorded"), answer);
    this.#counts[request.op] += 1;
    const ms = performance.now() - asker.askedAt;
    if (this.#longest === undefined || ms > this.#longest.ms) this.#longest = { ms, client, line: requestLine(request).trimEnd() };
    return true;
  }

  #parsed(client: number, request: LineRequest, text: string): ReturnType<typeof parseResponse> | undefined {
    try {
      return parseResponse(request, text);
    } catch (error) {
      if (!(error instanceof BadResponse)) throw error;
      this.failed(`The client ${client} has not kept to the protocol: ${error.message}.`);
      return undefined;
    }
  }
}
