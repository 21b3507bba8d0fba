import type { Shard } from "../../rsm/state/state-machine.ts";
import type { GroupName } from "../../shardmaster/address.ts";
import type { Picture } from "../migration/picture.ts";
import type { Ask, Heard } from "../migration/plan.ts";
import type { GroupReply } from "../migration/replies.ts";

/** What a leader remembers of groups that it has asked: of each holder of a parcel, while it waits for it, and who was silent. */
export class HeardAnswers {
  /** By shard and run of ownership; then by when the shard left the holder. */
  readonly #heard = new Map<string, Map<number, Heard>>();

  /** By number and creation: groups that have left the last question in vain. */
  readonly #silent = new Set<string>();

  /** Whether the group has left the last question in vain. */
  isSilent({ gid, creation }: GroupName): boolean {
    return this.#silent.has(`${gid} ${creation}`);
  }

  of(shard: Shard, since: number, left: number): Heard {
    return this.#heard.get(`${shard} ${since}`)?.get(left);
  }

  /** `reply` is undefined when there was none. */
  note({ to, question }: Ask, reply: GroupReply | undefined): void {
    const group = `${to.gid} ${to.creation}`;
    if (reply === undefined) this.#silent.add(group);
    else this.#silent.delete(group);
    if (question.op !== "pull") return;
    const { shard, since, left } = question;
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
    this.#silent.clear();
  }
}

function meaning(reply: GroupReply | undefined): Heard {
  if (reply?.kind === "page") return "page";
  return reply?.kind === "no_page" ? reply.why.kind : "silence";
}
