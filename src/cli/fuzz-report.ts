import { faultNames } from "../sim/faults/catalog.ts";
import type { SeedResult } from "../sim/fuzz.ts";

/** How a seed is run again. */
export interface Replay {
  readonly scenario: string | undefined;
  readonly command: string;
}

const grouped = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");

const millis = (ms: number): string => `${Math.round(ms)}ms`;

/** What became of one seed, in a few lines. */
export function seedLines(result: SeedResult, replay: Replay): string[] {
  const { counts, settled, strikes, finding, verdict, stream } = result;
  const struck = Object.entries(strikes).map(([name, times]) => `${name} ${times}`);
  const lines = [
    `  ran ${millis(counts.simulatedMs)}: ${grouped(counts.events)} events, ${grouped(counts.packets)} packets, ${counts.terms} terms, ` +
      `${counts.restarts} restarts, ${counts.snapshots} snapshots`,
    `  clients: ${grouped(counts.proposed)} proposed, ${grouped(counts.committed)} committed, ${grouped(counts.acknowledged)} acknowledged, ` +
      `${grouped(counts.reads)} reads`,
    `  faults: ${struck.length === 0 ? "none" : struck.join(", ")}`,
  ];
  if (settled !== undefined)
    lines.push(`  settled: a leader after ${millis(settled.leaderMs)}, everybody equal after ${millis(settled.equalMs)}`);
  lines.push(`  stream ${stream}`);
  if (finding !== undefined) {
    lines.push(`  BROKEN ${finding.invariant} at ${millis(finding.atMs)}: ${finding.sentence}`);
    if (finding.stack !== undefined) lines.push(...finding.stack.split("\n").map((line) => `    ${line}`));
    lines.push(`  replay: ${replay.command}`);
  } else {
    lines.push(verdict === "ok" ? "  ok" : `  invalid: with ${counts.committed} committed it has shown nothing`);
  }
  return lines;
}

/** A seed that showed nothing, in one line. */
export function invalidLine({ seed, counts }: SeedResult): string {
  return `seed ${seed}: invalid, with ${counts.committed} committed it has shown nothing`;
}

/** One seed as a line of JSON. */
export function seedJson(result: SeedResult, replay: Replay): string {
  return JSON.stringify({ ...result, ...(replay.scenario === undefined ? {} : { scenario: replay.scenario }), replay: replay.command });
}

type Totals = Record<
  "simulatedMs" | "events" | "packets" | "committed" | "acknowledged" | "reads" | "restarts" | "snapshots" | "reopened",
  number
>;

/** What many seeds came to. */
export class FuzzSummary {
  readonly #first: number;
  readonly #count: number;
  readonly #strikes = new Map<string, number>();
  readonly #failures: string[] = [];
  #ok = 0;
  #invalid = 0;
  #broken = 0;
  readonly #totals: Totals = {
    simulatedMs: 0,
    events: 0,
    packets: 0,
    committed: 0,
    acknowledged: 0,
    reads: 0,
    restarts: 0,
    snapshots: 0,
    reopened: 0,
  };

  constructor(first: number, count: number) {
    this.#first = first;
    this.#count = count;
  }

  get broken(): number {
    return this.#broken;
  }

  /** Seeds in which enough happened. */
  get valid(): number {
    return this.#ok + this.#broken;
  }

  get line(): string {
    return `${this.#ok} ok, ${this.#broken} broken, ${this.#invalid} invalid`;
  }

  add(result: SeedResult, replay: Replay): void {
    if (result.verdict === "ok") this.#ok += 1;
    else if (result.verdict === "invalid") this.#invalid += 1;
    else {
      this.#broken += 1;
      this.#failures.push(replay.command);
    }
    for (const [name, times] of Object.entries(result.strikes)) this.#strikes.set(name, (this.#strikes.get(name) ?? 0) + times);
    for (const name of Object.keys(this.#totals) as (keyof Totals)[]) this.#totals[name] += result.counts[name];
  }

  /** `complete`: every kind of fault could have struck, so that those that did not are named too. */
  lines(cpu: string, complete: boolean): string[] {
    const { simulatedMs, events, committed, acknowledged, reads, restarts, snapshots, reopened } = this.#totals;
    const struck = this.#table(complete);
    const width = Math.max(0, ...struck.map(([name]) => name.length));
    const least = struck[struck.length - 1];
    return [
      ...struck.map(([name, times]) => `  ${name.padEnd(width)} ${grouped(times).padStart(9)}`),
      ...(complete && least !== undefined ? [`least of all struck: ${least[0]}, ${grouped(least[1])} times`] : []),
      `${grouped(Math.round(simulatedMs / 1000))} simulated seconds, ${grouped(events)} events, ${grouped(committed)} committed, ` +
        `${grouped(acknowledged)} acknowledged, ${grouped(reads)} reads, ${grouped(restarts)} restarts, ${grouped(snapshots)} snapshots, ` +
        `${grouped(reopened)} disks reopened`,
      `seeds ${this.#first} to ${this.#first + this.#count - 1}: ${this.line}, ${cpu} CPU`,
      ...this.#failures.map((command) => `replay: ${command}`),
    ];
  }

  json(cpu: string): string {
    const { first, count } = { first: this.#first, count: this.#count };
    const verdicts = { ok: this.#ok, broken: this.#broken, invalid: this.#invalid };
    const totals = { ...this.#totals, simulatedMs: Math.round(this.#totals.simulatedMs) };
    return JSON.stringify({
      first,
      count,
      ...verdicts,
      ...totals,
      strikes: Object.fromEntries(this.#table(true)),
      replays: this.#failures,
      cpu,
    });
  }

  /** Kinds of faults with how often each struck, the rarest last. */
  #table(complete: boolean): (readonly [string, number])[] {
    const names = new Set([...(complete ? faultNames : []), ...this.#strikes.keys()]);
    return [...names]
      .map((name) => [name, this.#strikes.get(name) ?? 0] as const)
      .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  }
}
