import type { Service } from "./group/service.ts";
import { storeService } from "./kv/service.ts";
import { masterService } from "./shardmaster/service.ts";

/** Everything that a group under test can be, for whoever starts its servers. */
export const services: Readonly<Record<ServiceName, Pick<Service<never, never, never>, "start" | "group">>> = {
  store: storeService,
  master: masterService,
};

export type ServiceName = Service<never, never, never>["name"];
