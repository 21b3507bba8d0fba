/** What keeps a server from ending. */
export interface Ending {
  /** For how many milliseconds the oldest write has been on its way to the disk; 0 when there is none. */
  unfinishedMs(): number;
  /** Does and answers nothing any more, from here on. */
  silence(): void;
}

/** How often one looks whether the disk has come to rest. */
const lookMs = 10;

/**
 * Ends the process with `code`: at once while the disk is at rest. Node's own end waits for a disk call that is under way, for ever if
 * the disk hangs, and has stopped every thread by then, the watchdog's too. So the server falls silent until the call is back; one that
 * does not come back is the watchdog's business.
 */
export function endProcess(code: number, server: Ending | undefined, exit: (code: number) => void = (given) => process.exit(given)): void {
  if (server === undefined || server.unfinishedMs() === 0) return exit(code);
  const timer = setInterval(() => {
    if (server.unfinishedMs() > 0) return;
    clearInterval(timer);
    exit(code);
  }, lookMs);
  server.silence();
}
