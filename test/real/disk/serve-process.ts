import { fileURLToPath } from "node:url";
import { freePorts } from "../../../src/real/free-ports.ts";
import { replicaSettings } from "../../../src/server/settings.ts";
import { Child, sourceWords, within } from "./child.ts";
import type { MemberServer } from "./member-server.ts";

const program = fileURLToPath(new URL("./member-server.ts", import.meta.url));

/** Only what hangs takes so long. */
const hangMs = 60_000;

/** What became of a real server that was started on a directory. `ended`: of itself, with this code. */
export type Served =
  | { readonly kind: "ended"; readonly code: number | string | undefined; readonly stderr: string }
  | { readonly kind: "led"; readonly code: number | string | undefined; readonly stderr: string };

/**
 * Starts a server on the directory of a group of one, lets it come to lead its group if it can, and tells it to end. It is what
 * an operator would start, but for its machine: a process with a port, exit codes and a log.
 */
export async function serveDirectory(path: string): Promise<Served> {
  const servers = `127.0.0.1:${(await freePorts(1))[0]}`;
  const told: MemberServer = replicaSettings({ cluster: "kvorum", group: 1, replica: 0, servers, creation: 1, data: path });
  const server = new Child(process.execPath, [...sourceWords(program), JSON.stringify(told)]);
  try {
    const led = await within(
      hangMs,
      "a server's start",
      server.until(() => server.stderr.includes('"to":"leader"')),
    );
    if (led) server.kill("SIGTERM");
    const { code, stderr } = await within(hangMs, "a server's end", server.ended);
    return { kind: led ? "led" : "ended", code, stderr };
  } finally {
    if (server.over === undefined) await server.end();
  }
}
