import { assert } from "../base/assert.ts";
import { Malformed } from "../base/codec.ts";
import { decodeEntry } from "./session/entry.ts";
import { refused, type Refused, type StateMachine } from "./state/state-machine.ts";

/**
 * Why an entry does not hold a request for `machine`: nothing of the state matters for that. (What was read is not kept until the
 * entry is applied: to carry so many small objects through collections costs more than to read them again.)
 */
export function refuseEntry(machine: Pick<StateMachine<unknown, unknown>, "decodeCommand">, data: Uint8Array): Refused | undefined {
  try {
    const logged = decodeEntry(data);
    assert(logged.kind === "request", "a request's entry holds a request");
    const command = machine.decodeCommand(logged.request.command);
    return command.ok ? undefined : command;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return refused("bad_request", error.message);
  }
}
