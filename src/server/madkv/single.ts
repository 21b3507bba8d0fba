import { groupId, replicaId, serverId } from "../../base/ids.ts";
import type { Address } from "../../real/address.ts";
import type { LogLevel } from "../../real/log.ts";
import { startReplica } from "../../rsm/start.ts";
import { KvMachine } from "../../shardkv/kv-machine.ts";
import { runServer } from "../run.ts";
import { defaultStallMs } from "../settings.ts";
import { madkvCluster } from "./names.ts";
import { optionsFor } from "./replica-options.ts";

/** Runs the server that has no manager and no peers, and keeps everything in memory. */
export async function runSingle(listen: Address, logLevel: LogLevel): Promise<void> {
  const self = serverId("s");
  const identity = { group: groupId(1), creation: 1, replica: replicaId(0), servers: [self] };
  const memory = { data: undefined, create: false, stallMs: defaultStallMs };
  await runServer({ cluster: madkvCluster, self, listen, peers: [], ...memory, transport: { anyName: true } }, logLevel, (env, { log }) => {
    const running = startReplica(env, identity, optionsFor(1), new KvMachine());
    log.info("The server is up.", { port: listen.port });
    return running;
  });
}
