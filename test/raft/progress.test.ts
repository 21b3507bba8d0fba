import fc from "fast-check";
import { expect, test } from "vitest";
import {
  becomeProbe,
  becomeReplicate,
  becomeSnapshot,
  hasRoom,
  matched,
  newProgress,
  type Progress,
  sent,
} from "../../src/raft/progress.ts";

type Step = readonly ["sent" | "matched" | "probe" | "replicate" | "snapshot", number, number];

const steps = fc.array(
  fc.tuple(
    fc.constantFrom("sent", "sent", "matched", "matched", "probe", "replicate", "snapshot"),
    fc.nat(6),
    fc.integer({ min: 1, max: 50 }),
  ),
  { maxLength: 60 },
);

/** The appends that are not answered, as a plain list. */
function naive(flight: { last: number; bytes: number }[], [kind, amount, bytes]: Step, progress: Progress): typeof flight {
  if (kind === "sent") return [...flight, { last: progress.next + amount, bytes }];
  if (kind === "matched") return flight.filter(({ last }) => last > amount * 3);
  return [];
}

function perform(progress: Progress, [kind, amount, bytes]: Step): void {
  if (kind === "sent") sent(progress, progress.next + amount, bytes);
  else if (kind === "matched") matched(progress, amount * 3);
  else if (kind === "probe") becomeProbe(progress, progress.match + 1 + amount);
  else if (kind === "replicate") becomeReplicate(progress);
  else becomeSnapshot(progress);
}

test("match only rises, match < next, and what is in flight is counted exactly", () => {
  fc.assert(
    fc.property(fc.nat(10), steps, (last, taken) => {
      const progress = newProgress(last);
      let flight: { last: number; bytes: number }[] = [];
      for (const step of taken) {
        const before = progress.match;
        flight = naive(flight, step, progress);
        perform(progress, step);
        expect(progress.match).toBe(step[0] === "matched" ? Math.max(before, step[1] * 3) : before);
        expect(progress.next).toBeGreaterThan(progress.match);
        expect(progress.inFlight).toEqual(flight);
        expect(progress.inFlightBytes).toBe(flight.reduce((sum, each) => sum + each.bytes, 0));
      }
    }),
    { numRuns: 500 },
  );
});

test("there is room until one of the limits is reached", () => {
  const progress = newProgress(0);
  expect(hasRoom(progress, 2, 100)).toBe(true);
  sent(progress, 1, 99);
  expect(hasRoom(progress, 2, 100)).toBe(true);
  expect(hasRoom(progress, 1, 100)).toBe(false);
  sent(progress, 2, 1);
  expect(hasRoom(progress, 3, 100)).toBe(false);
  expect(hasRoom(progress, 2, 101)).toBe(false);
});

test("a new leader knows nothing: next is behind its last entry, match is 0 (figure 2)", () => {
  expect(newProgress(7)).toMatchObject({ state: "probe", next: 8, match: 0 });
});
