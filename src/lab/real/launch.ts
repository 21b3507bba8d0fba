import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { FromChild, ToChild } from "./protocol.ts";

/** How a server's process ended. */
export interface ChildEnd {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** The last lines that it wrote to stderr. */
  readonly lastWords: string;
}

/** A server's process, as the runner sees it. */
export interface Child {
  /** What is sent to a process that has ended is lost. */
  send(message: ToChild): void;
  /** Ends it at once. */
  kill(): void;
}

/** Who hears a child. */
export interface ChildListener {
  message(message: FromChild): void;
  /** The process is gone, and everything that it said has been heard. */
  ended(end: ChildEnd): void;
}

/** Starts a process that waits to be told what it is to be. Its argument only tells people whose it is. */
export type Launch = (label: string, listener: ChildListener) => Child;

/** Of stderr so much is kept. */
const lastWordsMax = { characters: 8_000, lines: 20 } as const;

/** The program of a server: it stands beside this file, and has the same extension, in the sources and in what is compiled of them. */
const program = fileURLToPath(new URL("./child.ts", import.meta.url)).replace(/\.ts$/, extname(import.meta.url));

/** Starts a server as a process of its own: with this one's Node and options, so that it runs from sources where this one does. */
export const launchProcess: Launch = (label, listener) => {
  const child = fork(program, [label], { execArgv: process.execArgv, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const words = lastWordsOf(child);
  child.on("message", (message) => listener.message(message as FromChild));
  void endOf(child).then(({ code, signal }) => listener.ended({ code, signal, lastWords: words() }));
  return {
    send: (message) => {
      // Whoever waits for the answer hears of the process's end instead.
      if (child.connected) child.send(message, () => {});
    },
    kill: () => {
      child.kill("SIGKILL");
    },
  };
};

/** What a child has written to stderr lately. */
function lastWordsOf(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (more: string) => {
    text = (text + more).slice(-lastWordsMax.characters);
  });
  return () => text.trimEnd().split("\n").slice(-lastWordsMax.lines).join("\n");
}

/** Waits for the process to end, and for all that it has said: each of the three may come last. */
async function endOf(child: ChildProcess): Promise<Omit<ChildEnd, "lastWords">> {
  const failed = new Promise<Omit<ChildEnd, "lastWords">>((resolve) => {
    child.on("error", (error) => {
      // Only what was never started has no number; other errors are followed by an end.
      if (child.pid === undefined) resolve({ code: undefined, signal: error.message });
    });
  });
  const disconnected = new Promise((resolve) => {
    child.once("disconnect", resolve);
  });
  const closed = new Promise<Omit<ChildEnd, "lastWords">>((resolve) => {
    child.once("close", (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
  });
  return Promise.race([failed, Promise.all([closed, disconnected]).then(([end]) => end)]);
}
