import { decode, encode, Malformed } from "../../base/codec.ts";
import { type ServerId, serverId } from "../../base/ids.ts";
import { protocolVersion } from "../../rsm/wire.ts";
import { isName, printable } from "./options.ts";

/** What every handshake begins with, in every version. */
const magic = "kvorum";

/**
 * What somebody who dials wants: to send packets as a server, to send them as a client and be answered on the same connection, or to
 * hear whether he would be let in.
 */
export type Role = "peer" | "client" | "probe";

/** What stands before every client's name, and before no server's: nobody listens there. */
export const clientPrefix = "client/";

/** The dialler's first word. */
export interface Hello {
  readonly role: Role;
  readonly cluster: string;
  readonly who: ServerId;
  /** The dialler's data directory. */
  readonly incarnation: number;
  /** Whom he wants to reach. */
  readonly to: ServerId;
}

/** Who a listener is. */
export interface Listener {
  readonly cluster: string;
  readonly self: ServerId;
  readonly incarnation: number;
  /** Clients may know it by any name; default: only by its own. */
  readonly anyName?: boolean | undefined;
}

/** What a listener makes of a hello. A refusal is one sentence for whoever reads the dialler's log, and final. */
export type Judgement = { readonly hello: Hello } | { readonly refusal: string };

/** What a dialler makes of the answer. A refusal is final when the same hello will never be welcome: asking again is of no use. */
export type Answer = { readonly incarnation: number } | { readonly refusal: string; readonly isFinal: boolean };

/** More than we say ourselves: another version may say more, and is told so instead of being taken for noise. */
const limits = { depthMax: 4, elementsMax: 64 } as const;

export function encodeHello({ role, cluster, who, incarnation, to }: Hello): Uint8Array {
  return encode([magic, protocolVersion, role, cluster, who, incarnation, to]);
}

export function encodeWelcome({ self, incarnation }: Listener): Uint8Array {
  return encode([magic, protocolVersion, self, incarnation]);
}

export function encodeRefusal(sentence: string, isFinal: boolean): Uint8Array {
  return encode([magic, protocolVersion, printable(sentence), isFinal]);
}

/** Judges the first bytes of anybody. Throws `Malformed` for what no kvorum server says: it gets no answer. */
export function judgeHello(bytes: Uint8Array, listener: Listener): Judgement {
  const [version, ...rest] = opened(bytes);
  // Another version may say the rest in another way.
  if (version !== protocolVersion) {
    return { refusal: `You speak version ${version} of the protocol, and server ${listener.self} speaks version ${protocolVersion}.` };
  }
  const hello = helloOf(rest);
  const refusal = refuse(hello, listener);
  return refusal === undefined ? { hello } : { refusal };
}

function helloOf(values: readonly unknown[]): Hello {
  const [role, cluster, who, incarnation, to] = values;
  if (values.length !== 5) throw new Malformed("a hello has seven values");
  if (role !== "peer" && role !== "client" && role !== "probe") throw new Malformed("a role is peer, client or probe");
  if (!isName(cluster) || !isName(who) || !isName(to)) throw new Malformed("a name has 1 to 255 printable characters");
  if (who.startsWith(clientPrefix) !== (role === "client")) throw new Malformed(`clients, and only they, are called ${clientPrefix}...`);
  return { role, cluster, who: serverId(who), incarnation: incarnationOf(incarnation), to: serverId(to) };
}

function refuse({ role, cluster, who, to }: Hello, listener: Listener): string | undefined {
  const { self, anyName = false } = listener;
  if (cluster !== listener.cluster) return `You belong to cluster "${cluster}", and server ${self} to cluster "${listener.cluster}".`;
  if (to !== self && !(anyName && role === "client")) return `You want to reach server ${to}, and this is server ${self}.`;
  if (who === self) return `You call yourself ${who}, and that is this server's own name.`;
  return undefined;
}

/** Reads what `to` has answered; throws `Malformed` for what no kvorum server says. */
export function readAnswer(isWelcome: boolean, bytes: Uint8Array, to: ServerId): Answer {
  const [version, ...rest] = opened(bytes);
  if (!isWelcome) {
    // A refusal looks the same in every version: it is how one hears of another.
    if (rest.length === 0 || typeof rest[0] !== "string") throw new Malformed("a refusal is a sentence");
    return { refusal: printable(rest[0]), isFinal: version !== protocolVersion || rest[1] === true };
  }
  if (version !== protocolVersion) {
    return { refusal: `Server ${to} speaks version ${version} of the protocol, and this one version ${protocolVersion}.`, isFinal: true };
  }
  const [who, incarnation] = rest;
  if (rest.length !== 2 || !isName(who)) throw new Malformed("a welcome names a server");
  if (who !== to) return { refusal: `At the address of server ${to} there is server ${who}.`, isFinal: true };
  return { incarnation: incarnationOf(incarnation) };
}

/** The version and what follows it. */
function opened(bytes: Uint8Array): [version: number, ...unknown[]] {
  const values = decode(bytes, limits);
  if (!Array.isArray(values) || values[0] !== magic) throw new Malformed("a handshake begins with its magic");
  const version: unknown = values[1];
  if (!Number.isSafeInteger(version)) throw new Malformed("a version is a whole number");
  return [version as number, ...values.slice(2)];
}

function incarnationOf(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Malformed("an incarnation is a whole number, zero or more");
  return value as number;
}
