import { Malformed } from "../base/codec.ts";
import type { Cancel } from "../env/clock.ts";
import type { Env } from "../env/env.ts";
import { decodeShape, encodeShape, type ClusterShape } from "../shardmaster/shape.ts";
import type { MasterLine } from "./leader/master-line.ts";

/** How long a server that has not heard the cluster's shape waits before it asks again. */
const againMs = 100;

/**
 * Learns the cluster's shape: from the server's own disk, or from the shardmaster when it has none yet, however long that takes. `known`
 * runs once, when the shape is durable.
 */
export function learnShape(
  env: Pick<Env, "clock" | "cell">,
  name: string,
  master: MasterLine,
  known: (shape: ClusterShape) => void,
): Cancel {
  const cell = env.cell(name);
  let stopped = false;
  let cancel: Cancel | undefined;
  const ask = (): void =>
    master.shape((shape) => {
      if (stopped) return;
      if (shape === undefined) cancel = env.clock.after(againMs, ask);
      else cell.write(encodeShape(shape), { sync: true }, () => stopped || known(shape));
    });
  const stored = shapeIn(cell.read());
  if (stored === undefined) ask();
  else cancel = env.clock.after(0, () => known(stored));
  return () => {
    stopped = true;
    cancel?.();
  };
}

/** What a cell holds that cannot be read is as good as nothing: the shape is asked for again. */
function shapeIn(bytes: Uint8Array | undefined): ClusterShape | undefined {
  try {
    return bytes && decodeShape(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return undefined;
  }
}
