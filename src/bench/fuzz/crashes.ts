import type { Service } from "../service/service.ts";

/** Which server of a service is to be killed: of P2 a partition, of P3 a replica of the first partition. */
export type Victim = number | "leader" | "follower";

/** What is done to a service while it is fuzzed. */
export interface CrashPlan {
  readonly victims: readonly Victim[];
  /** A killed server is started again so much later; undefined is never. */
  readonly relaunchMs: number | undefined;
}

/** Killing has no leader to be asked for so long at most; who leads is asked for so often. */
const electionMs = 10_000;
const askMs = 50;

/**
 * Kills servers as the fuzzing goes on: of P2 all at half time, of P3 one after the other, evenly spread. When that is depends on how
 * many operations have been answered alone.
 */
export class Crashes {
  readonly #service: Service;
  readonly #plan: CrashPlan;
  readonly #say: (line: string) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #done: Promise<void> = Promise.resolve();
  #killed = 0;

  constructor(service: Service, plan: CrashPlan, say: (line: string) => void) {
    this.#service = service;
    this.#plan = plan;
    this.#say = say;
  }

  /** So much has been answered. */
  progress(answered: number, total: number): void {
    const { victims } = this.#plan;
    while (this.#killed < victims.length && answered >= total * this.#share(this.#killed)) {
      const victim = victims[this.#killed] as Victim;
      this.#killed += 1;
      this.#done = this.#done.then(() => this.#kill(victim));
      // Who waits for the end hears of it.
      this.#done.catch(() => {});
    }
  }

  /** All has been answered: resolves when all that was to be killed by then is. Throws what went wrong. */
  end(): Promise<void> {
    return this.#done;
  }

  /** Starts nothing any more. */
  cancel(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Of all that is to be answered, what has been when a victim is killed. */
  #share(at: number): number {
    return this.#service.plan.shape.project === "p2" ? 0.5 : (at + 1) / (this.#plan.victims.length + 1);
  }

  async #kill(victim: Victim): Promise<void> {
    const leader = victim === "leader" || victim === "follower" ? await this.#leader() : undefined;
    const node = this.#node(victim, leader);
    if (node === undefined) return this.#say("nothing was left to kill");
    await this.#service.kill(node);
    this.#say(`${node} was killed${node === leader ? ", which led" : ""}`);
    const { relaunchMs } = this.#plan;
    if (relaunchMs === undefined) return undefined;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#service.launch(node);
      this.#say(`${node} was started again`);
    }, relaunchMs);
    this.#timers.add(timer);
    return undefined;
  }

  /** Which node that is now: the wished one, or, where that is gone already, another of the same partition. */
  #node(victim: Victim, leader: string | undefined): string | undefined {
    const { plan } = this.#service;
    if (victim === "leader" && leader !== undefined) return leader;
    const replicas = Array.from({ length: plan.shape.rf }, (_, replica) => plan.server(0, replica));
    const wished = typeof victim === "number" ? [plan.shape.project === "p2" ? plan.server(victim, 0) : plan.server(0, victim)] : [];
    const candidates = plan.shape.project === "p2" ? wished : [...wished, ...replicas];
    return candidates.find((each) => each !== leader && this.#service.isUp(each));
  }

  async #leader(): Promise<string | undefined> {
    const end = performance.now() + electionMs;
    for (;;) {
      // Each question waits for the answer to the one before.
      // oxlint-disable-next-line no-await-in-loop
      const leader = await this.#service.leader(0);
      if (leader !== undefined && this.#service.isUp(leader)) return leader;
      if (performance.now() > end) return undefined;
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((resolve) => {
        setTimeout(resolve, askMs);
      });
    }
  }
}
