import type { Committed } from "./world.ts";

/**
 * What each server has applied, by index: a restarted server that applies its log again changes nothing. Whatever was applied at an
 * index once, anywhere, must be what everybody ever applies there.
 */
export class AppliedLog {
  readonly #held: string[][];
  /** The first value at each index, and the server that had it. */
  readonly #agreed: { readonly value: string; readonly server: number }[] = [];
  readonly #diverged: (reason: string) => void;

  /** `diverged` hears of every server that applies something else than another one did. */
  constructor(servers: number, diverged: (reason: string) => void) {
    this.#held = Array.from({ length: servers }, () => []);
    this.#diverged = diverged;
  }

  /** The highest index at which anything was ever applied; 0 if none. */
  get last(): number {
    return Math.max(0, this.#agreed.length - 1);
  }

  applied(server: number, index: number, value: string): void {
    const held = this.#held[server] as string[];
    held[index] = value;
    const agreed = this.#agreed[index];
    if (agreed === undefined) this.#agreed[index] = { value, server };
    else if (agreed.value !== value)
      this.#diverged(`server ${server} applied ${shown(value)} at index ${index}, server ${agreed.server} applied ${shown(agreed.value)}`);
  }

  /** The server's state is that of `index`: after a restart, or because a snapshot has taken its place. */
  restored(server: number, index: number, value: (index: number) => string): void {
    const held = this.#held[server] as string[];
    held.length = 0;
    for (let at = 1; at <= index; at += 1) this.applied(server, at, value(at));
  }

  committed(index: number): Committed {
    let count = 0;
    for (const held of this.#held) if (held[index] !== undefined) count += 1;
    return { count, value: count === 0 ? undefined : this.#agreed[index]?.value };
  }
}

function shown(value: string): string {
  return value.length <= 24 ? `"${value}"` : `"${value.slice(0, 21)}..."`;
}
