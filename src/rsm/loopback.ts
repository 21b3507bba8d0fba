import type { ServerId } from "../base/ids.ts";
import type { Env } from "../env/env.ts";

/** The same environment, except that what a server sends to itself arrives there: soon, once, and not from inside `send`. */
export function withLoopback(env: Env, self: ServerId): Env {
  const { clock, transport, storage, rng, trace } = env;
  let receive: ((from: ServerId, packet: Uint8Array) => void) | undefined;
  return {
    clock,
    storage,
    rng,
    trace,
    cell: (name) => env.cell(name),
    transport: {
      send: (to, packet) => {
        if (to === self) clock.after(0, () => receive?.(self, packet));
        else transport.send(to, packet);
      },
      onPacket: (take) => {
        receive = take;
        transport.onPacket(take);
      },
      ...(transport.rest === undefined ? {} : { rest: (from, ms) => transport.rest?.(from, ms) }),
    },
  };
}
