import { expect, test } from "vitest";
import { getU64, putU64 } from "../../src/base/bytes.ts";
import { CoreTrio } from "./core-trio.ts";
import { MemberTrio } from "./member-trio.ts";
import { measureThroughput, throughCodec, throughputSettings } from "./throughput-run.ts";

const batches = 20;

/** A command that can be told from all others. */
function command(number: number): Uint8Array {
  const data = new Uint8Array(throughputSettings.commandBytes);
  putU64(data, 0, number);
  return data;
}

/** Proposes numbered commands, a batch in every turn, until all three have applied them. */
function run(trio: { turn(): void; readonly applied: number }, propose: (data: Uint8Array) => { readonly ok: boolean }): number[] {
  const proposed: number[] = [];
  for (let i = 0; i < batches * throughputSettings.batch; i += 1) {
    expect(propose(command(i)).ok).toBe(true);
    proposed.push(i);
    if (proposed.length % throughputSettings.batch === 0) trio.turn();
  }
  for (let turns = 0; trio.applied < proposed.length && turns < 100_000; turns += 1) trio.turn();
  return proposed;
}

test("three members commit everything that was proposed, in order", () => {
  const applied: number[][] = [[], [], []];
  const trio = new MemberTrio({ onApplied: (replica, entry) => applied[replica]?.push(getU64(entry.data, 0)) });
  const leader = trio.elect();
  const proposed = run(trio, (data) => leader.propose(data));
  expect(applied).toEqual([proposed, proposed, proposed]);
});

test("three members compact their logs while they commit", () => {
  const trio = new MemberTrio({ member: { logBytesMax: 64 * 1024, logTailBytes: 0 } });
  const leader = trio.elect();
  const proposed = run(trio, (data) => leader.propose(data));
  expect(trio.applied).toBe(proposed.length);
  for (const member of trio.members) expect(member.status()?.first).toBeGreaterThan(1);
});

test("three cores commit everything that was proposed, in order, through the codec", () => {
  const trio = new CoreTrio(throughCodec);
  const leader = trio.elect();
  const proposed = run(
    {
      turn: () => (trio.tick(), trio.turn()),
      get applied() {
        return trio.applied;
      },
    },
    (data) => leader.propose(data),
  );
  for (const { raft } of trio.nodes) expect(raft.state.log.entries.map(({ data }) => getU64(data, 0))).toEqual(proposed);
});

test("a throughput run counts what was applied", () => {
  for (const result of measureThroughput(20)) {
    expect(result.entries).toBeGreaterThan(0);
    expect(result.entriesPerSecond).toBeCloseTo((result.entries / result.wallMs) * 1000);
  }
});
