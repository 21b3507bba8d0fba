import type { LogLevel } from "../../real/log.ts";
import { masterGroup } from "../../shardmaster/master-group.ts";
import { startShardMaster } from "../../shardmaster/start.ts";
import { replicaId } from "../../base/ids.ts";
import { refuseDirectory, runServer } from "../run.ts";
import { defaultStallMs } from "../settings.ts";
import { addressBook, creationOf, foundersOf, managerName, shapeOf } from "./cluster.ts";
import { madeParent } from "./directory.ts";
import { madkvCluster } from "./names.ts";
import type { ManagerSettings } from "./settings.ts";
import { optionsFor } from "./replica-options.ts";

/** Runs a manager for as long as the process lives: a shardmaster whose groups are known from the start. */
export async function runManager(settings: ManagerSettings, logLevel: LogLevel): Promise<void> {
  const { listen, peers, backer, servers, rf } = settings;
  const names = peers.addresses.map((_, replica) => managerName(replica));
  const self = managerName(peers.replica);
  const founders = foundersOf(settings);
  const shape = shapeOf(settings);
  const identity = { group: masterGroup, creation: creationOf(settings), replica: replicaId(peers.replica), servers: names };
  const transport = {
    listenAlso: peers.listen,
    anyName: true,
    addressOf: addressBook(names.map((name, replica) => [name, peers.addresses[replica]])),
  };
  const data = backer === undefined ? undefined : madeParent(backer);
  const createdFrom = "the servers, their order, their replication factor or the partitioner";
  const owner = { group: identity.group, creation: identity.creation, replica: identity.replica, createdFrom };
  const told = {
    cluster: madkvCluster,
    self,
    title: self,
    owner,
    listen,
    peers: [],
    data,
    create: true,
    stallMs: defaultStallMs,
    transport,
  };
  await runServer(told, logLevel, (env, { log, stop }) => {
    const running = startShardMaster(
      env,
      identity,
      { replica: optionsFor(names.length), shape, founders },
      {
        agreed: () => log.info("The cluster is begun.", { partitions: founders.length, rf, partitioner: shape.partitioner.kind }),
        otherShape: (why) => stop("shape_differs", why),
        unusable: (found) => refuseDirectory(found, stop),
      },
    );
    log.info("The manager is up.", { port: listen.port, replica: peers.replica, servers: servers.join(",") });
    return running;
  });
}
