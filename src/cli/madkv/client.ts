import { KvorumError } from "../../client/errors.ts";
import type { Trouble } from "../../client/trouble.ts";
import { connect } from "../../real/connect.ts";
import { collectAlone } from "../../server/heap.ts";
import { madkvCluster } from "../../server/madkv/names.ts";
import { enlist } from "../../server/madkv/roll.ts";
import { compileEarly } from "./compile-early.ts";
import { LineClient } from "./line-client.ts";
import { LineProcess } from "./line-process.ts";
import { standardInput, standardOutput } from "../../real/standard-lines.ts";

/*
 * The client of MadKV's line protocol. Harnesses start it by the dozen and wait for it: it is started past the command line's machinery,
 * and imports what it needs and nothing else.
 */

/** The words behind `kvorum madkv <project> client`, if that is what a command line is. */
export interface ClientWords {
  /** `p1`: the addresses are those of servers; otherwise of managers. */
  readonly project: string;
  readonly addresses: string;
  readonly deadlineMs: number | undefined;
}

/** Speaks the protocol on stdin and stdout until it is told to stop. Everything else that is said is said on stderr. */
export async function runClient({ project, addresses, deadlineMs }: ClientWords): Promise<void> {
  const servers = addresses.split(",");
  const given = { cluster: madkvCluster, as: "latin1", onTrouble: (trouble: Trouble) => complain(trouble.message) } as const;
  try {
    const client = connect(project === "p1" ? { ...given, group: servers } : { ...given, masters: servers });
    enlist(project);
    // What runs before this runs once.
    compileEarly();
    collectAlone();
    const lines = new LineProcess(new LineClient(client, complain, deadlineMs), standardInput(), standardOutput(), complain);
    process.exit(await lines.run());
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    complain(error.message);
    process.exit(2);
  }
}

function complain(sentence: string): void {
  process.stderr.write(`kvorum: ${sentence}\n`);
}
