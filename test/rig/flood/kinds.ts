/**
 * Ways to ask without measure. `puts` and `huge`: small and large ones; `scans` of everything; `deaf`: reads of much, by somebody
 * who never reads an answer.
 */
export const floodKinds = ["puts", "huge", "scans", "deaf"] as const;
export type FloodKind = (typeof floodKinds)[number];

/** What a flooding process is told. */
export interface FloodSettings {
  readonly kind: FloodKind;
  readonly addresses: readonly string[];
  readonly connections: number;
}

/** What it was told in answer, or what became of its connections. */
export interface FloodCounts {
  asked: number;
  results: number;
  overloaded: number;
  /** Other refusals: mostly of servers that do not lead. */
  refused: number;
  /** Connections that servers have closed. */
  closed: number;
  /** Connections on which servers take nothing now: what was said last has not left. */
  unheard: number;
}

/** The values that are there to be read. */
export const stock: { readonly keys: number; readonly valueBytes: number } = { keys: 256, valueBytes: 64 * 1024 };

export function stockKey(number: number): string {
  return `stock ${number % stock.keys}`;
}
