import type { Admin } from "../client/admin.ts";
import { AdminClient } from "../client/admin-client.ts";
import { MasterCaller } from "../client/master-caller.ts";
import { ReportCaller } from "../client/report-caller.ts";
import { callerOptions } from "../rsm/caller/caller-options.ts";
import { GroupClients } from "../rsm/caller/group-clients.ts";
import { Inquirer } from "../rsm/caller/inquirer.ts";
import { type AdminOptions, adminSettings } from "./admin-options.ts";
import { serversOf } from "./connect-options.ts";
import { Connection } from "./connection.ts";

/**
 * An administrator's client of a cluster, by way of its shardmaster. It waits for nothing: connections are made when calls need them,
 * and made anew for as long as calls want them.
 */
export function connectAdmin(options: AdminOptions): Admin {
  const settings = adminSettings(options);
  const connection = new Connection(settings);
  const { env, host, group, session, links } = connection;
  const inquirer = new Inquirer({ ...env, rng: env.rng.fork("inquiries") });
  host.setAsker(inquirer);
  const groups = new GroupClients({ ...env, rng: env.rng.fork("groups") }, host, callerOptions({ attemptMaxMs: 1000 }));
  links.onMet = (server) => groups.welcomed(server);
  links.onRefused = (server) => {
    inquirer.giveUp(server);
    groups.barred(server, (gid, servers) => links.sentenceOf(gid, servers));
  };
  return new AdminClient({
    caller: new MasterCaller(group, session),
    inquirer,
    reports: new ReportCaller(env.clock, groups),
    masters: settings.servers,
    serversOf,
    whySilent: (server) => links.state(server).why ?? "it says nothing",
    calls: connection.calls,
    inquiries: connection.unwatched(),
    close: () => connection.close(),
  });
}
