import { type ServerId, serverId } from "../base/ids.ts";

/** Where a server listens. */
export interface Address {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The address that `text` names, as `host:port` or `[host]:port`; undefined when it names none. Port 0 is none. */
export function parseAddress(text: string): Address | undefined {
  const found = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** The text that `parseAddress` reads. */
export function addressText({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The id of the server that listens there. */
export function serverAt(address: Address): ServerId {
  return serverId(addressText(address));
}
