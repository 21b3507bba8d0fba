import type { ServerId } from "../base/ids.ts";

/** Packets between servers: bytes, never objects, so that two servers cannot share one by accident. */
export interface Transport {
  /**
   * Best effort: the packet may be lost, doubled, late or out of order, and it may arrive at a later life of the server; what
   * arrives is what was sent (a damaged packet is a lost one). Never throws, never waits; drops the packet when too much is
   * queued for `to`. The transport owns `packet` from here on.
   */
  send(to: ServerId, packet: Uint8Array): void;
  /**
   * Names the one receiver. `from` is who the sender says it is. The bytes come from the network and may be anything; they
   * belong to the receiver, which may keep parts of them.
   */
  onPacket(receive: (from: ServerId, packet: Uint8Array) => void): void;
  /**
   * Asks that nothing more be heard of `from` for about so long: it says more than can be done. A wish, that a transport which cannot
   * make others wait need not fulfil; what has been said is heard later, or lost as any packet may be.
   */
  rest?(from: ServerId, ms: number): void;
}
