import type { Bug } from "./plant.ts";

/** Bugs of a Raft core that are known from the paper, from course guides and from trackers of real systems. */
export const raftBugs: readonly Bug[] = [
  {
    id: "z03-vote-forgotten",
    title: "the vote is forgotten at a restart",
    source: "Raft, figure 2: votedFor is persistent",
    patches: [{ file: "raft/open.ts", find: "    vote: hardState.vote,", replace: "    vote: undefined," }],
  },
  {
    id: "z04-figure-8",
    title: "an entry of an older term is committed by counting",
    source: "Raft, figure 8 and 5.4.2",
    patches: [
      {
        file: "raft/leader.ts",
        find: "if (index <= state.commit || termAt(state.log, index) !== state.term) return;",
        replace: "if (index <= state.commit) return;",
      },
    ],
  },
  {
    id: "z05-truncate-always",
    title: "an append takes back what stands behind it, conflict or not",
    source: "Students' guide to Raft: a delayed append then removes acknowledged entries",
    patches: [
      {
        file: "raft/follower.ts",
        find: "if (entry.index <= log.mark.index || holds(log, entry.index, entry.term)) continue;",
        replace: "if (entry.index <= state.commit) continue;",
      },
    ],
  },
  {
    id: "z07-stale-reply",
    title: "a reply of an older term counts",
    source: "Students' guide to Raft: term confusion",
    patches: [
      {
        file: "raft/raft.ts",
        find: "else if (message.term < state.term) answerStale(state, message);",
        replace:
          'else if (message.term < state.term && message.kind !== "append_reply" && message.kind !== "vote_reply") answerStale(state, message);',
      },
    ],
  },
  {
    id: "z08-match-by-arithmetic",
    title: "the match is computed from what was sent last, not taken from the answer",
    source: "Students' guide to Raft: matchIndex = nextIndex - 1",
    patches: [
      {
        file: "raft/leader.ts",
        find: "const rose = matched(progress, reply.match);",
        replace: "const rose = matched(progress, Math.max(progress.match, progress.next - 1));",
      },
    ],
  },
  {
    id: "z09-longest-log",
    title: "logs are compared by their length only",
    source: "Raft, 5.4.1: by the last term first",
    patches: [
      {
        file: "raft/log.ts",
        find: "return term > lastTerm(log) || (term === lastTerm(log) && index >= lastIndex(log));",
        replace: "return index >= lastIndex(log) && term >= 0;",
      },
    ],
  },
  {
    id: "z10-timer-on-any-message",
    title: "every message restarts the election timer",
    source: "Students' guide to Raft: livelocks",
    patches: [
      {
        file: "raft/raft.ts",
        find: "    const refusal = refuse(state, message);",
        replace: "    state.electionElapsed = 0;\n    const refusal = refuse(state, message);",
      },
    ],
  },
  {
    id: "z11-candidate-deaf",
    title: "a candidate ignores the leader of its own term",
    source: "Raft, 5.2: a candidate returns to follower state",
    patches: [
      {
        file: "raft/raft.ts",
        find: '    case "append":\n      return onAppend(state, message);',
        replace:
          '    case "append":\n      if (state.role === "candidate" || state.role === "pre_candidate") return undefined;\n      return onAppend(state, message);',
      },
    ],
  },
  {
    id: "z12-mark-off-by-one",
    title: "the entry right behind a snapshot is refused",
    source: "MIT 6.824, lab 2D: prevLogIndex equal to the snapshot's last index",
    patches: [
      {
        file: "raft/follower.ts",
        find: "const matches = request.prevIndex <= log.mark.index || holds(log, request.prevIndex, request.prevTerm);",
        replace:
          "const matches = request.prevIndex < log.mark.index || (request.prevIndex !== log.mark.index && holds(log, request.prevIndex, request.prevTerm)) || request.prevIndex === 0;",
      },
    ],
  },
  {
    id: "z13-older-snapshot",
    title: "a snapshot older than the state is installed",
    source: "Raft, figure 13; MIT 6.824, lab 2D",
    patches: [
      { file: "raft/follower.ts", find: "if (mark.index <= state.commit) {", replace: "if (mark.index <= state.log.mark.index) {" },
      {
        file: "raft/follower.ts",
        find: "} else if (holds(state.log, mark.index, mark.term)) {",
        replace: "} else if (mark.index > state.commit && holds(state.log, mark.index, mark.term)) {",
      },
    ],
  },
  {
    id: "z14-suffix-discarded",
    title: "a snapshot that matches the log takes the entries behind it away",
    source: "Raft, figure 13: retain log entries following it",
    patches: [
      {
        file: "raft/follower.ts",
        find: "} else if (holds(state.log, mark.index, mark.term)) {",
        replace: "} else if (state.log.mark.index > mark.index) {",
      },
    ],
  },
  {
    id: "z22-stuck-after-snapshot",
    title: "a follower that was sent a snapshot is never sent anything else",
    source: "etcd-io/etcd#10308, #14633",
    patches: [
      {
        file: "raft/leader.ts",
        find: 'const connects = progress.state === "probe" || (progress.state === "snapshot" && progress.match >= state.log.mark.index);',
        replace: 'const connects = progress.state === "probe";',
      },
      {
        file: "raft/leader.ts",
        find: "    if (progress.snapshotTicks >= options.snapshotTicks) becomeProbe(progress, progress.match + 1);",
        replace: "",
      },
    ],
  },
  {
    id: "z23-read-before-commit-in-term",
    title: "a new leader serves reads before it has committed in its term",
    source: "etcd-io/etcd#14258",
    patches: [
      {
        file: "raft/reads.ts",
        find: "  return termAt(state.log, state.commit) === state.term;",
        replace: "  return termAt(state.log, state.commit) !== -1;",
      },
    ],
  },
  {
    id: "z23-read-id-reused",
    title: "every read round has the same id, so that answers to an earlier one confirm a later",
    source: "etcd-io/etcd#20418: a read id used again after a pause",
    patches: [{ file: "raft/reads.ts", find: "  state.round += 1;", replace: "  state.round = 1;" }],
  },
  {
    id: "t1-proposals-during-transfer",
    title: "a leader takes proposals while it gives its place away",
    source: "Ongaro's dissertation, 3.10: the prior leader stops accepting new client requests",
    patches: [
      {
        file: "raft/raft.ts",
        find: "    if (state.transfer !== undefined) return",
        replace: "    if (state.term === 0 && state.transfer !== undefined) return",
      },
    ],
  },
  {
    id: "t2-successor-behind",
    title: "a successor is told to campaign before it has everything",
    source: "Ongaro's dissertation, 3.10: bring its log up to date first",
    patches: [
      {
        file: "raft/transfer.ts",
        find: "return commit === last && progress.get(transfer.to)?.match === last;",
        replace: "return commit === last && progress.has(transfer.to);",
      },
    ],
  },
];
