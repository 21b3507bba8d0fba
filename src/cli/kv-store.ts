/** Which store a command asks, as its command line and the environment say. */
export interface StoreFlags {
  readonly servers?: string;
  readonly masters?: string;
  readonly group?: number;
}

/** The same, as `connect` takes it. */
export type StoreOptions =
  | { readonly group: readonly string[]; readonly groupNumber: number | undefined }
  | { readonly masters: readonly string[] };

/** Whether an option was given in a word of the command line; otherwise it comes from the environment. */
export type IsGiven = (option: keyof StoreFlags) => boolean;

/** The store that is meant, or in a sentence why none can be. A word of the command line counts more than the environment. */
export function storeOf({ servers, masters, group }: StoreFlags, isGiven: IsGiven): StoreOptions | string {
  const isByMasters = masters !== undefined && (servers === undefined || (isGiven("masters") && !isGiven("servers")));
  const isByServers = servers !== undefined && (masters === undefined || (isGiven("servers") && !isGiven("masters")));
  if (isByServers) return { group: servers.split(","), groupNumber: group };
  if (isByMasters) {
    if (group === undefined) return { masters: masters.split(",") };
    return "the option '--group <number>' goes with --servers: the shardmaster knows which group has a key";
  }
  if (servers === undefined) return "it is not said which store is meant: give --servers <addresses> or --masters <addresses>";
  if (isGiven("servers")) return "options '--servers <addresses>' and '--masters <addresses>' were given; one or the other is allowed";
  return "KVORUM_SERVERS and KVORUM_MASTERS are both set: give --servers <addresses> or --masters <addresses>";
}
