/** What a packet costs besides its bytes: so many empty ones would otherwise fit into any limit that memory would not. */
const packetCost = 128;

/** The memory that a packet is taken to cost. */
export function costOf(packet: Uint8Array): number {
  return packet.length + packetCost;
}

/** Packets that wait for a connection, oldest first. */
export class PacketQueue {
  #packets: Uint8Array[] = [];
  /** When each came. */
  #times: number[] = [];
  #cost = 0;

  /** The memory that all of it is taken to cost. */
  get cost(): number {
    return this.#cost;
  }

  get length(): number {
    return this.#packets.length;
  }

  push(packet: Uint8Array, now: number): void {
    this.#packets.push(packet);
    this.#times.push(now);
    this.#cost += costOf(packet);
  }

  /** All packets; the queue is empty afterwards. */
  takeAll(): readonly Uint8Array[] {
    const packets = this.#packets;
    this.#packets = [];
    this.#times = [];
    this.#cost = 0;
    return packets;
  }

  /**
   * Drops the oldest until the rest costs at most `costMax`; says how many. The newest stays, whatever it costs: otherwise one that
   * costs more would never leave, and nobody would be dialled for it.
   */
  shrink(costMax: number): number {
    let [count, left] = [0, this.#cost];
    while (left > costMax && count < this.length - 1) {
      left -= costOf(this.#packets[count] as Uint8Array);
      count += 1;
    }
    return this.#dropOldest(count, left);
  }

  /** Drops those that came before `time`; says how many. */
  expire(time: number): number {
    let [count, left] = [0, this.#cost];
    while (count < this.length && (this.#times[count] as number) < time) {
      left -= costOf(this.#packets[count] as Uint8Array);
      count += 1;
    }
    return this.#dropOldest(count, left);
  }

  #dropOldest(count: number, left: number): number {
    if (count === 0) return 0;
    this.#packets.splice(0, count);
    this.#times.splice(0, count);
    this.#cost = left;
    return count;
  }
}
