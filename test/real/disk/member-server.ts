import type { Identity } from "../../../src/rsm/options.ts";
import { memberOptions } from "../../../src/rsm/options.ts";
import { Recorder } from "../../../src/rsm/recorder.ts";
import { startMember } from "../../../src/rsm/start.ts";
import { refuseDirectory, runServer } from "../../../src/server/run.ts";
import type { ServerSettings } from "../../../src/server/settings.ts";

// A server's process around a member whose machine is a recorder: what the directories of these tests were written by. Its one argument
// is a `MemberServer` as JSON.

export interface MemberServer {
  readonly settings: ServerSettings;
  readonly identity: Identity;
}

const { settings, identity } = JSON.parse(process.argv[2] ?? "null") as MemberServer;
await runServer(settings, "debug", (env, { stop }) => {
  const recorder = new Recorder({ applied: () => {}, restored: () => {} });
  return startMember(env, identity, memberOptions(), recorder, (found) => refuseDirectory(found, stop));
});
