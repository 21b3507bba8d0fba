import type { GroupState, OwnerReason } from "../client/status.ts";
import type { WaitReason } from "../shardkv/migration/waits.ts";

/** What each reason means, for those who read it. "They" are the shards that wait. */
export const reasonMeanings: Readonly<Record<WaitReason | OwnerReason, string>> = {
  nobody: "no group owns them: who asks for their keys waits until one joins",
  owner_silent: "the group that owns them does not answer: who asks for their keys waits for it, or until it leaves",
  owner_leaderless: "the group that owns them has no leader: too few of its servers are up, or reach each other",
  owner_foreign: "the servers at their owner's addresses are another group: it joined by force, or with another creation id",
  owner_behind: "their owner has not come to the configuration yet that gives them to it",
  asking: "they are asked for where they were last, and there is no answer yet",
  fetching: "they are on their way",
  source_silent: "the group that had them last does not answer",
  source_behind: "the group that had them last has not come so far yet, or waits for them itself",
  source_granting: "the group that had them last has to note first that they go here",
  passed_on: "the group that had them last has passed them on to another one than this",
  birth: "nobody has ever had them: the shardmaster has to say that they begin here",
  history: "the shardmaster has to say who had them before",
  parked: "nobody owns them: their data stays here until somebody does",
  not_fetched: "the group that is to have them has not fetched them yet",
  not_confirmed: "the group that is to have them may have them, and has not said so yet",
  addressee_silent: "the group that is to have them may have them, and does not answer",
  clearing: "their data is elsewhere; what is left of it here is being cleared",
};

/** What is to be said of a group besides its number. */
export const stateMeanings: Readonly<Record<GroupState, string>> = {
  answering: "",
  leaderless: "has no leader",
  silent: "does not answer",
  foreign: "is another group at these addresses",
};
