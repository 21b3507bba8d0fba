import { assert } from "../../src/base/assert.ts";
import { equalBytes } from "../../src/base/bytes.ts";
import { decode, encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { Rng } from "../../src/base/rng.ts";
import type { Decoded, Refused } from "../../src/rsm/state/state-machine.ts";
import { encodeMasterCommand, type MasterCommand } from "../../src/shardmaster/commands.ts";
import { encodeConfig } from "../../src/shardmaster/config-bytes.ts";
import { encodeMasterQuery, type MasterQuery } from "../../src/shardmaster/queries.ts";
import { decodeMasterResult, encodeMasterResult, type MasterResult } from "../../src/shardmaster/results.ts";
import { encodeShape } from "../../src/shardmaster/shape.ts";
import { group, Master } from "./master.ts";

export interface FuzzReport {
  readonly inputs: number;
  /** How many were commands, queries, results; how many configurations they made. */
  readonly commands: number;
  readonly queries: number;
  readonly results: number;
  readonly configs: number;
  /** The longest sentence of a refusal. */
  readonly sentence: number;
}

type Counts = { -readonly [name in keyof FuzzReport]: FuzzReport[name] };

/**
 * Feeds `count` byte strings to the decoders of commands, queries and results: right ones with something done to them, right lists
 * with wrong fields, and noise. Each is refused with a sentence, or means what its bytes say; what is accepted is then executed. Stops
 * at the first that is not, with its bytes in the error's message.
 */
export function fuzzWire(count: number, seed: number): FuzzReport {
  const depth = Error.stackTraceLimit;
  // Most of the time would go into stacks of refusals that nobody reads.
  Error.stackTraceLimit = 1;
  try {
    return fuzz(count, new Rng(seed), `seed ${seed}`);
  } finally {
    Error.stackTraceLimit = depth;
  }
}

function fuzz(count: number, rng: Rng, name: string): FuzzReport {
  const counts: Counts = { inputs: 0, commands: 0, queries: 0, results: 0, configs: 0, sentence: 0 };
  let master = new Master(5, { groupsMax: 6 });
  for (; counts.inputs < count; counts.inputs += 1) {
    if (counts.inputs % 1000 === 0) master = new Master(rng.int(0, 5), { groupsMax: 6 });
    const bytes = drawInput(rng, master);
    const copy = new Uint8Array(bytes);
    try {
      checkCommand(master, bytes, counts);
      checkQuery(master, bytes, counts);
      checkResult(bytes, counts);
      assert(equalBytes(bytes, copy), "decoding changes nothing");
    } catch (cause) {
      throw new Error(`input ${counts.inputs} of ${name}: ${Buffer.from(copy).toString("hex")}`, { cause });
    }
  }
  return counts;
}

// ---- what must hold

function accepted<T>(decoded: Decoded<T>, counts: Counts): T | undefined {
  if (decoded.ok) return decoded.value;
  checkRefusal(decoded, counts);
  return undefined;
}

function checkRefusal({ why, detail }: Refused, counts: Counts): void {
  assert(why === "bad_request" && /^[A-Z0-9][^\n]*[.]$/.test(detail), `a refusal is one sentence: ${detail}`);
  counts.sentence = Math.max(counts.sentence, detail.length);
}

/** A command that was accepted comes back from its own bytes, and makes one configuration or none. */
function checkCommand(master: Master, bytes: Uint8Array, counts: Counts): void {
  const command = accepted(master.machine.decodeCommand(bytes), counts);
  if (command === undefined) return;
  counts.commands += 1;
  const again = master.machine.decodeCommand(encodeMasterCommand(command));
  assert(again.ok && same(encodeMasterCommand(again.value), encodeMasterCommand(command)), "a command comes back as it was");
  const before = numberOf(master);
  const { writes } = master.state;
  const result = decodeMasterResult(master.machine.execute(0, command, master.state));
  const after = numberOf(master);
  if (!result.ok) checkRefusal(result, counts);
  if (result.ok && result.op === "changed" && result.changed) {
    assert(result.number === after && after === before + 1, "a change makes the next configuration");
    counts.configs += 1;
  } else {
    assert(after === before && master.state.writes === writes, "without a change nothing is written");
  }
}

function numberOf(master: Master): number {
  const answer = master.ask({ op: "config", number: -1 });
  return answer.ok && answer.op === "config" ? answer.latest : -1;
}

function checkQuery(master: Master, bytes: Uint8Array, counts: Counts): void {
  const query = accepted(master.machine.decodeQuery(bytes), counts);
  if (query === undefined) return;
  counts.queries += 1;
  assert(same(encodeMasterQuery(query), encode(decode(bytes) as Packable)), "a query means what its bytes say");
  const answer = master.ask(query);
  if (!answer.ok) checkRefusal(answer, counts);
}

function checkResult(bytes: Uint8Array, counts: Counts): void {
  let result: MasterResult | Refused;
  try {
    result = decodeMasterResult(bytes);
  } catch (error) {
    if (error instanceof Malformed) return;
    throw error;
  }
  counts.results += 1;
  const written = encodeAgain(result);
  assert(same(encodeAgain(decodeMasterResult(written)), written), "a result comes back as it was");
}

function encodeAgain(result: MasterResult | Refused): Uint8Array {
  if (!result.ok) return encodeMasterResult(result);
  if (result.op === "config") return encodeMasterResult({ ...result, config: encodeConfig(result.config) });
  if (result.op === "newer") return encodeMasterResult({ ...result, config: result.config && encodeConfig(result.config) });
  if (result.op === "shape") return encodeMasterResult({ ...result, shape: result.shape && encodeShape(result.shape) });
  return encodeMasterResult(result);
}

const same = equalBytes;

// ---- what is fed

function drawInput(rng: Rng, master: Master): Uint8Array {
  const bytes = drawRight(rng, master);
  switch (rng.int(0, 5)) {
    case 0:
    case 1:
      return bytes;
    case 2:
      return Uint8Array.from({ length: rng.int(0, 20) }, () => rng.int(0, 255));
    case 3:
      return bytes.slice(0, rng.int(0, bytes.length));
    case 4:
      return withField(rng, bytes);
    default: {
      const changed = bytes.slice();
      for (let i = rng.int(1, 3); i > 0; i -= 1) changed[rng.int(0, changed.length - 1)] = rng.int(0, 255);
      return changed;
    }
  }
}

/** The same list with one field changed, added or taken away. */
function withField(rng: Rng, bytes: Uint8Array): Uint8Array {
  const fields = [...(decode(bytes) as Packable[])];
  const wrong: Packable = rng.pick([0, -1, 3, 2 ** 32, "x", "", null, true, Uint8Array.of(1, 2), [], [1, 1, ["a"]], [1, 2, 3]]);
  const at = rng.int(-2, fields.length - 1);
  if (at === -2) fields.push(wrong);
  else if (at === -1) fields.pop();
  else fields[at] = wrong;
  return encode(fields);
}

function drawRight(rng: Rng, master: Master): Uint8Array {
  switch (rng.int(0, 2)) {
    case 0:
      return encodeMasterCommand(drawCommand(rng));
    case 1:
      return encodeMasterQuery(drawQuery(rng));
    default: {
      const answer = master.askBytes(drawQuery(rng));
      return answer instanceof Uint8Array ? answer : encodeMasterResult(answer);
    }
  }
}

function drawQuery(rng: Rng): MasterQuery {
  if (rng.chance(0.2)) return { op: "shape" };
  return rng.chance(0.7) ? { op: "config", number: rng.int(-1, 40) } : { op: "newer", than: rng.int(-1, 40) };
}

function drawCommand(rng: Rng): MasterCommand {
  const gid = (): number => rng.int(1, 8);
  switch (rng.int(0, 4)) {
    case 0:
      return {
        op: "init",
        cluster: "test",
        shards: rng.int(1, 5),
        partitioner: rng.pick([{ kind: "hash" }, { kind: "integer" }] as const),
      };
    case 1:
    case 2:
      return { op: "join", groups: Array.from({ length: rng.int(1, 3) }, () => group(gid(), rng.chance(0.1) ? 2 : 1)) };
    case 3:
      return { op: "leave", gids: Array.from({ length: rng.int(1, 2) }, () => group(gid()).gid) };
    default:
      return { op: "move", shard: rng.int(0, 5), gid: group(gid()).gid };
  }
}
