import type { Trace, TraceFields } from "../../base/trace.ts";
import type { Clock } from "../../env/clock.ts";

/** Traces some of what strangers can cause as often as they like, and says how much of it was left out. */
export class TraceLimit {
  readonly #trace: Trace;
  readonly #clock: Clock;
  readonly #perSecondMax: number;
  readonly #kinds = new Map<string, { since: number; traced: number; leftOut: number }>();

  constructor(trace: Trace, clock: Clock, perSecondMax: number) {
    this.#trace = trace;
    this.#clock = clock;
    this.#perSecondMax = perSecondMax;
  }

  /** As `Trace`. `name` is one of few. */
  trace(name: string, fields: TraceFields): void {
    const now = this.#clock.now();
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      kind = { since: now, traced: 0, leftOut: 0 };
      this.#kinds.set(name, kind);
    }
    const { leftOut } = kind;
    if (now - kind.since >= 1_000) Object.assign(kind, { since: now, traced: 0, leftOut: 0 });
    if (kind.traced >= this.#perSecondMax) {
      kind.leftOut += 1;
      return;
    }
    kind.traced += 1;
    this.#trace(name, kind.traced === 1 && leftOut > 0 ? { ...fields, leftOut } : fields);
  }
}
