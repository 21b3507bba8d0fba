import { unreachable } from "../../src/base/assert.ts";
import type { Ending, Outcome } from "../../src/rsm/caller/operation.ts";
import type { Shard } from "../../src/rsm/state/state-machine.ts";
import { placeOf, tokensOf } from "./append-machine.ts";

/** A command from its call to its end, if it has come. */
export interface AppendCall {
  readonly shard: Shard;
  readonly token: number;
  readonly began: number;
  ended: number | undefined;
  outcome: Outcome | undefined;
}

/** A read from its call to its end, if it has come. */
export interface ReadCall {
  readonly shard: Shard;
  readonly began: number;
  ended: number | undefined;
  tokens: readonly number[] | undefined;
}

/**
 * What clients of an append machine were told. Since each token is used once and a list only grows, its final state says in which order
 * commands took effect, and everything that linearizability and "exactly once" promise can be checked directly.
 */
export class AppendHistory {
  readonly #now: () => number;
  readonly appends: AppendCall[] = [];
  readonly reads: ReadCall[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  append(shard: Shard): AppendCall {
    const call: AppendCall = { shard, token: this.appends.length + 1, began: this.#now(), ended: undefined, outcome: undefined };
    this.appends.push(call);
    return call;
  }

  appended(call: AppendCall, outcome: Outcome): void {
    call.ended = this.#now();
    call.outcome = outcome;
  }

  read(shard: Shard): ReadCall {
    const call: ReadCall = { shard, began: this.#now(), ended: undefined, tokens: undefined };
    this.reads.push(call);
    return call;
  }

  readEnded(call: ReadCall, ending: Ending): void {
    call.ended = this.#now();
    if (ending.kind === "result") call.tokens = tokensOf(ending.bytes);
  }

  /** How many calls ended in each way. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = { read: 0 };
    for (const { outcome } of this.appends) {
      const kind = outcome?.kind ?? "pending";
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    for (const { tokens } of this.reads) if (tokens !== undefined) counts["read"] = (counts["read"] ?? 0) + 1;
    return counts;
  }

  /** The first thing that was not as promised, given the final list of a shard; undefined when all was. */
  fault(shard: Shard, final: readonly number[]): string | undefined {
    const places = new Map<number, number>();
    for (const [place, token] of final.entries()) {
      if (places.has(token)) return `C1: token ${token} was appended twice, at ${places.get(token)} and at ${place}`;
      places.set(token, place);
    }
    const appends = this.appends.filter((call) => call.shard === shard);
    for (const call of appends) {
      const fault = outcomeFault(call, places.get(call.token));
      if (fault !== undefined) return fault;
    }
    return orderFault(appends, places) ?? this.#readFault(shard, final, appends, places);
  }

  #readFault(
    shard: Shard,
    final: readonly number[],
    appends: readonly AppendCall[],
    places: ReadonlyMap<number, number>,
  ): string | undefined {
    const reads = this.reads.filter((call) => call.shard === shard && call.tokens !== undefined);
    const ends = appends.map(({ token, ended, outcome }) => ({
      ended: outcome?.kind === "result" ? ended : undefined,
      place: places.get(token),
    }));
    let seen: { readonly ended: number; readonly length: number }[] = [];
    for (const { began, ended, tokens } of reads.toSorted((a, b) => a.began - b.began)) {
      const found = tokens ?? [];
      if (found.some((token, at) => token !== final[at])) return `R16: a read that ended at ${ended} found what was never the state`;
      for (const { ended: done, place } of ends) {
        if (done !== undefined && done < began && (place ?? 0) >= found.length)
          return `C9: a read at ${began} missed the append at ${place}`;
      }
      const later = appends.find((call) => call.began > (ended ?? 0) && (places.get(call.token) ?? Infinity) < found.length);
      if (later !== undefined) return `R16: a read saw token ${later.token} before it was asked for`;
      const earlier = seen.find((read) => read.ended < began && read.length > found.length);
      if (earlier !== undefined) return `C9: a read at ${began} found less than one that ended at ${earlier.ended}`;
      seen = [...seen, { ended: ended ?? Infinity, length: found.length }];
    }
    return undefined;
  }
}

function outcomeFault({ token, outcome }: AppendCall, place: number | undefined): string | undefined {
  switch (outcome?.kind) {
    case "result":
      if (place === undefined) return `C1: token ${token} was acknowledged and is not there`;
      if (placeOf(outcome.bytes) !== place) return `C2: token ${token} is at ${place}, and its client heard ${placeOf(outcome.bytes)}`;
      return undefined;
    case "lost":
      return place === undefined ? `C1: token ${token} was said to be done and is not there` : undefined;
    case "refused":
      return place === undefined ? undefined : `C8: token ${token} was definitely refused (${outcome.why}) and is at ${place}`;
    case "unknown":
    case undefined:
      return undefined;
    default:
      return unreachable(outcome);
  }
}

/** Who was answered before another one asked stands before him. */
function orderFault(appends: readonly AppendCall[], places: ReadonlyMap<number, number>): string | undefined {
  const done = appends.filter(({ token }) => places.has(token)).toSorted((a, b) => (places.get(a.token) ?? 0) - (places.get(b.token) ?? 0));
  let latestBegin = -Infinity;
  for (const { token, began, ended, outcome } of done) {
    if (outcome?.kind === "result" && ended !== undefined && ended < latestBegin)
      return `C1: token ${token} took effect after one that was asked for later`;
    latestBegin = Math.max(latestBegin, began);
  }
  return undefined;
}
