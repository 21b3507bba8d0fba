import type { Message } from "../../raft/message.ts";
import { bytesOfRows, type Chunk, type ChunkAck, installMessage, type TransferId } from "../../rsm/snapshot/chunk.ts";
import type { MemberOptions } from "../../rsm/options.ts";
import type { Packet } from "../../rsm/wire.ts";
import { violate } from "./violation.ts";
import type { Watched } from "./watched.ts";

/** What is known of an attempt to send a snapshot. */
interface Transfer {
  readonly from: number;
  readonly life: number;
  readonly to: number;
  readonly term: number;
  /** The chunks up to this one were sent. */
  number: number;
  /** The last chunk has been sent: there is none behind it. */
  isWhole: boolean;
}

/** The core's message in a packet; that of a snapshot comes with its last chunk. */
export function messageIn({ header, payload }: Packet): Message | undefined {
  if (payload.kind === "raft") return payload.message;
  return payload.kind === "chunk" ? installMessage(header.from, header.to, payload) : undefined;
}

/** What goes with snapshots on their way: the limits of chunks and windows (R24), and that no two transfers are taken for one (R11). */
export class Chunks {
  readonly #options: MemberOptions;
  readonly #transfers = new Map<string, Transfer>();

  constructor(options: MemberOptions) {
    this.#options = options;
  }

  /** A packet leaves. */
  sent(server: Watched, to: number, { payload }: Packet): void {
    if (payload.kind === "chunk") this.#chunk(server, to, payload);
    else if (payload.kind === "chunk_ack") this.#ack(server, to, payload);
  }

  #chunk(server: Watched, to: number, chunk: Chunk): void {
    const { snapshotChunkBytesMax, snapshotWindowMax } = this.#options;
    const { number, finished, rows, mark } = chunk;
    const bytes = bytesOfRows(rows);
    if (rows.length > 1 && bytes > snapshotChunkBytesMax)
      violate("R24", `${server.name} sends ${server.nameOf(to)} a chunk of ${bytes} bytes, and ${snapshotChunkBytesMax} are allowed`);
    if (number - finished > snapshotWindowMax)
      violate(
        "R24",
        `${server.name} sends ${server.nameOf(to)} chunk ${number} behind ${finished}, and ${snapshotWindowMax} may be under way`,
      );
    const transfer = this.#transferOf(server, to, chunk);
    if (number > transfer.number + 1 || (transfer.isWhole && number > transfer.number))
      violate("R11", `${server.name} sends ${server.nameOf(to)} chunk ${number} of a snapshot behind chunk ${transfer.number}`);
    transfer.number = Math.max(transfer.number, number);
    transfer.isWhole ||= mark !== undefined;
  }

  #transferOf(server: Watched, to: number, { term, transfer: id }: Chunk): Transfer {
    const known = this.#transfers.get(nameOf(id));
    if (known === undefined) {
      const transfer = { from: server.at, life: server.life, to, term, number: 0, isWhole: false };
      this.#transfers.set(nameOf(id), transfer);
      return transfer;
    }
    if (known.from !== server.at || known.life !== server.life || known.to !== to || known.term !== term)
      violate("R11", `${server.name} sends ${server.nameOf(to)} a snapshot in term ${term} that is called like an earlier one`);
    return known;
  }

  #ack(server: Watched, to: number, { transfer, finished, missing }: ChunkAck): void {
    const known = this.#transfers.get(nameOf(transfer));
    if (known !== undefined && known.from === to && known.to === server.at && Math.max(finished, missing) <= known.number) return;
    violate("R11", `${server.name} acknowledges to ${server.nameOf(to)} chunk ${finished} of a snapshot that was not sent so far`);
  }
}

function nameOf({ nonce, count }: TransferId): string {
  return `${nonce} ${count}`;
}
