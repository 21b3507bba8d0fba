import type { Admin } from "../../../src/client/admin.ts";
import type { CallOptions, Client, ScanRange, ScanRow } from "../../../src/client/client.ts";
import { KvorumError } from "../../../src/client/errors.ts";
import type { ShellWorld } from "../../../src/cli/shell/command.ts";

/** A store in a map, as far as a shell uses one; keys that begin with `slow` wait until they are given up. */
export class MapStore {
  readonly rows: Map<string, string> = new Map();

  get(key: string, options: CallOptions = {}): Promise<string | undefined> {
    return key.startsWith("slow") ? givenUp(options) : Promise.resolve(this.rows.get(key));
  }

  put(key: string, value: string): Promise<{ readonly existed: boolean; readonly version: number }> {
    const existed = this.rows.has(key);
    this.rows.set(key, value);
    return Promise.resolve({ existed, version: existed ? 2 : 1 });
  }

  append(key: string, value: string): Promise<{ readonly old: string | undefined; readonly version: number }> {
    const old = this.rows.get(key);
    this.rows.set(key, (old ?? "") + value);
    return Promise.resolve({ old, version: old === undefined ? 1 : 2 });
  }

  cas(key: string, expected: string | undefined, value: string | undefined): Promise<object> {
    const current = this.rows.get(key);
    if (current !== expected) return Promise.resolve({ done: false, version: 1, current });
    this.rows.set(key, value ?? "");
    return Promise.resolve({ done: true, version: 2 });
  }

  async *scan({ start = "", end, prefix = "", limit = Infinity }: ScanRange<string> = {}): AsyncGenerator<ScanRow<string>> {
    const keys = [...this.rows.keys()]
      .toSorted()
      .filter((key) => key >= start && key.startsWith(prefix) && (end === undefined || key < end));
    for (const key of keys.slice(0, limit)) yield { key, value: this.rows.get(key) ?? "", version: 1 };
  }
}

function givenUp({ signal }: CallOptions): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(new KvorumError("aborted", "The get was not answered: it was aborted.")));
  });
}

function unanswered(): Promise<never> {
  return Promise.reject(new KvorumError("timeout", "The query was not answered: its 500 ms were over."));
}

/** A shell's world with nothing but that store. */
export function worldOf(store: MapStore): ShellWorld {
  const admin = { query: unanswered, status: () => new Promise(() => {}) } as unknown as Admin;
  return { client: store as unknown as Client, admin, local: undefined };
}
