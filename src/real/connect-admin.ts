import type { Admin } from "../client/admin.ts";
import { AdminClient } from "../client/admin-client.ts";
import { MasterCaller } from "../client/master-caller.ts";
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
  links.onRefused = (server) => inquirer.giveUp(server);
  return new AdminClient({
    caller: new MasterCaller(group, session),
    inquirer,
    masters: settings.servers,
    serversOf,
    whySilent: (server) => links.state(server).why ?? "it says nothing",
    calls: connection.calls,
    inquiries: connection.unwatched(),
    close: () => connection.close(),
  });
}
