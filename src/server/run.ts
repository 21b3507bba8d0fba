import type { Unusable } from "../rsm/identity.ts";
import type { Stop } from "../real/stop.ts";
import { Refusal } from "../real/stop.ts";
import { type Log, type LogLevel, openLog } from "../real/log.ts";
import { OtherShape } from "../shardkv/migration/shape.ts";
import { endProcess } from "./ending.ts";
import { collectAlone } from "./heap.ts";
import { type Program, serve, type Served } from "./serve.ts";
import type { ServerSettings } from "./settings.ts";
import { stopCodes } from "./stop-codes.ts";
import { startWatchdog } from "./watchdog.ts";

/**
 * Runs a server for as long as the process lives: opens its disk and its port, runs `program`, and ends with 0 on SIGTERM or SIGINT:
 * politely at the first, at once at a second.
 * What is wrong at the start or later is one sentence on stderr and an exit code of its own (`stopCodes`). Resolves when the server is
 * up; rejects when it does not start, after `process.exitCode` has been set.
 */
export async function runServer(settings: ServerSettings, logLevel: LogLevel, program: Program): Promise<Served | undefined> {
  collectAlone();
  const log = openLog(logLevel, settings.title ?? settings.self);
  let served: Served | undefined;
  let isEnding = false;
  const end = (code: number): void => {
    // The first reason counts.
    if (isEnding) return;
    isEnding = true;
    endProcess(code, served);
  };
  const stop: Stop = (reason, sentence) => {
    log.error(sentence, { reason });
    end(stopCodes[reason]);
  };
  endOnBugs(log, end);
  const signals = endOnSignals(log, end);
  // From the start: the disk can stand still while it is opened.
  const endWatch = startWatchdog({ stallMs: settings.stallMs, diskMs: () => served?.unfinishedMs() ?? 0, warn: (said) => log.error(said) });
  try {
    const up = await serve(settings, { log, stop }, program);
    served = up;
    signals.up(async () => {
      await up.drain();
      await up.stop();
    });
    return up;
  } catch (error) {
    endWatch();
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`kvorum: ${error.message}\n`);
    process.exitCode = stopCodes[error.reason];
    return undefined;
  }
}

/** Ends the process because a replica has found that its directory is of no use to it. */
export function refuseDirectory({ why, kind }: Unusable, stop: Stop): void {
  if (kind === "foreign") stop("data_unusable", `This server's data directory is of no use to it: ${why}.`);
  else stop("data_damaged", `This server's data is damaged: ${why}; replace its directory as that of a new server.`);
}

/**
 * A broken invariant ends the process with Node's own code for it: nothing can be said about what would come next. What a log says of a
 * cluster of another shape is found as late as that, and is no bug.
 */
function endOnBugs(log: Log, end: (code: number) => void): void {
  process.on("uncaughtException", (error) => {
    if (error instanceof OtherShape) {
      log.error(error.message, { reason: "shape_differs" });
      return end(stopCodes.shape_differs);
    }
    log.error("The server ends because of a bug.", { error: error.stack ?? String(error) });
    end(1);
  });
}

/**
 * The first signal lets another server lead, everything that was accepted be answered, and go to disk; a second one does not wait for
 * it. Before the server is up there is nothing to wait for.
 */
function endOnSignals(log: Log, end: (code: number) => void): { readonly up: (drain: () => Promise<void>) => void } {
  let drain: (() => Promise<void>) | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const first = drain;
    if (first === undefined) return end(0);
    drain = undefined;
    log.info("The server ends.", { signal });
    void first().then(() => end(0));
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return {
    up: (run) => {
      drain = run;
    },
  };
}
