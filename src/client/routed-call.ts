import type { Cancel, Clock } from "../env/clock.ts";
import type { Rng } from "../base/rng.ts";
import type { GroupClient } from "../rsm/caller/group-client.ts";
import type { GroupClients } from "../rsm/caller/group-clients.ts";
import type { Ending } from "../rsm/caller/operation.ts";
import type { Refused } from "../rsm/state/state-machine.ts";
import type { Group } from "../shardmaster/config.ts";
import type { ConfigCache } from "./config-cache.ts";

/** What a call asks, as things are known to be. */
export interface Route {
  readonly owner: Group;
  /** Where the shard was before: it serves until it has heard that the shard is another's. */
  readonly source: Group | undefined;
  /** `ended` is not called from inside. */
  readonly ask: (client: GroupClient, deadlineMs: number, ended: (ending: Ending) => void) => Cancel;
}

export interface RoutedParts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly cache: ConfigCache;
  readonly groups: GroupClients;
}

/** How long one group is asked before the shardmaster is asked whether it is still the one. */
const groupMs = 2000;
/** How long a call rests when nobody would have it; twice as long each time, ... */
const restMs = 10;
/** ... but not longer. */
const restMaxMs = 100;
/** How long a call that knows whom to ask waits to hear from the shardmaster whether it still is: that may have nobody who leads for a while. */
const refreshMs = 200;

/** One call, by way of as many groups as it takes: it ends when a group that has the shard has answered, or at its deadline. */
export class RoutedCall {
  readonly #parts: RoutedParts;
  readonly #route: () => Route | undefined;
  readonly #done: (ending: Ending) => void;
  readonly #deadline: number;
  #cancel: Cancel | undefined;
  #last: Refused | undefined;
  #rests = 0;
  /** How often a group was asked. */
  #asked = 0;
  #ended = false;

  private constructor(parts: RoutedParts, deadlineMs: number, route: () => Route | undefined, done: (ending: Ending) => void) {
    this.#parts = parts;
    this.#route = route;
    this.#done = done;
    this.#deadline = parts.clock.now() + deadlineMs;
  }

  /** `route` is asked again before each attempt; it gives nothing while nobody has the shard, or nothing is known. */
  static start(parts: RoutedParts, deadlineMs: number, route: () => Route | undefined, done: (ending: Ending) => void): Cancel {
    const call = new RoutedCall(parts, deadlineMs, route, done);
    call.#go();
    return () => call.#giveUp("cancelled");
  }

  #go(): void {
    const route = this.#route();
    if (route === undefined) this.#refresh();
    else this.#ask(route, route.owner);
  }

  #ask(route: Route, group: Group): void {
    const leftMs = this.#deadline - this.#parts.clock.now();
    this.#asked += 1;
    this.#cancel = route.ask(this.#parts.groups.client(group), Math.max(0, Math.min(leftMs, groupMs)), (ending) => {
      if (!this.#ended) this.#answered(route, group, ending);
    });
  }

  #answered(route: Route, group: Group, ending: Ending): void {
    if (ending.kind === "refused") {
      const { why } = ending.refusal;
      if (why !== "wrong_group" && why !== "shard_moving") return this.#end(ending);
      this.#last = ending.refusal;
      if (why === "shard_moving" && group === route.owner && route.source !== undefined) return this.#ask(route, route.source);
      return this.#refresh();
    }
    if (ending.kind === "barred") {
      // A group that had the shard may speak with nobody: the one that has it, or gets it, is asked again.
      if (group !== route.owner) return this.#refresh();
      // Other groups may have been asked before, and have got what this one never saw.
      return this.#end(this.#asked === 1 ? ending : { ...ending, unsent: false });
    }
    if (ending.kind !== "given_up") return this.#end(ending);
    this.#last = ending.last ?? this.#last;
    return this.#refresh();
  }

  /** Asks the shardmaster who has the shard, and goes on then, after a rest. */
  #refresh(): void {
    const { clock, rng, cache } = this.#parts;
    const leftMs = this.#deadline - clock.now();
    const own = rng.between(0.5, 1) * Math.min(restMaxMs, restMs * 2 ** this.#rests);
    this.#rests += 1;
    const timers: Cancel[] = [cache.refresh(() => timers.push(clock.after(Math.min(own, Math.max(0, leftMs)), () => go())))];
    const stop = (): void => {
      for (const cancel of timers) cancel();
    };
    const go = (): void => {
      stop();
      this.#go();
    };
    if (this.#route() !== undefined) timers.push(clock.after(refreshMs, go));
    if (leftMs < Infinity) timers.push(clock.after(Math.max(0, leftMs), () => this.#giveUp("deadline")));
    this.#cancel = stop;
  }

  #giveUp(why: "deadline" | "cancelled"): void {
    if (this.#ended) return;
    const cancel = this.#cancel;
    this.#end({ kind: "given_up", why, last: this.#last }, cancel);
  }

  #end(ending: Ending, cancel?: Cancel): void {
    this.#ended = true;
    cancel?.();
    this.#done(ending);
  }
}
