import { Service, type ServiceFailed, type ServicePlace } from "../service/service.ts";
import type { ServiceShape } from "../service/shape.ts";
import { processTarget } from "./process-target.ts";
import { runYcsb, type YcsbPlan, type YcsbProgress, type YcsbResult } from "./ycsb-run.ts";

/** Starts a service of its own, measures it through client processes, and ends it. Throws `BenchFailed` and `ServiceFailed`. */
export async function ycsbService(plan: YcsbPlan, shape: ServiceShape, place: ServicePlace, progress: YcsbProgress): Promise<YcsbResult> {
  let broken: ServiceFailed | undefined;
  const service = await Service.start(shape, place, (error) => (broken ??= error));
  try {
    const result = await runYcsb(plan, processTarget(service.client), progress, () => service.cpuSeconds());
    if (broken !== undefined) throw broken;
    return result;
  } finally {
    await service.stop();
  }
}
