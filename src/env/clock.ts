/** Ends what it came from. Calling it twice, or after the event, does nothing. */
export type Cancel = () => void;

/** Time as a server sees it. Two servers' clocks agree on nothing, neither on the hour nor on the speed. */
export interface Clock {
  /** Milliseconds since an unspecified moment; never falls, may stand still, may leap ahead (a paused process). */
  now(): number;
  /** Milliseconds since 1970 by the wall clock, for stamps that people read. May jump either way: nothing may depend on it. */
  wallMs(): number;
  /**
   * Runs `run` once, not before `ms` milliseconds have passed, perhaps much later, never from inside this call. `after(0, ...)`
   * runs when the inputs that already wait in this turn have been handled: it is how work of one turn is gathered into a batch.
   */
  after(ms: number, run: () => void): Cancel;
}
