import { serverId } from "../../../src/base/ids.ts";
import { Rng } from "../../../src/base/rng.ts";
import { parseAddress } from "../../../src/real/address.ts";
import { RealClock } from "../../../src/real/clock.ts";
import { openTcpTransport } from "../../../src/real/tcp/transport.ts";
import { Turn } from "../../../src/real/turn.ts";

// A process that is nothing but a transport: it listens where its first argument says, and sends every packet back to its sender.

const self = serverId(process.argv[2] ?? "");
const listen = parseAddress(self);
if (listen === undefined) throw new Error("the first argument is an address to listen on");
const turn = new Turn();
let traces = 0;
const transport = await openTcpTransport({
  cluster: "test",
  self,
  incarnation: 1,
  listen,
  turn,
  clock: new RealClock(turn),
  rng: new Rng("victim"),
  trace: () => (traces += 1),
});
transport.onPacket((from, packet) => transport.send(from, packet));
process.on("SIGTERM", () => {
  console.error(JSON.stringify({ ...transport.counters(), traces }));
  process.exit(0);
});
console.log(`listening on ${self}`);
