import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { within } from "./child.ts";
import type { Looked } from "./look.ts";

/** Nobody foresaw it: an exception, an end of the process from inside LevelDB, or none at all. */
export interface Failed {
  readonly kind: "failed";
  /** Undefined for one that was ended because it hung. */
  readonly code: number | string | undefined;
  readonly how: "threw" | "died" | "hung";
  readonly text: string;
}

/** Only what hangs takes so long. */
const hangMs = 60_000;

/** A process that looks into directories, and is replaced when one of them has killed it. */
export class Inspector {
  #child: ChildProcess | undefined;
  #stderr = "";
  /** How many processes were used up. */
  deaths = 0;

  async look(path: string, goOn: boolean): Promise<Looked | Failed> {
    const child = (this.#child ??= this.#start());
    const answer = new Promise<Looked | Failed>((resolve) => {
      const onMessage = (message: unknown): void => finish(message as Looked);
      const onClose = (code: number | null, signal: string | null): void =>
        finish({ kind: "failed", code: signal ?? code ?? undefined, how: code === 1 ? "threw" : "died", text: this.#stderr });
      const finish = (found: Looked | Failed): void => {
        child.off("message", onMessage).off("close", onClose);
        resolve(found);
      };
      child.on("message", onMessage).on("close", onClose);
    });
    child.send({ path, goOn });
    const found = await within(hangMs, "looking", answer).catch((): Failed => ({
      kind: "failed",
      code: undefined,
      how: "hung",
      text: this.#stderr,
    }));
    if ("kind" in found) {
      this.deaths += 1;
      await this.close();
    }
    return found;
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await closed;
  }

  #start(): ChildProcess {
    const program = fileURLToPath(new URL("inspect.ts", import.meta.url));
    const child = fork(program, { execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr = (this.#stderr + text).slice(-4_000)));
    return child;
  }
}
