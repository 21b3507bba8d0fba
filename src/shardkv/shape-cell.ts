import { equalBytes } from "../base/bytes.ts";
import { Malformed } from "../base/codec.ts";
import type { Cancel } from "../env/clock.ts";
import type { Env } from "../env/env.ts";
import { decodeShape, encodeShape, type ClusterShape } from "../shardmaster/shape.ts";
import type { MasterLine } from "./leader/master-line.ts";
import { otherShapeText } from "./migration/shape.ts";

/** How long a server that has not heard the cluster's shape waits before it asks again. */
const againMs = 100;

export interface ShapeLearned {
  /** Runs once, when the shape is durable. */
  readonly known: (shape: ClusterShape) => void;
  /** The shardmaster says another one than the server's own disk has; the sentence names both. */
  readonly other: (why: string) => void;
}

/**
 * Learns the cluster's shape: from the server's own disk, or from the shardmaster when it has none yet, however long that takes. What is on
 * the disk is compared with what the shardmaster says, as soon as it says anything.
 */
export function learnShape(
  { clock, cell: cellOf }: Pick<Env, "clock" | "cell">,
  name: string,
  master: MasterLine,
  { known, other }: ShapeLearned,
): Cancel {
  const cell = cellOf(name);
  let stopped = false;
  let cancel: Cancel | undefined;
  const ask = (told: (shape: ClusterShape) => void): void =>
    master.shape((shape) => {
      if (stopped) return;
      if (shape === undefined) cancel = clock.after(againMs, () => ask(told));
      else told(shape);
    });
  const compare = (stored: ClusterShape): void =>
    ask((shape) => {
      const [own, said] = [encodeShape(stored), encodeShape(shape)];
      if (!equalBytes(own, said)) other(otherShapeText(own, said));
    });
  const stored = shapeIn(cell.read());
  if (stored === undefined) {
    ask((shape) => cell.write(encodeShape(shape), { sync: true }, () => stopped || known(shape)));
  } else {
    cancel = clock.after(0, () => {
      known(stored);
      compare(stored);
    });
  }
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
