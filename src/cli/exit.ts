/**
 * What the exit code of `kvorum` says. Scripts may rely on these numbers: a code never changes its meaning.
 *
 * 0 to 9 are the verdicts of a command that runs and ends; 10 to 63 are the reasons why a server stops (`server/stop-codes.ts`).
 */
export const exitCodes = {
  /** Everything asked for was done, and every check passed. */
  ok: 0,
  /** A check or a test failed. Node itself also ends with 1 when the program has a bug; a stack trace on stderr tells the two apart. */
  failed: 1,
  /** The command line was not understood; nothing was done. */
  usage: 2,
  /** `kvorum check` reached its limit before it knew, by contract the same number: what was asked for has not been done. */
  undecided: 2,
  /** A file that was named cannot be read or written, or does not hold what it should. */
  unreadable: 3,
  /** The key was not there, or had not what was expected: by contract the same number as a failed check. */
  absent: 1,
  /** The store did not do what it was asked, and never will for this call. */
  notDone: 4,
  /** It is not known whether the store has done what it was asked, or will yet. */
  unknown: 5,
  /** `--timeout` was over, and what was asked for was not done and never will be by this call; by contract only of `kvorum shard`. */
  timeout: 6,
} as const;

/** One of the documented exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
