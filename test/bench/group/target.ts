/** One connection of the load to a store. Many operations may be in flight on it. */
export interface LoadClient {
  put(key: string, value: string, done: () => void): void;
  /** Absent where the store has no reads. */
  readonly get?: (key: string, done: () => void) => void;
  close(): Promise<void>;
}

/** A store of three replicas in three processes on this machine. */
export interface Target {
  readonly name: string;
  connect(): Promise<LoadClient>;
  /** CPU of all its processes so far, in seconds. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}
