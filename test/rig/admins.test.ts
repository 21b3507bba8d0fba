import { describe, expect, test } from "vitest";
import type { Config } from "../../src/shardmaster/config.ts";
import { group, Master } from "../shardmaster/master.ts";
import { type Call, type Done, judgeAdmins } from "./admins/judge.ts";

/** What administrators were told by a shardmaster that does what it should; and its configurations. */
class Told {
  readonly master: Master = new Master(6);
  readonly done: Done[] = [];

  constructor(...calls: readonly Call[]) {
    for (const call of calls) this.add(call);
  }

  add(call: Call): void {
    const result = this.execute(call);
    if (!result.ok || result.op !== "changed") throw new Error(JSON.stringify(result));
    const { number, changed } = result;
    this.done.push({ call, before: this.done.length, number, changed });
  }

  execute(call: Call): ReturnType<Master["join"]> {
    if (call.op === "move") return this.master.move(call.shard, call.gid);
    return call.op === "join" ? this.master.join(group(call.gid, call.gid)) : this.master.leave(call.gid);
  }

  get configs(): Config[] {
    return Array.from({ length: this.master.config().number + 1 }, (_, number) => this.master.config(number));
  }
}

const join = (gid: number): Call => ({ op: "join", gid });
const leave = (gid: number): Call => ({ op: "leave", gid });
const move = (shard: number, gid: number): Call => ({ op: "move", shard, gid });
const calls = [join(10), join(9), move(0, 9), leave(10), join(11)];

const promises = {
  once: "each configuration was made by one operation, and each operation made one",
  effect: "a configuration differs from the one before by what was asked for, and by nothing else",
  order: "what ended before an operation began was there when it was executed",
  balance: "what a join or a leave leaves behind is balanced",
};

/** The promises that are broken. */
function broken(done: readonly Done[], configs: readonly Config[]): string[] {
  return judgeAdmins(done, configs).flatMap(({ promise, broken: how }) => (how === undefined ? [] : [promise]));
}

test("of a shardmaster that does what it should nothing is said, moves of no effect included", () => {
  const told = new Told(...calls, move(0, 9), move(0, 9));
  expect(told.done.filter(({ changed }) => !changed).length).toBeGreaterThan(0);
  expect(broken(told.done, told.configs)).toEqual([]);
});

describe("it is seen", () => {
  test("that an operation was executed twice", () => {
    const told = new Told(join(1), join(2));
    // Somebody else has undone it meanwhile, or the second time would change nothing.
    told.add(move(0, 2));
    told.add(move(0, 1));
    told.execute(move(0, 2));
    expect(broken(told.done, told.configs)).toEqual([promises.once]);
  });

  test("that an acknowledged one is lost", () => {
    const told = new Told(...calls);
    expect(broken(told.done, told.configs.slice(0, -1))).toEqual([promises.once]);
  });

  test("that two were told the same configuration", () => {
    const told = new Told(...calls);
    const [last] = told.done.slice(-1);
    const done = [...told.done, { ...(last as Done), call: join(12) }];
    expect(broken(done, told.configs)).toContain(promises.once);
  });

  test("that a join or a leave says that it has changed nothing", () => {
    const told = new Told(...calls);
    const done = told.done.map((each) => (each.call.op === "leave" ? { ...each, changed: false } : each));
    expect(broken(done, told.configs)).toContain(promises.once);
  });

  test.each<[string, (configs: Config[]) => Config[]]>([
    ["a group more", (configs) => configs.with(2, { ...(configs[2] as Config), groups: [...(configs[2] as Config).groups, group(20)] })],
    ["a group less", (configs) => configs.with(5, { ...(configs[5] as Config), groups: (configs[5] as Config).groups.slice(1) })],
    [
      "another shard moved",
      (configs) => configs.with(3, { ...(configs[3] as Config), shards: (configs[3] as Config).shards.toReversed() }),
    ],
    ["nothing moved", (configs) => configs.with(3, { ...(configs[2] as Config), number: 3 })],
    ["it was so before", (configs) => configs.with(2, { ...(configs[3] as Config), number: 2, groups: (configs[2] as Config).groups })],
  ])("that a configuration has another effect: %s", (_, change) => {
    const told = new Told(...calls);
    expect(broken(told.done, change(told.configs))).toContain(promises.effect);
  });

  test("that an operation was executed before one that had ended", () => {
    const told = new Told(join(1), join(2));
    const [one, two] = told.done as [Done, Done];
    expect(
      broken(
        [
          { ...two, before: 0 },
          { ...one, before: 1 },
        ],
        told.configs,
      ),
    ).toEqual([promises.order]);
    expect(
      broken(
        [
          { ...two, before: 0 },
          { ...one, before: 0 },
        ],
        told.configs,
      ),
    ).toEqual([]);
  });

  test("that shards are not shared evenly", () => {
    const told = new Told(join(1), join(2));
    const configs = told.configs;
    const { shards } = configs[1] as Config;
    expect(broken(told.done, configs.with(2, { ...(configs[2] as Config), shards }))).toEqual([promises.balance]);
  });
});
