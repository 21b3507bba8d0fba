import type { TcpLimits } from "../../real/tcp/options.ts";

/** The limits of a transport on which a few values of that size may be under way. */
export function tcpLimitsFor(valueBytesMax: number | undefined): Partial<TcpLimits> {
  if (valueBytesMax === undefined) return {};
  const bytes = 4 * valueBytesMax;
  return { frameBytesMax: 2 * valueBytesMax, peerBytesMax: bytes, clientBytesMax: bytes, waitingBytesMax: bytes, strangersBytesMax: bytes };
}
