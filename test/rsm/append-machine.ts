import { concat, getU32, getU64, putU32, putU64 } from "../../src/base/bytes.ts";
import type { KeyRange, Row } from "../../src/env/storage.ts";
import { type Decoded, refused, type Refused, type Shard, type ShardHome, type StateMachine } from "../../src/rsm/state/state-machine.ts";
import type { State, StateReader, StateView } from "../../src/rsm/state/state.ts";

/** Adds a token, which is used once in a test, to the list of a shard; the result has so many bytes, its place first. */
export interface Append {
  readonly token: number;
  readonly resultBytes: number;
  /** As long as the command is to be at least. */
  readonly commandBytes?: number;
}

/** Asks for all tokens of a shard: row by row, or with a scan in pages of `pageRows`. */
export interface ReadList {
  readonly shard: Shard;
  readonly pageRows: number;
}

const kinds = { count: 0x63, item: 0x69, mirror: 0x6d, own: 0x6f, session: 0x73 } as const;

/** Holds the log time of the last command of the machine's own. */
const ownKey = Uint8Array.of(kinds.own);

/** The log time at which a command of the machine's own was executed last; undefined when none was. */
export function ownTime(state: StateReader): number | undefined {
  const noted = state.get(ownKey);
  return noted && getU64(noted, 0);
}

function countKey(shard: Shard): Uint8Array {
  return Uint8Array.of(kinds.count, shard);
}

function itemKey(shard: Shard, at: number): Uint8Array {
  const key = new Uint8Array(6);
  key[0] = kinds.item;
  key[1] = shard;
  putU32(key, 2, at);
  return key;
}

/** The row that is derived from an item: it stands where the items stand the other way round. */
function mirrorKey(shard: Shard, at: number): Uint8Array {
  const key = itemKey(shard, 0xffffffff - at);
  key[0] = kinds.mirror;
  return key;
}

/** The places of all mirrors of a shard that are missing, of those up to the number of its items. */
export function mirrorsMissing(shard: Shard, state: StateReader): number[] {
  return [...tokensIn(shard, state).keys()].filter((at) => state.get(mirrorKey(shard, at)) === undefined);
}

export function encodeAppend({ token, resultBytes, commandBytes = 0 }: Append): Uint8Array {
  const bytes = new Uint8Array(Math.max(12, commandBytes));
  putU64(bytes, 0, token);
  putU32(bytes, 8, resultBytes);
  return bytes;
}

export function decodeAppendToken(command: Uint8Array): number {
  return getU64(command, 0);
}

export function encodeRead({ shard, pageRows }: ReadList): Uint8Array {
  return Uint8Array.of(shard, pageRows);
}

/** The tokens that a read has found. */
export function tokensOf(result: Uint8Array): number[] {
  return Array.from({ length: result.length / 8 }, (_, at) => getU64(result, 8 * at));
}

/** The place at which a token was added. */
export function placeOf(result: Uint8Array): number {
  return getU32(result, 0);
}

/** All tokens of a shard, as `get` finds them. */
export function tokensIn(shard: Shard, state: StateReader): Uint8Array[] {
  const count = state.get(countKey(shard));
  return Array.from({ length: count === undefined ? 0 : getU32(count, 0) }, (_, at) => state.get(itemKey(shard, at)) as Uint8Array);
}

/**
 * A list of tokens for each of some shards: whatever is done twice, or not at all, stays to be seen. Each item has a mirror, a row that
 * is derived from it.
 */
export class AppendMachine implements StateMachine<Append, ReadList> {
  readonly sessions: Uint8Array = Uint8Array.of(kinds.session);
  readonly derived: KeyRange = { from: Uint8Array.of(kinds.mirror), to: Uint8Array.of(kinds.mirror + 1) };
  /** Which shards are here, and how far their time is from the group's. */
  readonly shards: Map<Shard, number>;

  constructor(shards: ReadonlyMap<Shard, number> = new Map([[0, 0]])) {
    this.shards = new Map(shards);
  }

  decodeCommand(bytes: Uint8Array): Decoded<Append> {
    if (bytes.length < 12) return refused("bad_request", "an append has 12 bytes or more");
    return { ok: true, value: { token: getU64(bytes, 0), resultBytes: getU32(bytes, 8) } };
  }

  decodeQuery(bytes: Uint8Array): Decoded<ReadList> {
    if (bytes.length !== 2) return refused("bad_request", "a read has 2 bytes");
    return { ok: true, value: { shard: bytes[0] as number, pageRows: bytes[1] as number } };
  }

  home(shard: Shard): ShardHome | Refused {
    const timeOffset = this.shards.get(shard);
    if (timeOffset === undefined) return refused("wrong_group", "somewhere else");
    return { ok: true, sessions: Uint8Array.of(kinds.session, shard), timeOffset };
  }

  execute(shard: Shard, { token, resultBytes }: Append, state: State): Uint8Array {
    const row = state.get(countKey(shard));
    const count = row === undefined ? 0 : getU32(row, 0);
    const item = new Uint8Array(8);
    putU64(item, 0, token);
    state.put(itemKey(shard, count), item);
    state.put(mirrorKey(shard, count), new Uint8Array());
    const next = new Uint8Array(4);
    putU32(next, 0, count + 1);
    state.put(countKey(shard), next);
    const result = new Uint8Array(Math.max(4, resultBytes));
    putU32(result, 0, count);
    return result;
  }

  /** A command of its own copies a client's session to another shard, which may not be served, and notes when. */
  executeOwn(command: Uint8Array, state: State, time: number): number {
    const [from, to] = command as unknown as [number, number];
    const client = command.subarray(2);
    const noted = new Uint8Array(8);
    putU64(noted, 0, time);
    state.put(ownKey, noted);
    const row = state.get(concat([Uint8Array.of(kinds.session, from), client]));
    if (row === undefined) return 0;
    state.put(concat([Uint8Array.of(kinds.session, to), client]), row);
    return 1;
  }

  query({ shard, pageRows }: ReadList, view: StateView, reply: (result: Uint8Array | Refused) => void): void {
    const home = this.home(shard);
    if (!home.ok) {
      reply(home);
    } else if (pageRows === 0) {
      reply(concat(tokensIn(shard, view)));
    } else {
      scan(shard, pageRows, view, reply);
    }
  }

  derive(key: Uint8Array): Row | undefined {
    return key[0] === kinds.item ? { key: mirrorKey(key[1] as number, getU32(key, 2)), value: new Uint8Array() } : undefined;
  }
}

/** Reads a page at a time, and in the end holds what it has found against the number of items, which it reads by itself. */
function scan(shard: Shard, pageRows: number, view: StateView, reply: (result: Uint8Array | Refused) => void): void {
  const found: Uint8Array[] = [];
  const next = (range: KeyRange): void =>
    view.scan(range, { rowsMax: pageRows, bytesMax: 1 << 20 }, (rows, rest) => {
      for (const { value } of rows) found.push(value);
      if (rest !== undefined) {
        next(rest);
        return;
      }
      const count = view.get(countKey(shard));
      if ((count === undefined ? 0 : getU32(count, 0)) !== found.length) throw new Error("a view's rows are of two moments");
      reply(concat(found));
    });
  next({ from: Uint8Array.of(kinds.item, shard), to: Uint8Array.of(kinds.item, shard + 1) });
}
