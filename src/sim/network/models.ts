import type { ServerId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { Cancel, Clock } from "../../env/clock.ts";
import type { LinkSettings } from "./link.ts";
import type { Network } from "./network.ts";

/** The switches of the MIT course's network. */
export interface LabrpcOptions {
  /** Requests take up to 26 ms more, and a tenth of them and a tenth of the replies are lost. */
  readonly unreliable: boolean;
  /** Two thirds of the replies are held back for up to 2.2 seconds. */
  readonly longReordering: boolean;
  /** What tells requests from replies: the network knows no packet's meaning. */
  readonly isRequest: (packet: Uint8Array) => boolean;
}

/** Settings for `Network.configure` that make links behave as the MIT course's network does. */
export function labrpcModel(options: LabrpcOptions): Partial<LinkSettings> {
  const { unreliable, longReordering, isRequest } = options;
  const treat = (packet: Uint8Array, rng: Rng): number | "lost" => {
    const delay = isRequest(packet) ? rng.int(0, 26) : 0;
    return rng.chance(0.1) ? "lost" : delay;
  };
  return {
    treat: unreliable ? treat : undefined,
    longReorder: longReordering ? (packet) => !isRequest(packet) : undefined,
  };
}

const sliceMs = 100;

/**
 * The C++ course harness's unreliable network: it deals in slices of 100 ms. For each of them a server is cut off with probability
 * 1/10; otherwise whatever it sends takes 0 to 26 ms more. Nothing is lost packet by packet. The result ends it.
 */
export function sliceModel(
  clock: Pick<Clock, "after">,
  network: Pick<Network, "setDown" | "slow">,
  servers: readonly ServerId[],
  rng: Rng,
): Cancel {
  let cancel: Cancel | undefined;
  const slice = (): void => {
    for (const server of servers) {
      const down = rng.chance(0.1);
      network.setDown(server, down);
      network.slow(server, down ? 0 : rng.int(0, 26));
    }
    cancel = clock.after(sliceMs, slice);
  };
  slice();
  return () => {
    cancel?.();
    for (const server of servers) {
      network.setDown(server, false);
      network.slow(server, 0);
    }
  };
}
