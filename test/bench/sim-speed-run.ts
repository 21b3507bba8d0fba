import { Rng } from "../../src/base/rng.ts";
import { memberProgram, SimCluster } from "../../src/sim/cluster.ts";
import { Recorder } from "../../src/rsm/recorder.ts";
import { WatchedCluster } from "../../src/sim/watched-cluster.ts";

/** What is simulated: five servers in a calm world with production options. */
export const simSpeedSettings = { servers: 5, commandBytes: 64, rounds: 8 } as const;

export interface SimSpeed {
  readonly name: string;
  readonly oracle: boolean;
  readonly proposalsPerS: number;
  /** Simulated milliseconds for one of CPU time. */
  readonly speed: number;
  readonly eventsPerS: number;
  readonly packetsPerS: number;
  /** CPU microseconds for each event. */
  readonly usEach: number;
}

interface Load {
  readonly name: string;
  readonly proposalsPerS: number;
  readonly simulatedMs: number;
}

/** Measures each load without and with the oracle, in turn; of several rounds the fastest counts, since machines are shared. */
export function measureSimSpeed(scale: number, rounds: number = simSpeedSettings.rounds): SimSpeed[] {
  const loads: Load[] = [
    { name: "idle", proposalsPerS: 0, simulatedMs: 60_000 * scale },
    { name: "200 proposals/s", proposalsPerS: 200, simulatedMs: 10_000 * scale },
  ];
  return loads.flatMap((load) => {
    const runs = Array.from({ length: rounds }, () => [run(load, false), run(load, true)]).flat();
    return [false, true].map((oracle) => {
      const own = runs.filter((each) => each.oracle === oracle);
      return own.reduce((best, each) => (each.speed > best.speed ? each : best));
    });
  });
}

function cluster(oracle: boolean): SimCluster {
  const rng = new Rng("sim speed");
  const size = simSpeedSettings.servers;
  if (oracle) return new WatchedCluster(rng, { size }).sim;
  return new SimCluster(rng.fork("world"), {
    size,
    program: memberProgram({}, () => new Recorder({ applied: () => {}, restored: () => {} })),
    onFailure: (_, error) => {
      throw error;
    },
  });
}

/** Long enough for an election, and for the code to be compiled. */
const warmUpMs = 5000;

function run({ name, proposalsPerS, simulatedMs }: Load, oracle: boolean): SimSpeed {
  const sim = cluster(oracle);
  const { world, network } = sim;
  sim.startAll();
  if (proposalsPerS > 0) propose(sim, 1000 / proposalsPerS);
  world.runFor(warmUpMs);
  const events = world.events;
  const packets = network.counters().packetsSent;
  const begun = process.cpuUsage();
  world.runFor(simulatedMs);
  const { user, system } = process.cpuUsage(begun);
  const cpuMs = (user + system) / 1000;
  const ran = world.events - events;
  const perS = (count: number): number => (count / simulatedMs) * 1000;
  return {
    name,
    oracle,
    proposalsPerS,
    speed: simulatedMs / cpuMs,
    eventsPerS: perS(ran),
    packetsPerS: perS(network.counters().packetsSent - packets),
    usEach: (cpuMs * 1000) / ran,
  };
}

/** A command every `gapMs` to whoever leads. */
function propose(sim: SimCluster, gapMs: number): void {
  for (const { member, process } of sim.servers) {
    if (member?.raft?.state.role !== "leader") continue;
    process.env()?.clock.after(0, () => void member.propose(new Uint8Array(simSpeedSettings.commandBytes)));
  }
  sim.world.post(gapMs, () => propose(sim, gapMs));
}
