import { expect, test } from "vitest";
import { endProcess } from "../../src/server/ending.ts";

/** A server whose disk is busy for as many looks as are left. */
class BusyServer {
  readonly happened: string[] = [];
  looksLeft: number;
  readonly ended: Promise<void>;
  #resolve: () => void = () => {};

  constructor(looksLeft: number) {
    this.looksLeft = looksLeft;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  unfinishedMs(): number {
    this.looksLeft -= 1;
    return this.looksLeft >= 0 ? 17 : 0;
  }

  silence(): void {
    this.happened.push("silent");
  }

  readonly exit = (code: number): void => {
    this.happened.push(`exit ${code}`);
    this.#resolve();
  };
}

test("a process without a server, or with one whose disk is at rest, ends at once", () => {
  const server = new BusyServer(0);
  endProcess(13, server, server.exit);
  endProcess(14, undefined, server.exit);
  expect(server.happened).toEqual(["exit 13", "exit 14"]);
});

test("a process whose disk is busy falls silent at once, and ends when the disk is at rest", async () => {
  const server = new BusyServer(5);
  endProcess(13, server, server.exit);
  expect(server.happened).toEqual(["silent"]);
  await server.ended;
  expect(server.happened).toEqual(["silent", "exit 13"]);
  expect(server.looksLeft).toBe(-1);
});

test("a server that cannot even fall silent ends nevertheless", async () => {
  const server = new BusyServer(2);
  const broken = {
    unfinishedMs: () => server.unfinishedMs(),
    silence: () => {
      throw new Error("a bug");
    },
  };
  expect(() => endProcess(1, broken, server.exit)).toThrow("a bug");
  await server.ended;
  expect(server.happened).toEqual(["exit 1"]);
});
