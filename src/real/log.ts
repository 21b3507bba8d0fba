import { pino } from "pino";
import type { Trace, TraceFields } from "../base/trace.ts";

/** The least important thing that is logged. `debug` holds everything that is traced. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";
export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/** A server's log: lines of JSON on stderr, each written before the call returns, so that the last one before an exit is there. */
export interface Log {
  readonly trace: Trace;
  info(text: string, fields?: TraceFields): void;
  warn(text: string, fields?: TraceFields): void;
  error(text: string, fields?: TraceFields): void;
}

/** What a trace point means to whoever runs the server; those that are not listed are for debugging. */
const importance: Readonly<Record<string, { readonly level: "info" | "warn" | "error"; readonly advice?: string }>> = {
  "admission: admitted": { level: "info" },
  "admission: opened": { level: "info" },
  "admission: refused an unknown incarnation": {
    level: "warn",
    advice: "That server's data directory was emptied or replaced; its own log says what to do.",
  },
  "admission: this replica's directory is not the one its group knows": {
    level: "error",
    advice:
      "Its data directory was emptied or replaced, and taking part with it could undo what was acknowledged. Put the old directory back. " +
      "If no member of the group has ever been admitted, empty the directories of all of them and start again. Until then the group runs without this replica.",
  },
  "migrator: a configuration names another group of this number": { level: "warn" },
  "raft: role": { level: "info" },
  "member: refuses to take part": { level: "error" },
  "snapshot: larger than a snapshot may be": { level: "warn" },
  "snapshot: sent": { level: "info" },
  "tcp: a peer came back with another directory": { level: "warn" },
  "tcp: closed a connection": { level: "info" },
  "tcp: closed a connection for what it said": { level: "warn" },
  "tcp: connected to a peer": { level: "info" },
  "tcp: no connection to a peer": { level: "info" },
  "tcp: turned a connection away": { level: "warn" },
};

/** A log on stderr from `level` on. */
export function openLog(level: LogLevel, name: string): Log {
  const logger = pino({ level, base: { server: name }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
  return {
    trace: (text, fields) => {
      const known = importance[text];
      if (known === undefined) logger.debug(fields, text);
      else logger[known.level](known.advice === undefined ? fields : { ...fields, advice: known.advice }, text);
    },
    info: (text, fields) => logger.info(fields, text),
    warn: (text, fields) => logger.warn(fields, text),
    error: (text, fields) => logger.error(fields, text),
  };
}
