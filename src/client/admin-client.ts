import type { GroupId, ServerId } from "../base/ids.ts";
import type { Cancel } from "../env/clock.ts";
import type { Inquirer, Told } from "../rsm/caller/inquirer.ts";
import { type ClusterShape, decodeMasterCommand, encodeMasterCommand, type Join, type Leave, type Move } from "../shardmaster/commands.ts";
import type { Config, Group } from "../shardmaster/config.ts";
import { latestNumber } from "../shardmaster/queries.ts";
import type { ChangedResult, ConfigResult, ShapeResult } from "../shardmaster/results.ts";
import type { GroupReport } from "../shardkv/migration/group-report.ts";
import type { Admin, Changed, ChangeToPlan, GroupToJoin, IdentifiedGroup, Plan, ServerReport, StatusOptions } from "./admin.ts";
import { Begun } from "./begun.ts";
import { Calls, type CallsContext } from "./calls.ts";
import type { CallOptions } from "./client.ts";
import { creationOf, type GivenGroup, reborn } from "./identify.ts";
import { callOptions, fields, given, invalid, optionalWhole, whole } from "./input.ts";
import type { MasterCaller } from "./master-caller.ts";
import type { CallOutcome } from "./outcome.ts";
import { planOf } from "./plan.ts";
import type { ReportCaller } from "./report-caller.ts";
import type { ClusterStatus } from "./status.ts";
import { StatusAsking } from "./status-asking.ts";

/** What an administrator's client is made of. */
export interface AdminClientParts {
  readonly caller: MasterCaller;
  readonly inquirer: Pick<Inquirer, "ask">;
  readonly reports: ReportCaller;
  /** The shardmaster's servers. */
  readonly masters: readonly ServerId[];
  /** Checks the servers that a caller gave; throws `invalid`. `what` begins the sentence: "The servers of group 1 were". */
  readonly serversOf: (given: unknown, what: string) => readonly ServerId[];
  /** Why a server does not answer, as far as it is known. */
  readonly whySilent: (server: ServerId) => string;
  readonly calls: CallsContext;
  /** Of inquiries, which have nothing to do with the shardmaster's troubles. */
  readonly inquiries: CallsContext;
  /** Lets go of what the client was made of. */
  readonly close: () => void;
}

/** For so long servers are waited for that are asked who they are. */
const inquiryMs = 3000;

/** Servers that one call asks who they are. */
const askedMax = 512;

type Command = Join | Leave | Move;

/** The administrators' client of one cluster: checks what it is given, and turns outcomes into promises. */
export class AdminClient implements Admin {
  readonly #parts: AdminClientParts;
  readonly #calls: Calls;
  readonly #inquiries: Calls;
  readonly #begun: Begun;

  constructor(parts: AdminClientParts) {
    this.#parts = parts;
    this.#calls = new Calls(parts.calls);
    this.#inquiries = new Calls(parts.inquiries);
    this.#begun = new Begun(parts.caller, parts.calls.clock);
  }

  async join(groups: readonly GroupToJoin[], options?: CallOptions): Promise<Changed> {
    return this.#change(this.#join(groups), options);
  }

  async leave(gids: readonly number[], options?: CallOptions): Promise<Changed> {
    return this.#change(leaveOf(gids), options);
  }

  async move(shard: number, gid: number, options?: CallOptions): Promise<Changed> {
    return this.#change(moveOf(shard, gid), options);
  }

  async query(number?: number, options: CallOptions = {}): Promise<Config> {
    const asked = number === undefined ? latestNumber : whole(number, "configuration's number", 0);
    const begin = this.#begun.once<ConfigResult>((deadlineMs, done) => this.#parts.caller.config(asked, deadlineMs, done));
    return (await this.#calls.run({ name: "query", changes: false, bytes: 0, begin }, callOptions(options))).config;
  }

  async shape(options: CallOptions = {}): Promise<ClusterShape | undefined> {
    const begin = (deadlineMs: number, done: (outcome: CallOutcome<ShapeResult>) => void): Cancel =>
      this.#parts.caller.shape(deadlineMs, done);
    return (await this.#calls.run({ name: "query of the shape", changes: false, bytes: 0, begin }, callOptions(options))).shape;
  }

  async plan(change: ChangeToPlan, options?: CallOptions): Promise<Plan> {
    const command = this.#planned(change);
    return planOf(command, await this.query(undefined, options));
  }

  async identify(groups: readonly GroupToJoin[], options?: CallOptions): Promise<readonly IdentifiedGroup[]> {
    // All that a join refuses in itself is refused before anybody is asked.
    this.#join(groups);
    const asked = this.#groups(groups);
    const servers = asked.flatMap((group) => group.servers);
    if (servers.length > askedMax)
      throw invalid(`${servers.length} servers were given to be asked who they are; ${askedMax} are allowed in a call.`);
    const reports = await this.#inspect(servers, options);
    let at = 0;
    const identified = asked.map((group) => {
      const creation = creationOf(group, reports.slice(at, at + group.servers.length));
      at += group.servers.length;
      if (typeof creation === "string") throw invalid(creation);
      return { ...group, creation };
    });
    const refusal = reborn(identified, await this.query(undefined, options));
    if (refusal !== undefined) throw invalid(refusal);
    return identified;
  }

  async inspect(servers: readonly string[], options?: CallOptions): Promise<readonly ServerReport[]> {
    return this.#inspect(this.#parts.serversOf(servers, "Servers were"), options);
  }

  async masters(options?: CallOptions): Promise<readonly ServerReport[]> {
    return this.#inspect(this.#parts.masters, options);
  }

  async status(options: StatusOptions = {}): Promise<ClusterStatus> {
    const { groups = [] } = options;
    const also = groups.length === 0 ? [] : this.#groups(groups);
    const parts = {
      clock: this.#parts.calls.clock,
      masters: this.#parts.masters,
      inspect: (servers: readonly ServerId[], own: CallOptions) => this.#inspect(servers, own),
      shape: (own: CallOptions) => this.shape(own),
      config: (own: CallOptions) => this.query(undefined, own),
      report: (group: Group, own: CallOptions) => this.#report(group, own),
    };
    return new StatusAsking(parts, callOptions(options)).run(also);
  }

  close(): Promise<void> {
    this.#calls.close();
    this.#inquiries.close();
    this.#parts.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- asking

  async #change(command: Command, options: CallOptions = {}): Promise<Changed> {
    const begin = this.#begun.once<ChangedResult>((deadlineMs, done) => this.#parts.caller.execute(command, deadlineMs, done));
    const wish = { name: command.op, changes: true, bytes: encodeMasterCommand(command).length, begin };
    const { number, changed } = await this.#calls.run(wish, callOptions(options));
    return { number, changed };
  }

  #report(group: Group, options: CallOptions): Promise<GroupReport> {
    const begin = (deadlineMs: number, done: (outcome: CallOutcome<GroupReport>) => void): Cancel =>
      this.#parts.reports.report(group, deadlineMs, done);
    return this.#inquiries.run({ name: "question", changes: false, bytes: 0, begin }, callOptions(options));
  }

  async #inspect(servers: readonly ServerId[], options: CallOptions = {}): Promise<readonly ServerReport[]> {
    const { inquirer, whySilent } = this.#parts;
    const begin = (deadlineMs: number, done: (outcome: CallOutcome<Told>) => void): Cancel => {
      let cancelled = false;
      const cancel = inquirer.ask(servers, Math.min(deadlineMs, inquiryMs), (told) =>
        done(cancelled ? { kind: "unknown", detail: "cancelled" } : { kind: "result", result: told }),
      );
      return () => {
        cancelled = true;
        cancel();
      };
    };
    const told = await this.#inquiries.run({ name: "inspection", changes: false, bytes: 0, begin }, callOptions(options));
    return servers.map((server): ServerReport => {
      const replicas = told.get(server);
      return replicas === undefined ? { server, answered: false, why: whySilent(server) } : { server, answered: true, replicas };
    });
  }

  // ---- what is given

  #planned(change: unknown): Command {
    const asked = fields(change, "A change was");
    const kinds = ["join", "leave", "move"].filter((kind) => asked[kind] !== undefined);
    if (kinds.length !== 1)
      throw invalid(`A change was given with ${kinds.join(" and ") || "nothing"}; it has one of join, leave and move.`);
    if (asked["join"] !== undefined) return this.#join(asked["join"]);
    if (asked["leave"] !== undefined) return leaveOf(asked["leave"]);
    const move = fields(asked["move"], "A move was");
    return moveOf(move["shard"], move["gid"]);
  }

  #join(value: unknown): Join {
    const groups = this.#groups(value).map(({ gid, servers, creation = 1 }): Group => ({ gid, servers, creation }));
    return checked({ op: "join", groups });
  }

  #groups(value: unknown): readonly GivenGroup[] {
    return listOf(value, "Groups were").map((each) => {
      const group = fields(each, "A group was");
      const gid = whole(group["gid"], "group's number", 1) as GroupId;
      const servers = this.#parts.serversOf(group["servers"], `The servers of group ${gid} were`);
      return { gid, servers, creation: optionalWhole(group["creation"], "creation id", 0) };
    });
  }
}

function leaveOf(value: unknown): Leave {
  return checked({ op: "leave", gids: listOf(value, "Groups were").map((gid) => whole(gid, "group's number", 1) as GroupId) });
}

function moveOf(shard: unknown, gid: unknown): Move {
  return checked({ op: "move", shard: whole(shard, "shard", 0), gid: whole(gid, "group's number", 1) as GroupId });
}

/** The command, unless the shardmaster would refuse it whatever its configuration: then nobody is asked. */
function checked<C extends Command>(command: C): C {
  const decoded = decodeMasterCommand(encodeMasterCommand(command));
  if (decoded.ok) return command;
  throw invalid(decoded.detail);
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value as readonly unknown[];
  throw invalid(`${what} given as ${Array.isArray(value) ? "an empty list" : given(value)}; a list with one at least is allowed.`);
}
