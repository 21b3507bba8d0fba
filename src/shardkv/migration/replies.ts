import { unreachable } from "../../base/assert.ts";
import { decode, encode, Malformed, type Packable } from "../../base/codec.ts";
import { flag, whole } from "../../rsm/fields.ts";
import { type ChunkBody, packBody, unpackBody } from "./chunk.ts";
import { type GroupReport, packReport, unpackReport } from "./group-report.ts";
import { list } from "./moves.ts";

/** Why there is no page. Each says too for which run of ownership the group that answers got the shard last. */
export interface NoPage {
  readonly kind: "no_page";
  readonly why:
    | { readonly kind: "not_yet" }
    /** The parcel is there; `since` is its address. To the addressee: its leader has been told to grant it. */
    | { readonly kind: "addressed"; readonly since: number }
    | { readonly kind: "delivered" }
    | { readonly kind: "never_had" };
  readonly acquired: number;
}

/** A page of the parcel that was asked for. */
export interface Page {
  readonly kind: "page";
  readonly body: ChunkBody;
}

export type PullReply = NoPage | Page;

/** What a question is answered with. */
export type GroupReply =
  | PullReply
  | { readonly kind: "have"; readonly has: boolean; readonly acquired: number }
  | { readonly kind: "acquired"; readonly acquired: number }
  | { readonly kind: "status"; readonly report: GroupReport };

const kinds = { page: 0, not_yet: 1, addressed: 2, delivered: 3, never_had: 4, have: 5, acquired: 6, status: 7 } as const;

export function encodeReply(reply: GroupReply): Uint8Array {
  return encode(pack(reply));
}

function pack(reply: GroupReply): Packable {
  switch (reply.kind) {
    case "page":
      return [kinds.page, packBody(reply.body)];
    case "no_page":
      return [kinds[reply.why.kind], reply.acquired, reply.why.kind === "addressed" ? reply.why.since : 0];
    case "have":
      return [kinds.have, reply.has, reply.acquired];
    case "acquired":
      return [kinds.acquired, reply.acquired];
    case "status":
      return [kinds.status, packReport(reply.report)];
    default:
      return unreachable(reply);
  }
}

/** Throws `Malformed`. */
export function decodeReply(bytes: Uint8Array): GroupReply {
  const [kind, a, b] = list(decode(bytes));
  switch (kind) {
    case kinds.page:
      return { kind: "page", body: unpackBody(a) };
    case kinds.not_yet:
      return { kind: "no_page", why: { kind: "not_yet" }, acquired: whole(a) };
    case kinds.addressed:
      return { kind: "no_page", why: { kind: "addressed", since: whole(b) }, acquired: whole(a) };
    case kinds.delivered:
      return { kind: "no_page", why: { kind: "delivered" }, acquired: whole(a) };
    case kinds.never_had:
      return { kind: "no_page", why: { kind: "never_had" }, acquired: whole(a) };
    case kinds.have:
      return { kind: "have", has: flag(a), acquired: whole(b) };
    case kinds.acquired:
      return { kind: "acquired", acquired: whole(a) };
    case kinds.status:
      return { kind: "status", report: unpackReport(a) };
    default:
      throw new Malformed("a reply of a group is one of eight");
  }
}
