import { describe, expect, test, vi } from "vitest";
import { encode } from "../../src/base/codec.ts";
import { groupId, replicaId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import { fields } from "../../src/rsm/fields.ts";
import { Keys } from "../../src/rsm/log/rows.ts";
import { decodePacket, type Packet } from "../../src/rsm/wire.ts";
import { Forge } from "./forge.ts";
import { Group, type GroupOptions } from "./group.ts";

vi.setConfig({ testTimeout: 60_000 });

const keys = new Keys(groupId(1));
const off = { powerCut: true };

function phases(group: Group): (string | undefined)[] {
  return group.states.map((_, at) => group.cluster.member(at)?.phase);
}

/** The incarnation that a disk would still know after a power cut. */
function durableIncarnation(group: Group, server: number): unknown {
  const marker = group.cluster.server(server).disk.copyOfImage().cells.get("marker 1");
  return marker === undefined ? undefined : fields(marker, 5, "marker")[4];
}

/** The incarnation of `of` that the disk of `server` has pinned for good. */
function durablePin(group: Group, server: number, of: number): unknown {
  const row = group.cluster
    .server(server)
    .disk.copyOfImage()
    .rows.get(keys.pin(replicaId(of)));
  return row === undefined ? undefined : fields(row, 1, "pin")[0];
}

/** Holds every packet against the disks of its sender: what breaks rules I1 and I2 is listed. */
function audited(options: GroupOptions): { group: Group; broken: string[] } {
  const group = new Group(options);
  const broken: string[] = [];
  const look = (from: number, { header, payload }: Packet): void => {
    if (durableIncarnation(group, from) !== header.incarnation) broken.push(`I1: s${from} speaks before its marker is durable`);
    if (payload.kind === "pinned" && durablePin(group, from, header.to) !== payload.incarnation)
      broken.push(`I1: s${from} tells of a pin that is not durable`);
    if (payload.kind === "hello" || payload.kind === "pinned" || payload.kind === "unknown") return;
    for (const at of group.states.keys()) {
      if (at !== from && durablePin(group, at, from) !== header.incarnation)
        broken.push(`I2: s${from} takes part, and s${at} has not pinned it`);
    }
  };
  group.cluster.network.onSend((from, _, packet) => look(Number(from.slice(1)), decodePacket(packet)));
  return { group, broken };
}

describe("I2: a new group needs all its members up, once", () => {
  test("with one of them missing nobody takes part, however long it lasts", () => {
    const group = new Group();
    group.cluster.start(0);
    group.cluster.start(1);
    group.run(30_000);
    expect(phases(group)).toEqual(["waiting", "waiting", undefined]);
    expect(group.leader).toBeUndefined();
    group.cluster.start(2);
    group.commit("all are there");
    expect(phases(group)).toEqual(["running", "running", "running"]);
  });

  test("afterwards a majority is enough", () => {
    const group = new Group().begin();
    group.crash(group.elected());
    group.commit("without the first leader");
    expect(group.agrees).toBe(true);
  });

  test("the restart of an admitted replica needs nobody", () => {
    const group = new Group().begin();
    for (const at of [0, 1, 2]) group.crash(at, true);
    group.cluster.start(1);
    group.run(100);
    expect(phases(group)).toEqual([undefined, "running", undefined]);
    group.cluster.start(0);
    group.commit("two of three");
  });

  test("two that cannot hear each other do not take part before they can", () => {
    const group = new Group();
    const [s0, , s2] = group.cluster.servers;
    group.cluster.network.cut(s0!.id, s2!.id);
    group.cluster.startAll();
    group.run(10_000);
    expect(phases(group)).toEqual(["waiting", "running", "waiting"]);
    expect(group.states.every((state) => state.length === 0)).toBe(true);
    group.heal();
    group.commit("healed");
  });

  test("a group of one is complete", () => {
    const group = new Group({ size: 1 }).begin();
    expect(group.states).toEqual([["first"]]);
  });

  test("nobody says hello any more when all are admitted", () => {
    const group = new Group().begin();
    group.run(300);
    const words: string[] = [];
    group.cluster.network.onSend((_, __, packet) => {
      const { kind } = decodePacket(packet).payload;
      if (kind !== "raft") words.push(kind);
    });
    group.run(5_000);
    expect(words).toEqual([]);
  });
});

describe("I2: an emptied directory does not come back under its old name", () => {
  test("it is refused for ever, by name, and the others go on", () => {
    const group = new Group().begin();
    const wiped = (group.elected() + 1) % 3;
    group.crash(wiped, true);
    group.cluster.server(wiped).disk.wipe();
    group.restart(wiped);
    for (let i = 0; i < 5; i += 1) {
      group.commit(`degraded ${i}`);
      group.run(5_000);
    }
    expect(group.member(wiped).phase).toBe("waiting");
    expect(group.member(wiped).refusedBy).not.toBe(undefined);
    expect(group.member(wiped).refusedBy).not.toBe(wiped);
    expect(group.said("admission: refused an unknown incarnation").length).toBeGreaterThan(0);
    expect(group.said("admission: this replica's directory is not the one its group knows", wiped).length).toBeGreaterThan(0);
    expect(group.states[wiped]).toEqual([]);
    group.crash(wiped);
    group.restart(wiped);
    group.run(5_000);
    expect(group.member(wiped).phase).toBe("waiting");
    expect(group.member(wiped).refusedBy).toBeDefined();
  });

  test("two of three replaced cannot outvote the third", () => {
    const group = new Group().begin();
    group.commit("kept");
    for (const at of [0, 1]) {
      group.crash(at, true);
      group.cluster.server(at).disk.wipe();
    }
    for (const at of [0, 1]) group.restart(at);
    group.run(30_000);
    expect(phases(group)).toEqual(["waiting", "waiting", "running"]);
    expect([group.member(0).refusedBy, group.member(1).refusedBy]).toEqual([2, 2]);
    expect(group.leader).toBeUndefined();
    expect(group.states[2]).toEqual(["first", "kept"]);
  });
});

describe("what the operator can do about an emptied directory", () => {
  test("the old directory is as good as ever", () => {
    const group = new Group().begin();
    group.crash(0, true);
    const copy = group.cluster.server(0).disk.copyOfImage();
    group.cluster.server(0).disk.wipe();
    group.restart(0);
    group.run(2_000);
    expect(group.member(0).phase).toBe("waiting");
    group.crash(0, true);
    group.cluster.server(0).disk.restore(copy);
    group.restart(0);
    group.commit("back");
    expect(group.member(0).refusedBy).toBeUndefined();
  });

  test("I4: while nobody was admitted, all may be wiped and begin again", () => {
    const group = new Group();
    group.cluster.start(0);
    group.cluster.start(1);
    group.run(1_000);
    const wipe = (at: number): void => {
      group.crash(at, true);
      group.cluster.server(at).disk.wipe();
      group.restart(at);
    };
    wipe(0);
    group.run(5_000);
    expect(group.member(0).refusedBy).toBe(1);
    expect(group.running).toEqual([]);
    for (const at of [0, 1, 2]) wipe(at);
    group.commit("anew", [0, 1, 2]);
    expect(group.member(0).refusedBy).toBeUndefined();
  });

  test("one that was wiped before anybody had pinned it comes back, and hears those who were admitted meanwhile", () => {
    const group = new Group();
    const forge = new Forge(group);
    const [s0, s1, s2] = group.cluster.servers;
    for (const other of [s1!, s2!]) group.cluster.network.cutOneWay(s0!.id, other.id);
    group.cluster.startAll();
    group.run(1_000);
    // Of all that it has said, only that it pinned s1 arrives.
    const told = forge.genuine.filter(({ from, to }) => from === "s0" && to === "s1");
    const pinned = told.find(({ packet }) => decodePacket(packet).payload.kind === "pinned");
    forge.deliver("s0", 1, pinned!.packet);
    group.run(1_000);
    expect(phases(group)).toEqual(["waiting", "running", "waiting"]);
    group.crash(0, true);
    group.cluster.server(0).disk.wipe();
    group.heal();
    group.restart(0);
    group.commit("all are there", [0, 1, 2]);
    expect(durablePin(group, 0, 1)).toBe(durableIncarnation(group, 1));
  });

  test("an answer that comes late does not mark a replica that was admitted", () => {
    const group = new Group();
    const forge = new Forge(group);
    group.cluster.start(0);
    group.cluster.start(1);
    group.until(() => forge.genuine.some(({ from, to }) => from === "s1" && to === "s0"), "s1 has spoken to s0");
    forge.send(1, 0, { kind: "unknown", incarnation: 5 });
    expect(group.member(0).refusedBy).toBe(1);
    group.cluster.start(2);
    group.commit("all are there");
    expect(group.member(0).refusedBy).toBeUndefined();
  });
});

describe("I1: the marker and the pins are durable first", () => {
  test("whatever is said is on the speaker's disk, through power cuts at any time of the birth", () => {
    for (let seed = 0; seed < 25; seed += 1) {
      const rng = new Rng(`birth ${seed}`);
      const { group, broken } = audited({ seed, disk: { syncMinMs: 1, syncMaxMs: rng.int(2, 30) } });
      group.cluster.startAll();
      for (let cuts = rng.int(1, 6); cuts > 0; cuts -= 1) {
        group.run(rng.between(0, 40));
        const at = rng.int(0, 2);
        group.crash(at, rng.chance(0.8));
        group.run(rng.between(0, 10));
        group.restart(at);
      }
      group.commit("born", [0, 1, 2]);
      expect(broken).toEqual([]);
      expect(group.agrees).toBe(true);
    }
  });

  test("a power cut of everybody at every step that a disk takes at birth does not lock the group out", () => {
    let steps = 0;
    for (let stop = 1; ; stop += 1) {
      const group = new Group({ seed: 3 });
      let seen = 0;
      const cut = (): void => {
        seen += 1;
        if (seen === stop) for (const at of [0, 1, 2]) group.cluster.crash(at, off);
      };
      for (const { disk } of group.cluster.servers) disk.observe({ onAccepted: cut, onDurable: cut });
      group.cluster.startAll();
      group.run(40);
      steps = seen;
      if (seen < stop) break;
      group.run(5);
      for (const at of [0, 1, 2]) if (group.cluster.member(at) === undefined) group.restart(at);
      // The second one, a little later.
      group.run(stop % 7);
      for (const at of [0, 1, 2]) {
        group.crash(at, true);
        group.restart(at);
      }
      group.commit("born", [0, 1, 2]);
    }
    expect(steps).toBeGreaterThan(10);
  });

  test("I3: members that start at the same moment find each other", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { group, broken } = audited({ seed, size: 5, network: { link: { loss: 0.3, duplication: 0.3, delayMeanMs: 20 } } });
      group.begin();
      expect(broken).toEqual([]);
      expect(group.running).toEqual([0, 1, 2, 3, 4]);
    }
  });
});

function reopened(key: Uint8Array, value: Uint8Array): Group {
  const group = new Group().begin();
  group.crash(0, true);
  group.cluster.server(0).disk.tamper([{ op: "put", key, value }]);
  group.restart(0);
  group.run(1_000);
  return group;
}

describe("rows of admission that are damaged", () => {
  test("a pin that cannot be read is damage, not a crash", () => {
    const group = reopened(keys.pin(replicaId(2)), encode(["x"]));
    expect(group.member(0).phase).toBe("damaged");
    expect(group.member(0).damage).toMatch(/^a row of the group's admission is unreadable: /);
    group.commit("without it", [1, 2]);
  });

  test("an admission that cannot be read, too", () => {
    expect(reopened(keys.admitted, encode(1)).member(0).phase).toBe("damaged");
  });

  test("the admission of another incarnation is none, and the others give it again", () => {
    const group = reopened(keys.admitted, encode([5]));
    expect(group.member(0).phase).toBe("running");
    group.commit("admitted again", [0, 1, 2]);
  });
});
