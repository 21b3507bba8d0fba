import { unreachable } from "../../src/base/assert.ts";
import type { Message } from "../../src/raft/message.ts";
import type { Entry } from "../../src/raft/types.ts";
import type { Input } from "./replica.ts";

/** One line for what happens; within a state of the world no two happenings share it. */
export function describeInput(node: number, input: Input): string {
  switch (input.kind) {
    case "campaign":
      return `S${node} campaigns`;
    case "propose":
      return `S${node} appends ${letter(input.data)}`;
    case "heartbeat":
      return `S${node} owes a heartbeat`;
    case "step_down":
      return `S${node} steps down`;
    case "pump":
      return `S${node} does its duties`;
    case "sync":
      return `S${node} has synced a write`;
    case "crash":
      return `S${node} crashes, ${input.survive} unfinished batches survive`;
    case "deliver":
      return describeMessage(input.message);
    default:
      return unreachable(input);
  }
}

/** As `S0->S1 append t2 after 1/1: 2/2b commit 1`: places are index/term, and entries end with their letter. */
export function describeMessage(message: Message): string {
  const head = `S${message.from}->S${message.to} ${message.kind} t${message.term}`;
  switch (message.kind) {
    case "pre_vote":
    case "vote":
      return `${head} last ${message.lastIndex}/${message.lastTerm}`;
    case "pre_vote_reply":
    case "vote_reply":
      return `${head} ${message.granted ? "yes" : "no"}`;
    case "append":
      return `${head} after ${message.prevIndex}/${message.prevTerm}: ${describeEntries(message.entries)} commit ${message.commit}`;
    case "append_reply":
      if (message.accepted) return `${head} match ${message.match}`;
      return `${head} no ${message.prevIndex}, try ${message.hintIndex}/${message.hintTerm}`;
    case "snapshot":
      return `${head} mark ${message.mark.index}/${message.mark.term}`;
    case "timeout_now":
      return head;
    default:
      return unreachable(message);
  }
}

function describeEntries(entries: readonly Entry[]): string {
  return entries.length === 0 ? "nothing" : entries.map(({ index, term, data }) => `${index}/${term}${letter(data[0] ?? 0)}`).join(" ");
}

/** The first proposal is `a`. */
function letter(data: number): string {
  return String.fromCharCode(96 + data);
}
