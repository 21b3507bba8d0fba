import { refuseDirectory, runServer } from "../../server/run.ts";
import type { Channel, ChildSettings, Request } from "./protocol.ts";
import { LabServer, serversOf } from "./program.ts";
import { watchStalls } from "./stall-watch.ts";

// The program of a server's process in the lab: what a server of a group is in production, and a runner behind the IPC channel that
// says what it is to be asked and what its network is to do. Its one argument is a `ChildSettings` as JSON.

const settings = JSON.parse(process.argv[2] ?? "null") as ChildSettings;
const { addresses, place, cluster, data, create } = settings;
const servers = serversOf(settings);
const [self, listen] = [servers[place], addresses[place]];
if (self === undefined || listen === undefined) throw new Error(`there is no server ${place}`);

// A server without its runner is nobody's, and at once: a disk that hangs would keep it from an orderly end.
const endAtOnce = (): void => void process.kill(process.pid, "SIGKILL");
process.on("disconnect", endAtOnce);
// It may have gone while this program was being loaded, and nobody listened yet.
if (!process.connected) endAtOnce();

const channel: Channel = {
  send: (message) => {
    // When the runner is gone, so is this process in a moment.
    process.send?.(message, () => {});
  },
  onRequest: (hear) => {
    process.on("message", (message) => hear(message as Request));
  },
};

const peers = servers.filter((server) => server !== self);
let server: LabServer | undefined;
const served = await runServer({ cluster, self, listen, peers, data, create }, "warn", (env, { stop }) => {
  server = new LabServer(env, settings, channel, (found) => refuseDirectory(found, stop));
  return server;
});
// The channel to the runner would keep it alive.
if (served === undefined) process.exit();
watchStalls((ms) => server?.tell({ kind: "stalled", ms }));
