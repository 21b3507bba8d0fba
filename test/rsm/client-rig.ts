import { groupId, type ServerId, serverId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import { type CallerOptions, callerOptions } from "../../src/rsm/caller/caller-options.ts";
import { type Answer, type Call, decodeCalls } from "../../src/rsm/client-wire.ts";
import { GroupClient } from "../../src/rsm/caller/group-client.ts";
import { HandClock } from "./ticker-rig.ts";

/** An attempt that has left a client. */
export interface Attempt {
  readonly server: number;
  readonly call: Call;
  /** By the client's clock. */
  readonly at: number;
  /** The packet that it was in, counted from 0. */
  readonly packet: number;
}

/** A client of a group, of three unless otherwise said, whose servers are played by a test. */
export class ClientRig {
  readonly clock: HandClock = new HandClock();
  readonly attempts: Attempt[] = [];
  readonly caller: GroupClient;
  readonly servers: readonly ServerId[];
  packets = 0;

  constructor(options: Partial<CallerOptions> = {}, size = 3) {
    this.servers = Array.from({ length: size }, (_, at) => serverId(`s${at}`));
    const send = (to: ServerId, packet: Uint8Array): void => {
      for (const call of decodeCalls(packet).calls)
        this.attempts.push({ server: this.servers.indexOf(to), call, at: this.clock.now(), packet: this.packets });
      this.packets += 1;
    };
    const transport = { send, onPacket: (): void => {} };
    const env = { clock: this.clock, transport, rng: new Rng(1), trace: (): void => {} };
    this.caller = new GroupClient(env, { group: groupId(1), servers: this.servers }, callerOptions(options));
  }

  /** Lets so much time pass. */
  run(ms: number): void {
    this.clock.runUntil(this.clock.now() + ms);
  }

  /** The newest attempt. */
  get last(): Attempt {
    const last = this.attempts.at(-1);
    if (last === undefined) throw new Error("nothing was sent");
    return last;
  }

  /** There is no connection to that server any more. */
  lose(server: number): void {
    this.caller.lost(this.servers[server] as ServerId);
  }

  /** The server of an attempt answers it. */
  answer({ server, call }: Attempt, answer: Answer): void {
    this.caller.receive(this.servers[server] as ServerId, [{ id: call.id, answer }]);
  }
}
