import { unreachable } from "../../src/base/assert.ts";
import type { Message } from "../../src/raft/message.ts";
import type { Status } from "../../src/raft/raft.ts";
import type { Write } from "../../src/raft/ready.ts";
import type { Entry, HardState, Mark } from "../../src/raft/types.ts";
import type { Cluster, Happening, Node } from "./cluster.ts";

/** Places are written `index/term`, entries `index/term "text"`. */
function place(mark: Pick<Mark, "index" | "term">): string {
  return `${mark.index}/${mark.term}`;
}

function textOf(entry: Entry): string {
  const text = Buffer.from(entry.data).toString();
  return text.length > 12 ? `"${text.slice(0, 3)}..." (${text.length} bytes)` : `"${text}"`;
}

/** `[4/2 "a", 5/2 "b"]`; a long list is cut in the middle. */
export function entryList(entries: readonly Entry[]): string {
  const shown = entries.map((entry) => `${place(entry)} ${textOf(entry)}`);
  if (shown.length > 5) shown.splice(2, shown.length - 3, "...");
  return `[${shown.join(", ")}]`;
}

export function messageLine(message: Message): string {
  const head = `${message.from}->${message.to} ${message.kind} t${message.term}`;
  switch (message.kind) {
    case "vote":
    case "pre_vote":
      return `${head} log ${message.lastIndex}/${message.lastTerm}${message.kind === "vote" && message.transfer ? " for its leader" : ""}`;
    case "timeout_now":
      return head;
    case "vote_reply":
    case "pre_vote_reply":
      return `${head} ${message.granted ? "granted" : "refused"}`;
    case "append": {
      const { prevIndex, prevTerm, commit, round, entries } = message;
      const list = entries.length > 0 ? ` ${entryList(entries)}` : "";
      return `${head} prev ${prevIndex}/${prevTerm} commit ${commit}${roundText(round)}${list}`;
    }
    case "append_reply":
      if (message.accepted) return `${head} match ${message.match}${roundText(message.round)}`;
      return `${head} rejects ${message.prevIndex}, hint ${message.hintIndex}/${message.hintTerm}${roundText(message.round)}`;
    case "snapshot":
      return `${head} mark ${place(message.mark)}`;
    default:
      return unreachable(message);
  }
}

function roundText(round: number): string {
  return round > 0 ? ` round ${round}` : "";
}

function hardStateText({ term, vote }: HardState): string {
  return `t${term}${vote === undefined ? "" : ` vote ${vote}`}`;
}

function writeText(write: Write): string {
  const parts = [`#${write.number}`];
  if (write.hardStateChanged) parts.push(hardStateText(write.hardState));
  if (write.install !== undefined) parts.push(`install ${place(write.install)}`);
  if (write.truncateFrom !== undefined) parts.push(`truncate from ${write.truncateFrom}`);
  if (write.entries.length > 0) parts.push(entryList(write.entries));
  return parts.join(" ");
}

/** What a happening looks like in a transcript; nothing for what goes without saying. */
export function happeningLine(happening: Happening): string | undefined {
  switch (happening.kind) {
    case "sent":
      return messageLine(happening.packet.message);
    case "delivered":
      return `> ${messageLine(happening.packet.message)}`;
    case "lost":
      return `x ${messageLine(happening.packet.message)}`;
    case "write":
      return `${happening.node.id} writes ${writeText(happening.write)}`;
    case "finished":
      return `${happening.node.id} finished #${happening.number}`;
    case "applied":
      return `${happening.node.id} applies ${entryList(happening.entries)}`;
    case "read":
      return `${happening.node.id} answers read ${happening.read.context} at ${happening.read.index}`;
    case "read_dropped":
      return `${happening.node.id} drops read ${happening.context}`;
    case "offer":
      return `${happening.node.id} offers a snapshot to ${happening.to}`;
    case "role":
      return `${happening.node.id} is ${roleText(happening.status)}`;
    case "trace":
      return happening.name === "raft: role" ? undefined : `${happening.node.id} ${happening.name.replace("raft: ", "notes: ")}`;
    default:
      return unreachable(happening);
  }
}

function roleText({ role, term, leader }: Status): string {
  return `${role} t${term}${role === "follower" && leader !== undefined ? ` of ${leader}` : ""}`;
}

export function statusLine(node: Node): string {
  if (node.raft === undefined) return `${node.id} is down`;
  const status = node.raft.status();
  const vote = status.vote === undefined ? "" : ` vote ${status.vote}`;
  const { first, last, stable, commit, applied } = status;
  return `${node.id} is ${roleText(status)}${vote}, log ${first}..${last} stable ${stable} commit ${commit} applied ${applied}`;
}

/** A node's log in memory, or what of it is durable, one term per entry. */
export function logLines(node: Node): string[] {
  const { raft, disk } = node;
  const { mark, entries } = raft?.state.log ?? disk.image;
  const head = mark.index > 0 ? `mark ${place(mark)}` : "";
  return [`${node.id} ${[head, ...entries.map((entry) => `${place(entry)} ${textOf(entry)}`)].filter((part) => part !== "").join(", ")}`];
}

export function diskLine(node: Node): string {
  const { image, unfinished } = node.disk;
  const head = image.mark.index > 0 ? ` mark ${place(image.mark)}` : "";
  const state = `${hardStateText(image.hardState)}${head} ${entryList(image.entries)} applied ${image.rows.length}`;
  return `${node.id} disk ${state}${unfinished > 0 ? `, ${unfinished} unfinished` : ""}`;
}

/** What a leader knows of its followers. */
export function progressLines(cluster: Cluster, id: number): string[] {
  return [...cluster.raft(id).state.progress].map(([to, { state, match, next, inFlight, inFlightBytes }]) => {
    const flight = inFlight.length > 0 ? `, ${inFlight.length} in flight of ${inFlightBytes} bytes` : "";
    return `${to} ${state} match ${match} next ${next}${flight}`;
  });
}
