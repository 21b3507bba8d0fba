import { faultNames } from "../sim/faults/catalog.ts";
import { type FuzzKind, grouped, type SeedReport, told } from "./fuzz-kinds.ts";

/** How a seed is run again. */
export interface Replay {
  readonly scenario: string | undefined;
  readonly command: string;
}

const millis = (ms: number): string => `${Math.round(ms)}ms`;

/** What became of one seed, in a few lines. */
export function seedLines(kind: FuzzKind, result: SeedReport, replay: Replay): string[] {
  const { counts, settled, strikes, finding, verdict, stream } = result;
  const struck = Object.entries(strikes).map(([name, times]) => `${name} ${times}`);
  const lines = [...kind.lines(counts).map((line) => `  ${line}`), `  faults: ${struck.length === 0 ? "none" : struck.join(", ")}`];
  if (settled !== undefined)
    lines.push(`  settled: a leader after ${millis(settled.leaderMs)}, everybody equal after ${millis(settled.equalMs)}`);
  lines.push(`  stream ${stream}`);
  if (finding !== undefined) {
    lines.push(`  BROKEN ${finding.invariant} at ${millis(finding.atMs)}: ${finding.sentence}`);
    if (finding.stack !== undefined) lines.push(...finding.stack.split("\n").map((line) => `    ${line}`));
    lines.push(`  replay: ${replay.command}`);
  } else {
    lines.push(verdict === "ok" ? "  ok" : `  invalid: ${whyInvalid(result)}`);
  }
  return lines;
}

/** A seed that showed nothing, in one line. */
export function invalidLine(result: SeedReport): string {
  return `seed ${result.seed}: invalid, ${whyInvalid(result)}`;
}

function whyInvalid({ why, counts }: SeedReport): string {
  return why ?? `with ${counts["committed"] ?? 0} committed it has shown nothing`;
}

/** One seed as a line of JSON. */
export function seedJson(result: SeedReport, replay: Replay): string {
  return JSON.stringify({ ...result, ...(replay.scenario === undefined ? {} : { scenario: replay.scenario }), replay: replay.command });
}

/** What many seeds came to. */
export class FuzzSummary {
  readonly #first: number;
  readonly #count: number;
  readonly #strikes = new Map<string, number>();
  readonly #failures: string[] = [];
  #ok = 0;
  #invalid = 0;
  #broken = 0;
  readonly #kind: FuzzKind;
  /** By the name of what is counted. */
  readonly #totals: Record<string, number>;

  constructor(kind: FuzzKind, first: number, count: number) {
    this.#kind = kind;
    this.#totals = Object.fromEntries(["simulatedMs", "events", ...kind.totals].map((name) => [name, 0]));
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

  add(result: SeedReport, replay: Replay): void {
    if (result.verdict === "ok") this.#ok += 1;
    else if (result.verdict === "invalid") this.#invalid += 1;
    else {
      this.#broken += 1;
      this.#failures.push(replay.command);
    }
    for (const [name, times] of Object.entries(result.strikes)) this.#strikes.set(name, (this.#strikes.get(name) ?? 0) + times);
    for (const name of Object.keys(this.#totals)) this.#totals[name] = (this.#totals[name] ?? 0) + (result.counts[name] ?? 0);
  }

  /** `complete`: every kind of fault could have struck, so that those that did not are named too. */
  lines(cpu: string, complete: boolean): string[] {
    const { simulatedMs = 0, ...totals } = this.#totals;
    const struck = this.#table(complete);
    const width = Math.max(0, ...struck.map(([name]) => name.length));
    const least = struck[struck.length - 1];
    return [
      ...struck.map(([name, times]) => `  ${name.padEnd(width)} ${grouped(times).padStart(9)}`),
      ...(complete && least !== undefined ? [`least of all struck: ${least[0]}, ${grouped(least[1])} times`] : []),
      `${grouped(Math.round(simulatedMs / 1000))} simulated seconds, ${told(totals, ["events", ...this.#kind.totals])}`,
      `seeds ${this.#first} to ${this.#first + this.#count - 1}: ${this.line}, ${cpu} CPU`,
      ...this.#failures.map((command) => `replay: ${command}`),
    ];
  }

  json(cpu: string): string {
    const { first, count } = { first: this.#first, count: this.#count };
    const verdicts = { ok: this.#ok, broken: this.#broken, invalid: this.#invalid };
    const totals = { ...this.#totals, simulatedMs: Math.round(this.#totals["simulatedMs"] ?? 0) };
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
