import { readFileSync, writeFileSync } from "node:fs";
import { utf8Text } from "../base/bytes.ts";
import { Check, checkOptions, type CheckResult, type Failure, type Verdict } from "../check/check.ts";
import { type ExplainedFailure, explainFailure } from "../check/explain.ts";
import { jsonFields } from "../check/json-lines.ts";
import { type ReadHistory, readHistory } from "../check/read.ts";
import { HistoryRefused } from "../check/refusal.ts";
import { failureHtml } from "../check/render-html.ts";
import { failureText } from "../check/render-text.ts";
import { durationText } from "../lab/text.ts";
import { type ExitCode, exitCodes } from "./exit.ts";

/** The name of a file that stands for standard input. */
export const standardInput = "-";

/** What a command line asks for. */
export interface CheckSettings {
  readonly stepsMax: number;
  readonly html: string | undefined;
  readonly explain: boolean;
  readonly json: boolean;
}

/** A file that cannot be read, or written; the message is the end of a sentence that begins with its name. */
class Unreadable extends Error {}

/** Steps between two looks at the clock. */
const stepsAtOnce = 100_000;

/** Checks one file after the other: verdicts and explanations go to stdout, all else to stderr. */
export class CheckRun {
  readonly #settings: CheckSettings;
  readonly #input: () => AsyncIterable<Uint8Array>;
  readonly #codes = new Set<ExitCode>();
  #drawn = false;

  constructor(settings: CheckSettings, input: () => AsyncIterable<Uint8Array>) {
    this.#settings = settings;
    this.#input = input;
  }

  /** Checks all, and says with which code to end: the worst, where a refutation is worse than anything that is not known. */
  async all(files: readonly string[]): Promise<ExitCode> {
    for (const file of files) {
      // Each file is read when it is its turn, so that a long list is never in memory at once.
      // oxlint-disable-next-line no-await-in-loop
      await this.#one(file);
    }
    return [exitCodes.failed, exitCodes.unreadable, exitCodes.undecided].find((code) => this.#codes.has(code)) ?? exitCodes.ok;
  }

  async #one(file: string): Promise<void> {
    try {
      const read = parsed(await bytesOf(file, this.#input));
      if (read.format === undefined) process.stderr.write(`kvorum: ${file}: it holds no operations.\n`);
      const result = this.#decide(file, read);
      this.#codes.add(codeOf(result.verdict));
      const explained = result.failure === undefined ? undefined : this.#explained(result.failure);
      if (this.#settings.json) out(`${jsonOf(file, read, result, this.#settings.explain ? explained : undefined)}\n`);
      else {
        out(`${file}: ${result.verdict}\n`);
        if (this.#settings.explain && explained !== undefined) out(`\n${failureText(explained)}\n`);
      }
      if (explained !== undefined) this.#draw(file, explained);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#codes.add(exitCodes.unreadable);
      process.stderr.write(`kvorum: ${error.message.startsWith("line") ? `${file}, ` : `${file}: `}${error.message}.\n`);
    }
  }

  #decide(file: string, { history }: ReadHistory): CheckResult {
    const check = new Check(history, checkOptions({ stepsMax: this.#settings.stepsMax }));
    const progress = new Progress(file);
    for (;;) {
      const result = check.run(stepsAtOnce);
      if (result === undefined) {
        progress.say(check.progress);
        continue;
      }
      progress.clear();
      return result;
    }
  }

  /** What a picture or a text about a failure needs; undefined where nobody asks for it, since it costs another search. */
  #explained(failure: Failure): ExplainedFailure | undefined {
    const { explain, html } = this.#settings;
    return explain || (html !== undefined && !this.#drawn) ? explainFailure(failure) : undefined;
  }

  #draw(file: string, explained: ExplainedFailure): void {
    const { html } = this.#settings;
    if (html === undefined || this.#drawn) return;
    this.#drawn = true;
    try {
      writeFileSync(html, failureHtml(file, explained));
    } catch (error) {
      throw new Unreadable(`its picture cannot be written to ${html}: ${reasonOf(error)}`, { cause: error });
    }
  }
}

function out(text: string): void {
  process.stdout.write(text);
}

function codeOf(verdict: Verdict): ExitCode {
  if (verdict === "not linearizable") return exitCodes.failed;
  return verdict === "linearizable" ? exitCodes.ok : exitCodes.undecided;
}

/** A verdict as a line of JSON; with what it explains where that was asked for. */
function jsonOf(file: string, { format }: ReadHistory, result: CheckResult, explained: ExplainedFailure | undefined): string {
  const { failure, undecided, ...counts } = result;
  return JSON.stringify({
    file,
    format: format ?? null,
    ...counts,
    undecided: undecided.map((key) => jsonFields({ key })),
    ...(failure === undefined ? {} : { failure: { ...jsonFields({ key: failure.key }), operations: failure.operations.length } }),
    ...(explained === undefined ? {} : { explanation: failureText(explained) }),
  });
}

// ---- files

async function bytesOf(file: string, input: () => AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  try {
    if (file !== standardInput) return readFileSync(file);
    const parts: Uint8Array[] = [];
    for await (const part of input()) parts.push(part);
    return Buffer.concat(parts);
  } catch (error) {
    throw new Unreadable(`it cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function parsed(bytes: Uint8Array): ReadHistory {
  try {
    return readHistory(textOf(bytes).replace(/^\ufeff/, ""));
  } catch (error) {
    if (error instanceof HistoryRefused) throw new Unreadable(error.message, { cause: error });
    throw error;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8Text(bytes);
  } catch (error) {
    const isTooLong = error instanceof Error && "code" in error && error.code === "ERR_STRING_TOO_LONG";
    throw new Unreadable(isTooLong ? "it is too long" : "it is not text in UTF-8", { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory",
  EACCES: "there is no permission",
  ENOTDIR: "there is no such folder",
  ERR_FS_FILE_TOO_LARGE: "it is too long",
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  return reasons[code] ?? code;
}

// ---- progress

const quietMs = 2000;
const terminalMs = 200;
const plainMs = 10_000;

/** Says how far a check is once it takes longer: on a terminal in one line that is written over, elsewhere in a line now and then. */
class Progress {
  readonly #file: string;
  readonly #terminal = process.stderr.isTTY;
  readonly #begun = Date.now();
  #nextAt = this.#begun + quietMs;
  #shown = false;

  constructor(file: string) {
    this.#file = file;
  }

  say({ steps, decided, keys }: Check["progress"]): void {
    const now = Date.now();
    if (now < this.#nextAt) return;
    this.#nextAt = now + (this.#terminal ? terminalMs : plainMs);
    const text = `${this.#file}: ${decided} of ${keys} keys decided, ${(steps / 1e6).toFixed(1)} million steps, ${durationText(now - this.#begun)}`;
    // Carriage return, and clear to the end of the line.
    process.stderr.write(this.#terminal ? `\r${text}\u001b[K` : `${text}\n`);
    this.#shown = this.#terminal;
  }

  clear(): void {
    if (this.#shown) process.stderr.write("\r\u001b[K");
  }
}
