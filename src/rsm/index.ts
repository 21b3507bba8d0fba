export { Host } from "./host.ts";
export type { Machine, ReadRow } from "./machine.ts";
export { Member, type MemberPhase } from "./member.ts";
export { type Identity, memberOptions, type MemberOptions, type MemberOptionsGiven } from "./options.ts";
export { startMember } from "./start.ts";
