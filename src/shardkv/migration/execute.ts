import { unreachable } from "../../base/assert.ts";
import type { State } from "../../rsm/state/state.ts";
import { applyAbandon, applyBorn, applyChunk } from "./arrive.ts";
import { applyClear } from "./clear.ts";
import type { GroupCommand } from "./commands.ts";
import { configure, type Moment } from "./configure.ts";
import { applyDelete, applyGrant, applyReaddress } from "./depart.ts";
import { Ledger } from "./ledger.ts";
import { applyShape, isShaped } from "./shape.ts";

/**
 * Applies a command of the group's own; how many more sessions there are now. Each says what it takes to be so, and does nothing where it
 * is not: it may come late, twice, or from a leader who did not know better.
 */
export function executeGroupCommand(command: GroupCommand, state: State, moment: Moment): number {
  const ledger = new Ledger(state);
  switch (command.op) {
    case "shape":
      applyShape(ledger.state, command, moment.shape);
      return 0;
    case "configure":
      if (!isShaped(ledger.state, moment.shape)) return 0;
      configure(ledger, command, moment);
      return 0;
    case "readdress":
      applyReaddress(ledger, command);
      return 0;
    case "grant":
      applyGrant(ledger, command);
      return 0;
    case "chunk":
      return applyChunk(ledger, command, moment);
    case "delete":
      applyDelete(ledger, command);
      return 0;
    case "abandon":
      applyAbandon(ledger, command);
      return 0;
    case "born":
      applyBorn(ledger, command, moment);
      return 0;
    case "clear":
      return applyClear(ledger, command);
    default:
      return unreachable(command);
  }
}
