import { isAssertion, look } from "./look.ts";

// Looks into one directory after the other, for the rig that has forked it. A directory that ends a server by a sentence is a
// result; what nothing in the server has foreseen ends this process, with the directory's name on its lips.

export interface Question {
  readonly path: string;
  readonly goOn: boolean;
}

process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", ({ path, goOn }: Question) => {
  void look(path, goOn).then((looked) => process.send?.(looked), fail);
});
process.on("uncaughtException", fail);

function fail(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${isAssertion(error) ? "assertion: " : ""}${text}\n`, () => process.exit(1));
}
