import type { Bug } from "./plant.ts";

/** Bugs of the replica around the core: its disk, its cell, its admission. */
export const rsmBugs: readonly Bug[] = [
  {
    id: "z02-term-and-vote-apart",
    title: "term and vote are two writes, and a crash comes between them",
    source: "MIT 6.824, lab 2C: persist once; hashicorp/raft stores them apart",
    patches: [
      {
        file: "rsm/log/log-store.ts",
        find: 'batch.push({ op: "put", key: this.#keys.hard, value: encodeHard(hard) });\n    this.#storage.write(batch, { sync: true }, done);',
        replace:
          'batch.push({ op: "put", key: this.#keys.hard, value: encodeHard({ ...hard, vote: undefined }) });\n    this.#storage.write(batch, { sync: true }, done);\n    this.#storage.write([{ op: "put", key: this.#keys.hard, value: encodeHard(hard) }], { sync: true });',
      },
      {
        file: "rsm/log/persistence.ts",
        find: "cellDone: !write.hardStateChanged,",
        replace: "cellDone: write.number > 0,",
      },
    ],
  },
  {
    id: "p8-cell-before-log",
    title: "the cell is written together with the batch that belongs to it, not after it",
    source: "rule P8",
    patches: [
      {
        file: "rsm/log/persistence.ts",
        find: "    this.#waiting.push(waiting);\n    return () => this.#stored(waiting, write.hardState);",
        replace:
          "    this.#waiting.push(waiting);\n    if (!waiting.cellDone) {\n      this.#cell.write(write.hardState, () => {\n        waiting.cellDone = true;\n        this.#settle();\n      });\n    }\n    return () => {\n      waiting.stored = true;\n      waiting.noted = this.#owner.stored(waiting.number, () => {\n        waiting.noted = true;\n        this.#settle();\n      });\n      this.#settle();\n    };",
      },
    ],
  },
  {
    id: "p9-truncation-unmarked",
    title: "a batch that takes entries back does not store its term",
    source: "rule P9",
    patches: [
      {
        file: "rsm/log/log-store.ts",
        find: "this.#truncatedIn = write.hardState.term;",
        replace: "this.#truncatedIn = 0;",
      },
    ],
  },
  {
    id: "p9-reply-before-note",
    title: "an acknowledgement leaves while its note is being written",
    source: "rule P9",
    patches: [
      {
        file: "rsm/pump.ts",
        find: "if (!acknowledges || cell.acknowledge(message.term, message.match, log, () => this.#sendNoted(message)))",
        replace: "if (!acknowledges || cell.acknowledge(message.term, message.match, log) || true)",
      },
    ],
  },
  {
    id: "p9-count-before-note",
    title: "a leader counts its own log for its quorum while the note of that is being written",
    source: "rule P9",
    patches: [{ file: "rsm/pump.ts", find: 'return isNoted || role !== "leader";', replace: "return true;" }],
  },
  {
    id: "p9-note-of-older-term",
    title: "P4: an acknowledgement that waited for its note is stamped with the term in which it leaves",
    source: "rules P4 and P9",
    patches: [
      {
        file: "rsm/pump.ts",
        find: 'if (raft.state.term === message.term) send(message.to, { kind: "raft", message });',
        replace: 'if (raft.state.term >= message.term) send(message.to, { kind: "raft", message: { ...message, term: raft.state.term } });',
      },
    ],
  },
  {
    id: "i1-pin-told-before-disk",
    title: "a pin is told before it is durable",
    source: "rule I1",
    patches: [
      {
        file: "rsm/admission.ts",
        find: "      this.#pinning.set(from, incarnation);",
        replace: '      this.#pinning.set(from, incarnation);\n      this.#context.send(from, { kind: "pinned", incarnation });',
      },
    ],
  },
  {
    id: "i1-marker-unsynced",
    title: "packets leave before the marker of the directory is durable",
    source: "rule I1",
    patches: [
      {
        file: "rsm/identity.ts",
        find: "{ sync: true }, () => opened({ incarnation, isNew: true }));",
        replace: "{ sync: true });\n  env.clock.after(0, () => opened({ incarnation, isNew: true }));",
      },
    ],
  },
  {
    id: "i2-first-seen-pin",
    title: "a replica takes part as soon as it has started: whoever has no pin yet takes the first incarnation that it sees",
    source: "rule I2",
    patches: [
      {
        file: "rsm/admission.ts",
        find: "    else if (this.#missing.size === 0) this.#record();",
        replace: "    else if (this.#missing.size >= 0) this.#record();",
      },
      {
        file: "rsm/admission.ts",
        find: "    return this.#pins.get(from) === incarnation;",
        replace: "    if (!this.#pins.has(from)) this.#onHello(from, incarnation);\n    return this.#pins.get(from) === incarnation;",
      },
    ],
  },
  {
    id: "rotation-hole",
    title: "unsynced batches are written on their own, and a later sync is thought to cover them",
    source: "LevelDB: a batch before a rotation of its log file is lost in a power cut although a later synced one survives",
    patches: [
      {
        file: "sim/disk/disk.ts",
        find: "  rotationHole: false,\n  rotationBytes: 64 * 1024,",
        replace: "  rotationHole: true,\n  rotationBytes: 2 * 1024,",
      },
    ],
  },
];
