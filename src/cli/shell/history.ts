import { readFileSync, writeFileSync } from "node:fs";

/** Lines that are remembered. */
export const historyLinesMax = 1000;

/** The lines that were given to earlier shells, in a file. A shell works without: what is wrong with the file is told once. */
export class History {
  readonly #file: string;
  readonly #tell: (sentence: string) => void;
  #isBroken = false;

  constructor(file: string, tell: (sentence: string) => void) {
    this.#file = file;
    this.#tell = tell;
  }

  /** The newest comes first; none where there is no file. */
  read(): string[] {
    const text = this.#trying("read", () => readFileSync(this.#file, "utf8")) ?? "";
    return text
      .split("\n")
      .filter((line) => line !== "")
      .slice(-historyLinesMax)
      .toReversed();
  }

  /** Keeps these lines, of which the newest comes first. Who may use the store need not read what others have put there. */
  write(lines: readonly string[]): void {
    this.#trying("written", () => writeFileSync(this.#file, `${lines.toReversed().join("\n")}\n`, { mode: 0o600 }));
  }

  #trying<T>(how: string, act: () => T): T | undefined {
    try {
      return this.#isBroken ? undefined : act();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
      if (how === "read" && code === "ENOENT") return undefined;
      this.#isBroken = true;
      this.#tell(`Lines are not remembered: ${this.#file} cannot be ${how} (${code}).`);
      return undefined;
    }
  }
}
