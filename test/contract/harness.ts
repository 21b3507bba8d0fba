/** How a life ends: the process alone, or the whole machine. */
export type Crash = "process" | "power";

/** How a contract lets time pass, whether it is virtual or not. */
export interface Time {
  /** Lets time pass until `condition` holds; rejects when it does not for long. */
  until(this: void, condition: () => boolean): Promise<void>;
  /** Lets at least `ms` milliseconds pass. */
  pass(this: void, ms: number): Promise<void>;
}
