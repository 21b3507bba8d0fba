import type { GroupToJoin } from "../client/admin.ts";

/** Ends a command because of how it was given. */
export type Refuse = (sentence: string) => never;

/** The groups that words such as `1=host:port,host:port` name. What their servers are is checked by the client. */
export function groupsOf(words: readonly string[], creation: number | undefined, refuse: Refuse): readonly GroupToJoin[] {
  return words.map((word) => {
    const [, number, servers] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    if (number === undefined || servers === undefined)
      return refuse(`'${word}' is no group; a group is its number and its servers, such as 1=127.0.0.1:7001,127.0.0.1:7002,127.0.0.1:7003`);
    return { gid: numberOf(number, "group", 1, refuse), servers: servers.split(",").map((server) => server.trim()), creation };
  });
}

/** A number on the command line; `what` is what it is the number of. */
export function numberOf(word: string, what: string, min: number, refuse: Refuse): number {
  const value = /^\d+$/.test(word) ? Number(word) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min) return value;
  return refuse(`'${word}' is no number of a ${what}; it is a whole number of at least ${min}`);
}
