import type { Bug } from "./plant.ts";

const sessions = "rsm/session/sessions.ts";
const row = "rsm/session/session-row.ts";
const sequence = "rsm/caller/sequence.ts";
const operation = "rsm/caller/operation.ts";

/** Rules S1 to S9 of sessions, each left out. */
export const sessionBugs: readonly Bug[] = [
  {
    id: "s1-validity-renewed",
    title: "S1: a later attempt is valid for longer than the first",
    source: "a model of sessions: it executes, the row is dropped, the duplicate gets a fresh one and executes again",
    hunted: "clients",
    patches: [
      {
        file: sequence,
        find: "  get isFull(): boolean {",
        replace: "  renewed(): number {\n    return this.#time + this.#options.validMs;\n  }\n\n  get isFull(): boolean {",
      },
      {
        file: operation,
        find: "    this.#attempts += 1;\n    return",
        replace: "    this.#validUntil = this.sequence.renewed();\n    this.#encode();\n    this.#attempts += 1;\n    return",
      },
    ],
  },
  {
    id: "s1-validity-by-server",
    title: "S1: whoever applies a request says how long it is valid",
    source: "a model of sessions",
    hunted: "clients",
    patches: [
      {
        file: sessions,
        find: "    const { shard, number, floor, validUntil } = request;\n    const home = this.#machine.home(shard, state);\n    if (!home.ok) return home;\n",
        replace:
          "    const { shard, number, floor } = request;\n    const home = this.#machine.home(shard, state);\n    if (!home.ok) return home;\n    const validUntil = this.#time + home.timeOffset + this.#limits.validMaxMs;\n    request = { ...request, validUntil };\n",
      },
    ],
  },
  {
    id: "s2-validity-falls",
    title: "S2: a higher number is valid for less than a lower one",
    source: "a model of sessions: a number below the floor executes after the row was dropped",
    hunted: "clients",
    patches: [
      {
        file: sequence,
        find: "this.#validUntil = Math.max(this.#validUntil, this.#time + this.#options.validMs);",
        replace: "this.#validUntil = this.#time + (number % 2 === 0 ? Math.ceil(this.#options.validMs / 4) : this.#options.validMs);",
      },
    ],
  },
  {
    id: "s3-time-falls",
    title: "S3: log time is what the newest entry says, and a new leader begins with its own clock",
    source: "a model of sessions: an old stamp lets a duplicate in",
    hunted: "clients",
    patches: [
      { file: sessions, find: "    if (stamp <= this.#time) return;\n", replace: "" },
      { file: "rsm/leader-time.ts", find: "    this.#stamp = behind;", replace: "    this.#stamp = Math.min(behind, Math.floor(now));" },
      {
        file: "rsm/leader-time.ts",
        find: "this.#stamp = Math.max(this.#stamp, applied) + elapsed;",
        replace: "this.#stamp = Math.min(Math.max(this.#stamp, applied), this.#stamp) + elapsed;",
      },
    ],
  },
  {
    id: "s3-time-stands-still",
    title: "S3: a leader stamps entries with the log time that it has found",
    source: "a model of sessions: nothing is ever over",
    hunted: "clients",
    patches: [
      { file: "rsm/leader-time.ts", find: "Math.max(this.#stamp, applied) + elapsed;", replace: "Math.max(this.#stamp, applied);" },
    ],
  },
  {
    id: "s4-dropped-while-valid",
    title: "S4: a session is dropped at the moment up to which its requests are valid",
    source: "a model of sessions: executed twice",
    hunted: "clients",
    patches: [
      {
        file: sessions,
        find: "this.#time + home.timeOffset <= row.validUntil",
        replace: "this.#time + home.timeOffset < row.validUntil",
      },
    ],
  },
  {
    id: "s4-dropped-unchecked",
    title: "S4: whoever applies the list of sessions to drop does not look again",
    source: "a model of sessions: executed twice",
    hunted: "clients",
    patches: [
      {
        file: sessions,
        find: "row === undefined || this.#time + home.timeOffset <= row.validUntil",
        replace: "row === undefined",
      },
      {
        file: "rsm/session/expiry.ts",
        find: "this.#parts.time() + home.timeOffset <= validUntil",
        replace: "this.#parts.time() + home.timeOffset < 0 * validUntil",
      },
    ],
  },
  {
    id: "s4-accepted-late",
    title: "S4: a request is accepted after the time until which it was valid",
    source: "a model of sessions: executed twice",
    hunted: "clients",
    patches: [{ file: sessions, find: "if (time > validUntil) return", replace: "if (time > validUntil && row !== undefined) return" }],
  },
  {
    id: "s5-floor-not-kept",
    title: "S5: a row's floor is what was told last, not the highest",
    source: "a model of sessions: executed twice",
    hunted: "clients",
    patches: [
      {
        file: sessions,
        find: "if (row !== undefined && number < row.floor) return",
        replace: "if (row !== undefined && number < 0 * row.floor) return",
      },
      {
        file: row,
        find: "    this.#raiseFloor(floor);\n",
        replace: "    if (floor > this.#floor) this.#raiseFloor(floor);\n    this.#floor = floor;\n",
      },
    ],
  },
  {
    id: "s5-large-result-forgotten",
    title: "S5: an operation whose result is too large to keep is not noted at all",
    source: "a model of sessions: executed twice",
    hunted: "clients",
    patches: [
      {
        file: sessions,
        find: "    const result = this.#machine.execute(shard, command.value, state);\n",
        replace:
          "    const result = this.#machine.execute(shard, command.value, state);\n    if (result.length > this.#limits.resultBytesMax) return result;\n",
      },
    ],
  },
  {
    id: "s5-room-made-by-forgetting",
    title: "S5: a session that is full forgets its oldest result",
    source: "a model of sessions: executed twice",
    hunted: "clients",
    patches: [
      {
        file: sessions,
        find: "    if (number === floor || row.hasRoom(",
        replace: "    if (!row.hasRoom(floor, resultsMax, Infinity)) row.forgetOldest();\n    if (number === floor || row.hasRoom(",
      },
      {
        file: row,
        find: "  encode(): Uint8Array {",
        replace:
          "  forgetOldest(): void {\n    this.#numbers.shift();\n    this.#bytes -= bytesOf(this.#results.shift() as Kept);\n  }\n\n  encode(): Uint8Array {",
      },
    ],
  },
  {
    id: "s6-floor-above-the-unsent",
    title: "S6: the floor does not count numbers that are allocated and not answered",
    source: "a model of sessions: a first attempt is refused",
    hunted: "clients",
    patches: [
      { file: operation, find: "const { client, shard, floor } = this.sequence;", replace: "const { client, shard } = this.sequence;" },
      {
        file: operation,
        find: "const [number, validUntil, command] = [this.#number,",
        replace: "const floor = this.#number;\n    const [number, validUntil, command] = [this.#number,",
      },
    ],
  },
  {
    id: "s7-time-not-learned",
    title: "S7: a client takes log time to be its own clock",
    source: "a model of sessions",
    hunted: "clients",
    patches: [
      {
        file: operation,
        find: "    for (const [at, time] of times.entries()) {\n      if (time === undefined) continue;\n",
        replace:
          "    for (const [at, told] of times.entries()) {\n      if (told === undefined) continue;\n      const time = Math.floor(now);\n",
      },
    ],
  },
  {
    id: "s8-client-id-again",
    title: "S8: a client that begins anew has the id of another",
    source: "a model of sessions",
    hunted: "clients",
    patches: [{ file: operation, find: "    this.#client = client;", replace: "    this.#client = client.fill(1);" }],
  },
  {
    id: "s9-last-refusal-is-definite",
    title: "S9: an operation whose last attempt was refused is said never to be executed",
    source: "a model of sessions: an earlier attempt executes",
    hunted: "clients",
    patches: [
      {
        file: operation,
        find: "(!this.session.options.mayDouble && this.#attempts === this.#refusals)",
        replace: "this.#attempts >= this.#refusals",
      },
    ],
  },
  {
    id: "s9-doubled-packets-forgotten",
    title: "S9: refusals are definite although packets can arrive twice",
    source: "a model of sessions: the copy executes",
    hunted: "clients",
    patches: [
      {
        file: operation,
        find: "(!this.session.options.mayDouble && this.#attempts",
        replace: "((!this.session.options.mayDouble || true) && this.#attempts",
      },
    ],
  },
];
