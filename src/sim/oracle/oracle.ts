import { Malformed } from "../../base/codec.ts";
import type { GroupId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { Row, WriteOp } from "../../env/storage.ts";
import type { RaftState } from "../../raft/state.ts";
import type { Entry, LogIndex } from "../../raft/types.ts";
import { fields, whole } from "../../rsm/fields.ts";
import { decodeHardCell } from "../../rsm/log/hard-cell.ts";
import type { MemberOptions } from "../../rsm/options.ts";
import { Keys } from "../../rsm/log/rows.ts";
import { decodePacket, type Packet } from "../../rsm/wire.ts";
import { DiskFailure } from "../disk/drive.ts";
import { Chunks, messageIn } from "./chunks.ts";
import { Commits } from "./commits.ts";
import { changes } from "./disk-mirror.ts";
import { Elections } from "./elections.ts";
import { Handovers } from "./handovers.ts";
import { Identities } from "./identity.ts";
import { Ledger } from "./ledger.ts";
import { Logs } from "./logs.ts";
import { Progress } from "./progress.ts";
import { Reads } from "./reads.ts";
import { type DurableDisk, Reopening } from "./reopening.ts";
import { Snapshots } from "./snapshots.ts";
import { Taken } from "./taken.ts";
import { violate, Violation } from "./violation.ts";
import { type DurableCells, Watched, watchedAt } from "./watched.ts";

/** What the oracle looks at. */
export interface OracleOptions {
  readonly size: number;
  readonly group: GroupId;
  readonly creation: number;
  /** What all members were given. */
  readonly member: MemberOptions;
  /** The core's state in a server's present life; undefined while there is none. */
  readonly state: (server: number) => Readonly<RaftState> | undefined;
  /** Whether the server's process lives: code that runs on after its crash reaches nothing. */
  readonly alive: (server: number) => boolean;
  readonly disk: (server: number) => DurableDisk;
  /** What a server is called where others stand beside its group. */
  readonly nameOf?: (server: number) => string;
  readonly rng: Rng;
}

/**
 * Looks on from outside, outlives every server, and throws a `Violation` when a promise of Raft is broken. It reads memory, which
 * it never writes to, what is durable on the disks, and every packet.
 *
 * | id | promise | where |
 * | --- | --- | --- |
 * | R1 | one leader in a term, ever, by a quorum of durable votes | `elections.ts` won, leads |
 * | R2 | a leader does not take back its own log | `logs.ts` takenBack |
 * | R3 | an index and a term name one log | `ledger.ts` entry |
 * | R4 | a new leader holds what was committed in earlier terms | `elections.ts` won |
 * | R5 | everybody applies what was committed, memory and disk, across restarts | `commits.ts` agrees, applied, stored |
 * | R6 | what is committed is durable at a quorum, then and in the end | `commits.ts` firstCommit, settled |
 * | R7 | terms never fall | `elections.ts` opened, changed, stored |
 * | R8 | one vote in a term, durable in rows and cell before it is told | `elections.ts` opened, changed, stored, gives |
 * | R9 | the commit index never falls in a life, the durable state never | `commits.ts` opened, changed, stored |
 * | R10 | mark <= applied <= commit <= last, no hole, in memory and on disk | `logs.ts` newEntries, ends, stored |
 * | R11 | snapshots and marks are what was committed; nothing goes back; a matching suffix stays; nothing is left behind | `snapshots.ts`, `chunks.ts` |
 * | R12 | only entries of its own term are committed by counting | `commits.ts` changed |
 * | R13 | votes go to logs that are at least as new | `elections.ts` granted, asks |
 * | R14 | `match` rises, below `next`, and comes from an acknowledgement of this term; stale answers change nothing | `progress.ts` moved, `taken.ts` stale |
 * | R15 | membership changes | there are none yet |
 * | R16 | a read sees all that was committed before it; never before the leader committed in its term; ids are its own | `reads.ts` |
 * | R17 | leases | there are none |
 * | R18 | a pre-vote changes nothing | `elections.ts` changed, afterPreVote |
 * | R19 | terms do not fall along a log, and none is above the current one | `logs.ts` newEntries, row |
 * | R20 | entries are taken back only for others, and never once acknowledged in this term | `logs.ts` takenBack |
 * | R21 | a follower commits what its leader has, as far as it is verified | `taken.ts` followerCommit |
 * | R22 | only admitted incarnations take part, and they are who they say | `identity.ts`, `taken.ts` stranger |
 * | R23 | acknowledgements and finished writes of entries that were overwritten do not count | `progress.ts` moved, `commits.ts` stable |
 * | R24 | windows, unstable and uncommitted bytes, reads, appends and chunks are within their limits | `progress.ts` window, bounds, appended, `chunks.ts` |
 * | R25 | a leader that gives its place away takes no proposal meanwhile; who is told to campaign has everything, and nobody else skips the pre-vote | `handovers.ts` |
 * | R26 | a power cut leaves nothing older than what was said, and the end of the process its note | `reopening.ts` sample, `elections.ts` sent, `progress.ts` acknowledged, counted |
 * | R27 | one seed, one stream of events | `stream.ts`; the runs are compared by `kvorum fuzz --twice` and a test |
 * | R28 | no server throws | `failed` below |
 */
export class Oracle {
  readonly ledger: Ledger = new Ledger();
  readonly servers: readonly Watched[];
  readonly reads: Reads;
  readonly reopening: Reopening;
  readonly #options: OracleOptions;
  readonly #elections: Elections;
  readonly #logs: Logs;
  readonly #commits: Commits;
  readonly #progress: Progress;
  readonly #snapshots: Snapshots;
  readonly #chunks: Chunks;
  readonly #handovers: Handovers;
  readonly #identities: Identities;
  readonly #taken: Taken;
  #eventsToSample = samplingMin;
  /** Found where whoever runs would swallow it. */
  #found: Violation | undefined;

  constructor(options: OracleOptions) {
    const { size, group, creation, member, rng } = options;
    this.#options = options;
    const keys = new Keys(group);
    const { ledger } = this;
    this.servers = Array.from({ length: size }, (_, at) => this.#watched(at, keys));
    this.reads = new Reads(ledger);
    this.reopening = new Reopening(ledger, size, keys, `raft ${group}`, rng);
    this.#elections = new Elections(ledger);
    this.#logs = new Logs(ledger);
    this.#commits = new Commits(ledger, this.servers);
    this.#progress = new Progress(ledger, this.servers);
    this.#snapshots = new Snapshots(ledger, keys);
    this.#chunks = new Chunks(member);
    this.#handovers = new Handovers(ledger, this.servers);
    this.#identities = new Identities(this.servers, { group, creation });
    this.#taken = new Taken(this.#elections);
  }

  #watched(at: number, keys: Keys): Watched {
    const cell = `raft ${this.#options.group}`;
    return new Watched(
      at,
      keys,
      () => this.#cells(at),
      () => decodeHardCell(this.#options.disk(at).written(cell)),
      this.#options.nameOf,
    );
  }

  /** Code of `server` has run, or may have died: compares its memory with what was last seen. It costs what has changed. */
  look(at: number): void {
    const server = watchedAt(this.servers, at);
    const state = this.#options.state(at);
    if (state !== server.state) this.#changeLife(server, state);
    if (state === undefined) return;
    const { log } = state;
    const marked = log.mark.index !== server.memory.markIndex;
    const changed = server.memory.differs(log);
    if (changed) {
      server.memory.look(log);
      if (marked) this.#snapshots.marked(server, state);
      this.#logs.changed(server, state);
    }
    const committed = state.commit !== server.commit;
    if (state.term !== server.term || state.vote !== server.vote || state.role !== server.role) this.#elections.changed(server, state);
    if (committed) this.#commits.changed(server, state);
    if (changed || committed || state.applied !== server.applied) this.#logs.ends(server, state);
    if (log.stable !== server.stable || changed) this.#commits.stable(server, state);
    if (log.stable > server.stable) this.#progress.counted(server, state);
    if (changed || log.unstableBytes !== server.unstableBytes) this.#progress.bounds(server, state);
    this.#handovers.look(server, state);
    remember(server, state);
  }

  #changeLife(server: Watched, state: Readonly<RaftState> | undefined): void {
    server.state = state;
    server.memory.forget();
    if (state === undefined) return;
    server.life += 1;
    server.verifiedTerm = server.verified = 0;
    server.memory.look(state.log);
    this.#elections.opened(server, state);
    this.#commits.opened(server, state);
    this.#logs.opened(server, state);
    this.#progress.opened(server, state);
    this.#commits.stable(server, state);
    remember(server, state);
  }

  /** The server's process begins a life. */
  started(at: number): void {
    this.#identities.started(watchedAt(this.servers, at));
  }

  /** The server's process has died. */
  died(at: number): void {
    this.reopening.died(watchedAt(this.servers, at));
    this.look(at);
  }

  /** The server's directory is about to be emptied. */
  emptying(at: number): void {
    watchedAt(this.servers, at).empty();
  }

  /** The server's rows are about to be put back to an older state, which its cells are ahead of. */
  tampering(at: number): void {
    watchedAt(this.servers, at).tamper();
  }

  /** Its storage has taken a batch. */
  accepted(at: number, ops: readonly WriteOp[]): void {
    this.reopening.accepted(watchedAt(this.servers, at), ops);
  }

  /** A batch has become durable. */
  stored(at: number, ops: readonly WriteOp[]): void {
    const server = watchedAt(this.servers, at);
    const { hard, applied } = server.disk;
    try {
      this.reopening.stored(server, ops);
      this.#stored(server, server.disk.apply(ops), hard, applied?.index ?? 0);
    } catch (error) {
      // A server that is crashed from inside its own code would swallow this.
      if (error instanceof Violation) this.#found ??= error;
      throw error;
    }
  }

  #stored(server: Watched, changed: number, hard: Watched["disk"]["hard"], applied: LogIndex): void {
    if ((changed & changes.hard) !== 0) this.#elections.stored(server, hard);
    if ((changed & changes.mark) !== 0) this.#snapshots.stored(server);
    if ((changed & (changes.log | changes.mark | changes.applied)) !== 0) this.#logs.stored(server);
    if ((changed & changes.log) !== 0) this.#progress.stored(server);
    if ((changed & changes.applied) !== 0) this.#commits.stored(server, applied);
    if ((changed & changes.pin) !== 0) this.#identities.stored(server);
    if ((changed & changes.admitted) !== 0) this.#identities.admitted(server);
  }

  /** The whole image of a disk was replaced, between two lives. */
  replaced(at: number, rows: Iterable<Row>): void {
    watchedAt(this.servers, at).disk.replace(rows);
  }

  /** A packet leaves a server. */
  sent(at: number, to: number, bytes: Uint8Array): void {
    this.look(at);
    const server = watchedAt(this.servers, at);
    const packet = this.#decoded(server, bytes);
    this.#identities.sent(server, to, packet);
    this.#chunks.sent(server, to, packet);
    const message = messageIn(packet);
    if (message === undefined) return;
    this.#elections.sent(server, message);
    this.#handovers.sent(server, message);
    if (message.kind === "append_reply") this.#progress.acknowledged(server, message);
    else if (message.kind === "append") {
      this.#progress.appended(server, message);
      if (server.state !== undefined) this.#progress.of(server, server.state, to);
    } else if (message.kind === "snapshot") this.#snapshots.sent(server, message);
  }

  #decoded(server: Watched, bytes: Uint8Array): Packet {
    try {
      return decodePacket(bytes);
    } catch (error) {
      if (error instanceof Malformed) violate("R28", `${server.name} sends a packet that nobody can read: ${error.message}`);
      throw error;
    }
  }

  /** A packet reaches a server's member, which has it when `deliver` is called. */
  received(at: number, packet: Packet, deliver: () => void): void {
    const server = watchedAt(this.servers, at);
    const state = this.#options.state(at);
    this.#taken.packet(server, packet, state, deliver);
    if (state !== undefined && state === server.state) this.#progress.of(server, state, packet.header.from);
  }

  /** A server's machine applies an entry. */
  applied(at: number, entry: Entry): void {
    if (!this.#options.alive(at)) return;
    if (entry.index > this.ledger.commit) this.look(at);
    this.#commits.applied(watchedAt(this.servers, at), entry);
  }

  /** A server's machine takes a state over, which is `command(i)` from 1 to `index` where it says so. */
  restored(at: number, index: LogIndex, command?: (index: LogIndex) => Uint8Array): void {
    if (!this.#options.alive(at)) return;
    const server = watchedAt(this.servers, at);
    this.#snapshots.restored(server, index, command);
    server.machineIndex = index;
  }

  readBegan(at: number, context: number): void {
    this.reads.began(watchedAt(this.servers, at), context);
  }

  readReady(at: number, context: number, applied: LogIndex): void {
    if (this.#options.alive(at)) this.reads.ready(watchedAt(this.servers, at), context, applied, this.#options.state(at));
  }

  readDropped(at: number, context: number): void {
    if (this.#options.alive(at)) this.reads.dropped(watchedAt(this.servers, at), context);
  }

  /** A server has died of `error` (R28): of its disk it may. */
  failed(at: number, error: unknown): void {
    if (error instanceof Violation) throw error;
    if (!(error instanceof DiskFailure))
      violate("R28", `${watchedAt(this.servers, at).name} has thrown: ${error instanceof Error ? error.message : String(error)}`, error);
    this.died(at);
  }

  /** Throws what was found where nobody could throw it. */
  throwFound(): void {
    if (this.#found !== undefined) throw this.#found;
  }

  /** An event is over. */
  afterEvent(): void {
    this.throwFound();
    this.#eventsToSample -= 1;
    if (this.#eventsToSample > 0) return;
    const at = this.#options.rng.int(0, this.servers.length - 1);
    const server = watchedAt(this.servers, at);
    if (server.state !== undefined) this.#progress.all(server, server.state);
    this.#eventsToSample = samplingMin + samplingPerRow * server.disk.rows.length;
    this.reopening.sample(server, this.#options.disk(at));
  }

  /** Everything is over: looks once at all of it. */
  finish(): void {
    for (const server of this.servers) {
      this.look(server.at);
      const disk = this.#options.disk(server.at);
      this.reopening.sample(server, disk);
      if (server.state !== undefined) this.#snapshots.settled(server, disk.copyOfImage().rows.rows());
    }
    this.#commits.settled();
  }

  #cells(at: number): DurableCells {
    const { cells } = this.#options.disk(at).copyOfImage();
    const marker = cells.get(`marker ${this.#options.group}`);
    return {
      hard: decodeHardCell(cells.get(`raft ${this.#options.group}`)),
      incarnation: marker && whole(fields(marker, 5, "marker")[4]),
    };
  }
}

/** Events between two reopenings of a disk, and how many more for each of its log rows, which all have to be read. */
const samplingMin = 500;
const samplingPerRow = 20;

function remember(server: Watched, state: Readonly<RaftState>): void {
  server.term = state.term;
  server.vote = state.vote;
  server.role = state.role;
  server.commit = state.commit;
  server.applied = state.applied;
  server.stable = state.log.stable;
  server.unstableBytes = state.log.unstableBytes;
}
