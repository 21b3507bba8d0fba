import type { ClientWords } from "./client.ts";

/** The projects of the course. */
export const projects = ["p1", "p2", "p3"] as const;
export type Project = (typeof projects)[number];

/**
 * What `kvorum madkv p2 client 127.0.0.1:3666` says; undefined for any other command line. Harnesses start it so, by the dozen, and wait
 * for it: it goes past the machinery for command lines, which takes longer than all the rest.
 */
export function clientWords(words: readonly string[]): ClientWords | undefined {
  const [madkv, project, client, addresses, ...rest] = words;
  if (madkv !== "madkv" || client !== "client" || addresses === undefined || rest.length > 0) return undefined;
  if (!projects.some((known) => known === project) || addresses.startsWith("-")) return undefined;
  return { project: project as Project, addresses, deadlineMs: undefined };
}
