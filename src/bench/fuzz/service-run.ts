import type { CommandWords } from "../line/client-process.ts";
import { processCrowd } from "../line/crowd.ts";
import { Service, type ServicePlace } from "../service/service.ts";
import type { ServiceShape } from "../service/shape.ts";
import { type CrashPlan, Crashes } from "./crashes.ts";
import { FuzzRun, type FuzzProgress, type FuzzResult } from "./fuzz-run.ts";
import type { FuzzPlan } from "./workload.ts";

/** Who is told what happens. */
export interface ServiceFuzzListener {
  readonly progress: FuzzProgress;
  /** A server was killed, or started again. */
  readonly happened: (line: string) => void;
}

/** Fuzzes a service that runs already, by the command of its clients. */
export function fuzzClients(plan: FuzzPlan, client: CommandWords, { progress }: ServiceFuzzListener): Promise<FuzzResult> {
  return new FuzzRun(plan, processCrowd(client, plan.clients), progress).run();
}

/** Starts a service of its own, fuzzes it, kills what is to be killed meanwhile, and ends it. */
export async function fuzzService(
  plan: FuzzPlan,
  shape: ServiceShape,
  crash: CrashPlan,
  place: ServicePlace,
  { progress, happened }: ServiceFuzzListener,
): Promise<FuzzResult> {
  const failures: string[] = [];
  const service = await Service.start(shape, place, ({ message }) => failures.push(message));
  const crashes = new Crashes(service, crash, happened);
  try {
    const run = new FuzzRun(plan, processCrowd(service.client, plan.clients), (asked, answered, total) => {
      crashes.progress(answered, total);
      progress(asked, answered, total);
    });
    const result = await run.run();
    await crashes.end();
    return { ...result, failures: [...result.failures, ...failures] };
  } finally {
    crashes.cancel();
    await service.stop();
  }
}
