import type { KeyCommand, Operation, Outcome } from "./history.ts";
import { refuse } from "./refusal.ts";

interface Open {
  readonly process: string;
  readonly call: number;
  readonly command: KeyCommand;
}

/** Joins the lines of a log, where one line says that a process calls and a later one what came out, to operations. */
export class Processes {
  readonly #open = new Map<string, Open>();
  readonly #operations: Operation[] = [];

  /** A process calls. Lines are numbered in real time, so that the number of a line is a time. */
  call(process: string, line: number, command: KeyCommand): void {
    const open = this.#open.get(process);
    if (open !== undefined) refuse(line, `the end of process ${process}'s ${open.command.op} of line ${open.call} before its next call`);
    this.#open.set(process, { process, call: line, command });
  }

  /** What a process is in the middle of, which has to be what this line ends. */
  called(process: string, line: number, end: KeyCommand["op"]): KeyCommand {
    const open = this.#open.get(process);
    if (open === undefined) return refuse(line, `a call of process ${process} before its end`);
    if (open.command.op !== end) refuse(line, `the end of process ${process}'s ${open.command.op} of line ${open.call}`, end);
    return open.command;
  }

  /** A process's operation ends. */
  end(process: string, line: number, outcome: Outcome): void {
    const { call, command } = this.#open.get(process) ?? refuse(line, `a call of process ${process} before its end`);
    this.#open.delete(process);
    this.#operations.push({ client: process, call, returned: outcome === "unknown" ? undefined : line, command, outcome });
  }

  /** All operations; those that never ended have an unknown outcome. */
  operations(): Operation[] {
    const unended = [...this.#open.values()].map(({ process, call, command }): Operation => ({
      client: process,
      call,
      returned: undefined,
      command,
      outcome: "unknown",
    }));
    return [...this.#operations, ...unended].toSorted((a, b) => a.call - b.call);
  }
}
