import { beforeEach, expect, test } from "vitest";
import type { Clock } from "../../../src/env/clock.ts";
import type { FoundingLine } from "../../../src/shardmaster/founding/founding-line.ts";
import { Registrar } from "../../../src/shardmaster/founding/registrar.ts";
import type { Founding, Register } from "../../../src/shardmaster/founding/wire.ts";
import { group } from "../master.ts";

const who = { gid: group(1).gid, creation: 7, replica: 1 };
const founding = (registered: readonly number[], begun: boolean): Founding => ({ groups: [group(1, 7)], registered: [registered], begun });

/** A shardmaster's line and a clock, both of which do something when they are told to. */
class Scene {
  readonly said: string[] = [];
  readonly registered: Omit<Register, "op">[] = [];
  answer: Founding | string | undefined;
  #due: (() => void) | undefined;

  registrar(begun: boolean = false): Registrar {
    const line: Pick<FoundingLine, "founding" | "register"> = {
      founding: (done) => this.#then(() => done(this.answer)),
      register: (given, done) =>
        this.#then(() => {
          this.registered.push(given);
          done();
        }),
    };
    const clock: Clock = { now: () => 0, wallMs: () => 0, after: (_, run) => this.#then(run) };
    return new Registrar(line as FoundingLine, clock, who, begun, {
      registered: () => this.said.push("registered"),
      begun: () => this.said.push("begun"),
      foreign: (why) => this.said.push(why),
    });
  }

  /** What is due happens, so many times. */
  turn(times: number = 2): void {
    for (let turns = 0; turns < times; turns += 1) {
      const due = this.#due;
      this.#due = undefined;
      due?.();
    }
  }

  get isIdle(): boolean {
    return this.#due === undefined;
  }

  #then(run: () => void): () => void {
    this.#due = run;
    return () => {
      this.#due = undefined;
    };
  }
}

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

test("asks until the shardmaster answers, and registers then", () => {
  scene.registrar().start();
  scene.turn(20);
  expect(scene.registered).toEqual([]);
  scene.answer = founding([], false);
  scene.turn(2);
  expect(scene.registered).toEqual([{ ...who, begun: false }]);
  scene.answer = founding([1], false);
  scene.turn(10);
  expect(scene.registered).toHaveLength(1);
  expect(scene.said).toEqual(["registered"]);
});

test("says once that all have begun", () => {
  scene.answer = founding([1], false);
  scene.registrar().start();
  scene.turn(6);
  scene.answer = founding([0, 1], true);
  scene.turn(10);
  expect(scene.said).toEqual(["registered", "begun"]);
});

test("registers again with a shardmaster that has forgotten it, and tells it what had been", () => {
  scene.answer = founding([0, 1], true);
  scene.registrar().start();
  scene.turn(6);
  scene.answer = founding([], false);
  scene.turn(3);
  expect(scene.registered).toEqual([{ ...who, begun: true }]);
});

test("tells a shardmaster that knows it and not that all had begun", () => {
  scene.answer = founding([1], false);
  scene.registrar(true).start();
  scene.turn(2);
  expect(scene.registered).toEqual([{ ...who, begun: true }]);
});

test("a shardmaster of others is foreign, and is not asked again", () => {
  scene.answer = { groups: [group(1, 8)], registered: [[]], begun: false };
  scene.registrar().start();
  scene.turn(5);
  expect(scene.said).toEqual(["The shardmaster is that of another cluster."]);
  expect([scene.registered, scene.isIdle]).toEqual([[], true]);
});

test("does nothing any more when it is stopped", () => {
  scene.answer = founding([], false);
  const registrar = scene.registrar();
  registrar.start();
  registrar.stop();
  scene.turn(5);
  expect([scene.registered, scene.isIdle]).toEqual([[], true]);
});
