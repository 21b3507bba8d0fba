/** The name under which all that belongs to MadKV speaks. Which cluster is meant, groups' creation ids say. */
export const madkvCluster = "madkv";
