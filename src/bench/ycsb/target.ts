import type { YcsbOperation } from "./draw.ts";

/** One access to the store: a `modify` is a read and then an update. */
export type Access = "read" | "insert" | "update" | "scan";

/** The clients of a phase. Each has one access under way at most. */
export interface TargetClients {
  /** Begins an access of a client; `answered` is called with its end. */
  begin(client: number, access: Access, operation: YcsbOperation): void;
  /** All have answered: ends them; a sentence where that went wrong. */
  stop(): Promise<string | undefined>;
  /** Ends them at once. */
  kill(): void;
  /** CPU of their processes so far; undefined where that is not known, or where they have none of their own. */
  cpuSeconds(): number | undefined;
}

/** Who hears the clients of a phase. */
export interface TargetListener {
  /** An access has ended; `rows` is how many a scan gave. */
  answered(client: number, rows: number): void;
  /** An access will not end; a sentence says why. */
  failed(sentence: string): void;
}

/** How a benchmark reaches the store. Each phase has clients of its own. */
export interface Target {
  readonly name: "processes" | "library";
  connect(clients: number, listener: TargetListener): TargetClients;
}
