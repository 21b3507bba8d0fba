import { assert, present } from "../base/assert.ts";
import { concat, getU64, putU64 } from "../base/bytes.ts";
import type { WriteOp } from "../env/storage.ts";
import type { Entry, LogIndex } from "../raft/types.ts";
import type { Machine, ReadRow } from "./machine.ts";

/** What a recorder tells whoever looks on. */
export interface RecorderHooks {
  /** An entry was applied. */
  applied(entry: Entry): void;
  /** The state is as of `index`, after a start or a snapshot; `command(i)` is what it holds for 1 to `index`. */
  restored(index: LogIndex, command: (index: LogIndex) => Uint8Array): void;
  readReady?(context: number, applied: LogIndex): void;
  readDropped?(context: number): void;
}

const lastKey = Uint8Array.of(0);

function commandKey(index: LogIndex): Uint8Array {
  const key = new Uint8Array(9);
  key[0] = 1;
  putU64(key, 1, index);
  return key;
}

function lastOf(read: ReadRow): LogIndex {
  const row = read(lastKey);
  return row === undefined ? 0 : getU64(row, 0);
}

/** The command that a recorder's state holds at `index`. */
export function commandAt(read: ReadRow, index: LogIndex): Uint8Array {
  return present(read(commandKey(index)), "a command up to the applied index is there");
}

/** A machine whose state is the list of all commands: a row each, and a row that says how many there are. */
export class Recorder implements Machine {
  readonly #hooks: RecorderHooks;

  constructor(hooks: RecorderHooks) {
    this.#hooks = hooks;
  }

  apply(entries: readonly Entry[], read: ReadRow, rows: WriteOp[], prefix: Uint8Array): void {
    let last = lastOf(read);
    for (const entry of entries) {
      assert(entry.index === last + 1, "entries are applied in order, each once");
      last = entry.index;
      rows.push({ op: "put", key: concat([prefix, commandKey(entry.index)]), value: entry.data });
      this.#hooks.applied(entry);
    }
    const value = new Uint8Array(8);
    putU64(value, 0, last);
    rows.push({ op: "put", key: concat([prefix, lastKey]), value });
  }

  restored(index: LogIndex, read: ReadRow): void {
    assert(lastOf(read) === index, "the state is as of the applied index");
    this.#hooks.restored(index, (at) => commandAt(read, at));
  }

  readReady(context: number, read: ReadRow): void {
    this.#hooks.readReady?.(context, lastOf(read));
  }

  readDropped(context: number): void {
    this.#hooks.readDropped?.(context);
  }
}
