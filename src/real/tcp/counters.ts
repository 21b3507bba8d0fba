/** What a transport has done since it was opened, and what it holds now. */
export interface TcpCounters {
  /** What `send` was given. */
  readonly packetsSent: number;
  readonly bytesSent: number;
  /** What the receiver was given. */
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  /** Packets for servers without an address, too long, or after the end. */
  readonly droppedUndeliverable: number;
  /** Packets for a peer that had too much waiting already. */
  readonly droppedOverBudget: number;
  /** Packets that waited for a connection in vain. */
  readonly droppedWaiting: number;
  /** Writes to sockets that carried packets. */
  readonly writes: number;

  /** Connections to peers that were begun, that were answered with a welcome, and that were answered with a refusal. */
  readonly dialled: number;
  readonly welcomed: number;
  readonly refused: number;
  /** Connections to peers that were given up because nothing was heard. */
  readonly silent: number;

  /** Connections that others have begun, and what became of them. */
  readonly accepted: number;
  readonly settled: number;
  readonly replaced: number;
  /** Closed for what they said: no frame, or one that does not belong there. */
  readonly badFrames: number;
  /** Answered with a refusal. */
  readonly turnedAway: number;
  /** Closed to make room for others. */
  readonly evicted: number;
  /** Closed because they took too long to shake hands, or said nothing for too long afterwards. */
  readonly late: number;
  readonly idle: number;
}

/** The same, for those who count. */
export type Counting = { -readonly [Name in keyof TcpCounters]: TcpCounters[Name] };

export function noCounts(): Counting {
  return {
    packetsSent: 0,
    bytesSent: 0,
    packetsReceived: 0,
    bytesReceived: 0,
    droppedUndeliverable: 0,
    droppedOverBudget: 0,
    droppedWaiting: 0,
    writes: 0,
    dialled: 0,
    welcomed: 0,
    refused: 0,
    silent: 0,
    accepted: 0,
    settled: 0,
    replaced: 0,
    badFrames: 0,
    turnedAway: 0,
    evicted: 0,
    late: 0,
    idle: 0,
  };
}
