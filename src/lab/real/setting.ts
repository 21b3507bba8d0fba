import type { TraceSink } from "../world.ts";
import type { Launch } from "./launch.ts";

/** Where a world is, and how its processes are started. */
export interface RealSetting {
  readonly folder: string;
  readonly launch: Launch;
  readonly trace: TraceSink | undefined;
}
