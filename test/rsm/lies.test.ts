import { describe, expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import type { Append } from "../../src/raft/message.ts";
import { Forge } from "./forge.ts";
import { Group } from "./group.ts";

/** A group in its second term or later, whose logs were dropped up to the last entry. */
function group(): { group: Group; forge: Forge; failures: string[]; leader: number; follower: number } {
  const failures: string[] = [];
  const whole = new Group({ onFailure: (_, error) => failures.push(String(error)) });
  const forge = new Forge(whole);
  whole.begin();
  const first = whole.elected();
  whole.isolate(first);
  whole.until(() => whole.leader !== undefined && whole.leader !== first, "another leader");
  whole.heal();
  for (let i = 0; i < 4; i += 1) whole.commit(`command ${i}`, [0, 1, 2]);
  whole.run(300);
  const leader = whole.elected();
  return { group: whole, forge, failures, leader, follower: (leader + 1) % 3 };
}

interface Lie {
  readonly name: string;
  readonly to: "leader" | "follower";
  readonly dropped: boolean;
  readonly message: (receiver: {
    term: number;
    commit: number;
    last: number;
  }) => Pick<Append, "term" | "prevIndex" | "prevTerm" | "entries">;
}

const data = new Uint8Array(2);

const lies: readonly Lie[] = [
  {
    name: "an append in the term that the receiver leads",
    to: "leader",
    dropped: false,
    message: ({ term }) => ({ term, prevIndex: 0, prevTerm: 0, entries: [] }),
  },
  {
    name: "an entry in the place of a committed one",
    to: "follower",
    dropped: false,
    message: ({ term, commit }) => ({ term, prevIndex: commit - 1, prevTerm: term, entries: [{ index: commit, term: term + 1, data }] }),
  },
  {
    name: "an older term at the log's mark, and in what follows",
    to: "follower",
    dropped: true,
    message: ({ term, last }) => ({ term, prevIndex: last, prevTerm: 1, entries: [{ index: last + 1, term: 1, data }] }),
  },
];

describe("one packet in a member's name that denies what the receiver knows for certain", () => {
  test.each(lies)("$name: it is refused with one trace, and all go on", (lie) => {
    const { group: whole, forge, failures, leader, follower } = group();
    const [from, to] = lie.to === "leader" ? [follower, leader] : [leader, follower];
    if (lie.dropped) for (const at of [0, 1, 2]) whole.member(at).compact(1_000);
    whole.run(50);
    const { term, commit, last } = whole.status(to);
    expect(term).toBeGreaterThan(1);
    const message = lie.message({ term, commit, last });
    const ends = { from: replicaId(from), to: replicaId(to), commit: 0, round: 0 };
    const longest = Math.max(...whole.states.map((state) => state.length));
    const newest = Math.max(message.term, ...message.entries.map((entry) => entry.term));
    const traces = forge.send(from, to, { kind: "raft", message: { kind: "append", ...ends, ...message, term: newest } });
    whole.run(5);
    expect(traces.filter(({ name }) => name.startsWith("raft: refused ")).length).toBe(1);
    expect(failures).toEqual([]);
    whole.commit("all again", [0, 1, 2]);
    expect(whole.agrees).toBe(true);
    expect(whole.states[to]?.length).toBeGreaterThan(longest);
    expect(failures).toEqual([]);
  });
});
