import { refuseDirectory, runServer } from "../../server/run.ts";
import { defaultStallMs } from "../../server/settings.ts";
import { tcpLimitsFor } from "./limits.ts";
import { LabServer, serversOf } from "./program.ts";
import type { Channel, ChildSettings, Request, ToChild } from "./protocol.ts";
import { watchStalls } from "./stall-watch.ts";

// The program of a server's process in the lab: what a server of a group is in production, and a runner behind the IPC channel that
// says what it is to be, what it is asked and what its network does. So a process can have its program before it is needed.

// A server without its runner is nobody's, and at once: a disk that hangs would keep it from an orderly end.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

/** Takes in requests, and keeps those that come before the server is there. */
const waiting: Request[] = [];
let hear = (request: Request): void => void waiting.push(request);

const settings = await new Promise<ChildSettings>((resolve) => {
  process.on("message", (message: ToChild) => {
    if (message.kind === "begin") resolve(message.settings);
    else hear(message);
  });
});

const channel: Channel = {
  send: (message) => {
    // When the runner is gone, so is this process in a moment.
    process.send?.(message, () => {});
  },
  onRequest: (receive) => {
    hear = receive;
    for (const request of waiting.splice(0)) receive(request);
  },
};

const { addresses, place, cluster, data, create, program } = settings;
const servers = serversOf(settings);
const [self, listen] = [servers[place], addresses[place]];
if (self === undefined || listen === undefined) throw new Error(`there is no server ${place}`);
const peers = servers.filter((server) => server !== self);

const limits = tcpLimitsFor(program.kind === "log" || program.kind === "sharded" ? undefined : program.valueBytesMax);

let server: LabServer | undefined;
const given = { cluster, self, listen, peers, data, create, limits, stallMs: defaultStallMs };
const served = await runServer(given, "warn", (env, { stop }) => {
  server = new LabServer(env, settings, channel, (found) => refuseDirectory(found, stop));
  return server;
});
// The channel to the runner would keep it alive.
if (served === undefined) process.exit();
watchStalls((ms) => server?.tell({ kind: "stalled", ms }));
