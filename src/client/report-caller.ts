import { Malformed } from "../base/codec.ts";
import type { Cancel, Clock } from "../env/clock.ts";
import type { GroupClients } from "../rsm/caller/group-clients.ts";
import type { GroupReport } from "../shardkv/migration/group-report.ts";
import { encodeQuestion } from "../shardkv/migration/questions.ts";
import { decodeReply } from "../shardkv/migration/replies.ts";
import type { Group } from "../shardmaster/config.ts";
import { type CallOutcome, queryOutcome } from "./outcome.ts";

/** What a group has answered. */
interface Reported {
  readonly ok: true;
  readonly op: "status";
  readonly report: GroupReport;
}

/** A group that is counting what it holds is asked so many times more, ... */
const countingMax = 3;
/** ... with such a rest before: a small store is counted by then. */
const countingMs = 100;

/** Asks groups how they are. As all callers: `done` is called once, not from inside the call that began it. */
export class ReportCaller {
  readonly #clock: Clock;
  readonly #groups: Pick<GroupClients, "client">;

  constructor(clock: Clock, groups: Pick<GroupClients, "client">) {
    this.#clock = clock;
    this.#groups = groups;
  }

  report(group: Group, deadlineMs: number, done: (outcome: CallOutcome<GroupReport>) => void): Cancel {
    const { gid, creation } = group;
    const bytes = encodeQuestion({ to: { gid, creation }, question: { op: "status" } });
    const end = this.#clock.now() + deadlineMs;
    let cancel: Cancel;
    let found: CallOutcome<GroupReport> | undefined;
    const ask = (asked: number): void => {
      cancel = this.#groups.client(group).query(bytes, Math.max(0, end - this.#clock.now()), (ending) => {
        const outcome = reportOf(queryOutcome<Reported>("status", ending, decodeReport));
        // What was told before is better than nothing.
        const told = outcome.kind === "result" ? outcome : (found ?? outcome);
        const isCounting = told.kind === "result" && told.result.isCounting;
        if (!isCounting || asked >= countingMax || end - this.#clock.now() <= countingMs) return done(told);
        found = told;
        const stopRest = this.#clock.after(countingMs, () => ask(asked + 1));
        cancel = () => {
          stopRest();
          done(told);
        };
      });
    };
    ask(0);
    return () => cancel();
  }
}

function decodeReport(bytes: Uint8Array): Reported {
  const reply = decodeReply(bytes);
  if (reply.kind !== "status") throw new Malformed(`The answer is that to another question: ${reply.kind}.`);
  return { ok: true, op: "status", report: reply.report };
}

function reportOf(outcome: CallOutcome<Reported>): CallOutcome<GroupReport> {
  return outcome.kind === "result" ? { kind: "result", result: outcome.result.report } : outcome;
}
