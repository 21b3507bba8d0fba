import { unreachable } from "../../base/assert.ts";
import type { StateView } from "../../rsm/state/state.ts";
import { type GroupName, standingOf } from "../../shardmaster/address.ts";
import { type GroupReport, groupReport } from "./group-report.ts";
import { readAcquired, readGroup, readMoves } from "./ledger.ts";
import type { Parcel } from "./moves.ts";
import { type ChunkLimits, readPage } from "./page.ts";
import { readPicture } from "./picture.ts";
import type { GroupQuestion, Have, Pull } from "./questions.ts";
import type { GroupReply, NoPage, PullReply } from "./replies.ts";
import { type Hearsay, nothingHeard, waitsOf } from "./waits.ts";

/** What a source has to log before it can give what it was asked for; its leader's part decides, see `claims.ts`. */
export interface Claim {
  readonly pull: Pull;
  readonly needs: "address" | "grant";
}

/** Takes the reply to a question, and the claim that it makes. */
export type TakeReply = (reply: GroupReply, claim?: Claim) => void;

/** What a leader tells of itself, besides what its state says. */
export interface LeaderNews extends Hearsay, Pick<GroupReport, "figures" | "isCounting"> {}

/** Of one that has heard and counted nothing. */
const noNews: LeaderNews = { ...nothingHeard, figures: undefined, isCounting: false };

/** Who answers, and with what. */
export interface Answering {
  readonly self: GroupName;
  readonly limits: ChunkLimits;
  /** Asked for only where it is told. */
  readonly news?: (() => LeaderNews) | undefined;
}

/** Answers from what was applied: it changes nothing. `done` runs once, now or later. */
export function answerQuestion(question: GroupQuestion, view: StateView, { self, limits, news }: Answering, done: TakeReply): void {
  switch (question.op) {
    case "pull":
      answerPull(question, view, limits, done);
      return;
    case "have":
      done({ kind: "have", has: has(question, view), acquired: readAcquired(question.shard, view).acquired });
      return;
    case "acquired":
      done({ kind: "acquired", acquired: readAcquired(question.shard, view).acquired });
      return;
    case "status":
      readPicture(view, true, (picture) => {
        const told = news?.() ?? noNews;
        done({ kind: "status", report: groupReport(picture.group, waitsOf(self, picture, told), told) });
      });
      return;
    default:
      unreachable(question);
  }
}

/**
 * The answer to who asks for a parcel (rule 5). Whoever stands above its address makes a claim to be addressed, and its addressee one
 * to be granted it when all but the last page have left.
 */
function answerPull(pull: Pull, view: StateView, limits: ChunkLimits, done: (reply: PullReply, claim?: Claim) => void): void {
  const { shard, left, since, asker, cursor, pages } = pull;
  const { acquired } = readAcquired(shard, view);
  const parcel = readMoves(shard, view).parcels.find((one) => one.left === left);
  if (parcel === undefined) {
    done({ kind: "no_page", why: whyAbsent(pull, view), acquired });
    return;
  }
  const addressed: NoPage = { kind: "no_page", why: { kind: "addressed", since: parcel.address.since }, acquired };
  const standing = standingOf(parcel, since, asker);
  if (standing !== "addressee") {
    done(addressed, standing === "above" ? { pull, needs: "address" } : undefined);
    return;
  }
  const size = { chunkRowsMax: limits.chunkRowsMax * pages, chunkBytesMax: limits.chunkBytesMax * pages };
  readPage(view, shard, parcel.epoch, cursor, size, ({ sessions, data, next }) => {
    if (next === undefined && !parcel.granted) done(addressed, { pull, needs: "grant" });
    else done({ kind: "page", body: { start: cursor, sessions, data, next: next ?? endOf(parcel) } });
  });
}

function endOf({ time, versionFloor }: Parcel): { readonly time: number; readonly versionFloor: number } {
  return { time, versionFloor };
}

/** Why there is no parcel: it is still to come, or was here, or came by another way. */
function whyAbsent({ shard, left }: Pull, view: StateView): NoPage["why"] {
  if (readGroup(view).number < left) return { kind: "not_yet" };
  if (readMoves(shard, view).arrivals.some(({ taken }) => taken?.since === left)) return { kind: "not_yet" };
  return { kind: left <= readAcquired(shard, view).left ? "delivered" : "never_had" };
}

/** Whether what was granted to the run from `since` on has arrived (rule 8). */
function has({ shard, since }: Have, view: StateView): boolean {
  return readGroup(view).number >= since && !readMoves(shard, view).arrivals.some((arrival) => arrival.since === since);
}
