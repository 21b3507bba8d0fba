/**
 * The promises that are checked: R of one group's log, C of its clients' sessions, S of the shardmaster's configurations, L that it goes on when it should, LIN that what clients
 * saw is linearizable. See `oracle.ts` and `group-oracle.ts` for where each stands.
 */
export type InvariantId =
  | "R1"
  | "R2"
  | "R3"
  | "R4"
  | "R5"
  | "R6"
  | "R7"
  | "R8"
  | "R9"
  | "R10"
  | "R11"
  | "R12"
  | "R13"
  | "R14"
  | "R16"
  | "R18"
  | "R19"
  | "R20"
  | "R21"
  | "R22"
  | "R23"
  | "R24"
  | "R25"
  | "R26"
  | "R27"
  | "R28"
  | "C1"
  | "C2"
  | "C4"
  | "C5"
  | "C6"
  | "C8"
  | "C10"
  | "LIN"
  | "S1"
  | "S2"
  | "S4"
  | "S5"
  | "S6"
  | "S7"
  | "S8"
  | "S9"
  | "L1"
  | "L2"
  | "L3"
  | "L4"
  | "L5"
  | "L6"
  | "L7"
  | "L8"
  | "L9"
  | "M1"
  | "M2"
  | "M3"
  | "M4"
  | "M6"
  | "M7"
  | "M8"
  | "M10"
  | "M13";

/** A promise that was broken, in one sentence that names who, where and in which term. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly invariant: InvariantId;

  constructor(invariant: InvariantId, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.invariant = invariant;
  }
}

export function violate(invariant: InvariantId, sentence: string, cause?: unknown): never {
  throw new Violation(invariant, sentence, cause === undefined ? undefined : { cause });
}
