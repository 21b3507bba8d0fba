import type { Shard } from "../../rsm/state/state-machine.ts";
import type { Picture } from "../migration/picture.ts";
import type { Heard } from "../migration/plan.ts";
import type { Pull } from "../migration/questions.ts";
import type { GroupReply } from "../migration/replies.ts";

/** What a leader remembers of holders that it has asked for parcels, while it waits for these. */
export class HeardAnswers {
  /** By shard and run of ownership; then by when the shard left the holder. */
  readonly #heard = new Map<string, Map<number, Heard>>();

  of(shard: Shard, since: number, left: number): Heard {
    return this.#heard.get(`${shard} ${since}`)?.get(left);
  }

  note({ shard, since, left }: Pull, reply: GroupReply | undefined): void {
    const name = `${shard} ${since}`;
    const heard = this.#heard.get(name) ?? new Map<number, Heard>();
    this.#heard.set(name, heard.set(left, meaning(reply)));
  }

  /** Forgets what is about arrivals that are over. */
  settle(picture: Picture): void {
    if (this.#heard.size === 0) return;
    const open = new Set<string>();
    for (const [shard, { arrivals }] of picture.shards) for (const { since } of arrivals) open.add(`${shard} ${since}`);
    for (const name of this.#heard.keys()) if (!open.has(name)) this.#heard.delete(name);
  }

  clear(): void {
    this.#heard.clear();
  }
}

function meaning(reply: GroupReply | undefined): Heard {
  if (reply?.kind === "page") return "page";
  return reply?.kind === "no_page" ? reply.why.kind : "silence";
}
