import { type GroupId, groupId } from "../base/ids.ts";

/** The number of the shardmaster's own group: none that owns shards has it. */
export const masterGroup: GroupId = groupId(0);
