import type { ServerId } from "../../base/ids.ts";
import type { Address } from "../address.ts";
import { DialledConnection, strangeListener } from "./dial.ts";
import type { Answer, Listener } from "./handshake.ts";
import { tcpLimits } from "./options.ts";

/** Who asks, and whom. */
export interface ProbeOptions extends Listener {
  readonly to: ServerId;
  /** Where `to` listens. */
  readonly address: Address;
  /** An answer that takes longer is none; 500 by default. */
  readonly probeMs?: number;
}

/** What a peer says to a server that has not written anything yet. Only a refusal is a reason not to start. */
export type ProbeAnswer = "accepted" | "unreachable" | { readonly refused: string };

/** Dials once and asks whether `to` would speak with this server. Never rejects. */
export function probePeer({ to, address, probeMs = 500, ...me }: ProbeOptions): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    let connection: DialledConnection | undefined;
    const end = (answer: ProbeAnswer): void => {
      clearTimeout(timer);
      connection?.hangUp();
      resolve(answer);
    };
    const timer = setTimeout(() => end("unreachable"), probeMs);
    try {
      const { handshakeBytesMax, frameBytesMax } = tcpLimits();
      connection = new DialledConnection(
        { me, role: "probe", to, address, handshakeBytesMax, frameBytesMax },
        {
          answered: (answer: Answer) => end("refusal" in answer ? { refused: answer.refusal } : "accepted"),
          heard: () => {},
          closed: (why, isGarbled) => end(isGarbled ? { refused: strangeListener(why) } : "unreachable"),
        },
      );
    } catch {
      // Node does not even try such an address: nobody can be reached there.
      end("unreachable");
    }
  });
}
