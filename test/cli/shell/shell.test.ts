import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ShellCommand } from "../../../src/cli/shell/command.ts";
import { helpCommands } from "../../../src/cli/shell/help.ts";
import { kvCommands } from "../../../src/cli/shell/kv-commands.ts";
import { Shell } from "../../../src/cli/shell/shell.ts";
import { MapStore, worldOf } from "./world.ts";

let scratch: string;
let store: MapStore;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "kvorum-shell-"));
  store = new MapStore();
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

/** A shell, and whoever sits at it. */
class Seat {
  readonly input = new PassThrough();
  readonly shell: Shell;
  readonly ended: Promise<boolean>;
  said = "";
  errors = "";

  constructor(isTerminal: boolean) {
    const [output, errors] = [new PassThrough(), new PassThrough()];
    const heard = (text: Buffer): void => void (this.said += text.toString("utf8"));
    output.on("data", heard);
    errors.on("data", (text: Buffer) => (this.errors += text.toString("utf8")));
    const commands: readonly ShellCommand[] = [...kvCommands, ...helpCommands(() => commands)];
    const streams = { input: this.input, output, errors, isTerminal };
    this.shell = new Shell({ commands, world: worldOf(store), streams, historyFile: join(scratch, "history") });
    this.ended = this.shell.run();
  }

  type(keys: string): void {
    this.input.write(keys);
  }

  /** What was said, once there is `text` in it. */
  async hears(text: string): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop
    while (!(this.said + this.errors).includes(text)) await new Promise(setImmediate);
  }
}

const [ctrlC, ctrlD, up] = ["\u0003", "\u0004", "\u001b[A"];

describe("the lines of a file", () => {
  test("are done one after the other, to the end, without a prompt", async () => {
    const seat = new Seat(false);
    seat.input.end(
      'put a 1\nput "b c" "two words"\nget a\nget nothing\nappend a 2\n\n# a remark\ncas a 12 x\ncas a 12 y\nscan\nscan a b\nscan "" b 1',
    );
    expect(await seat.ended).toBe(true);
    expect([seat.said, seat.errors]).toEqual([
      "created, version 1\ncreated, version 1\n1\nabsent\nversion 2, it was 1\ndone, version 2\nnot done: it is x, version 1\n" +
        'a      x\n"b c"  two words\na  x\na  x\n',
      "",
    ]);
  });

  test("that cannot be meant are told so, and the others are done", async () => {
    const seat = new Seat(false);
    seat.input.end("gte a\nput a\nput a 'b\nscan a b many\nput a 1\n");
    expect(await seat.ended).toBe(false);
    expect([seat.said, seat.errors]).toEqual([
      "created, version 1\n",
      "There is no command 'gte'. Did you mean get?\nIt is: put KEY VALUE.\nA quote ' is not closed.\n'many' is no number of keys from 1 to 10000.\n",
    ]);
  });

  test("behind quit are not done", async () => {
    const seat = new Seat(false);
    seat.input.end("put a 1\nquit\nput b 2\n");
    expect(await seat.ended).toBe(true);
    expect([...store.rows.keys()]).toEqual(["a"]);
  });

  test("are all done, however many there are", async () => {
    const seat = new Seat(false);
    seat.input.end(Array.from({ length: 5000 }, (_, at) => `put ${at} x`).join("\n"));
    expect(await seat.ended).toBe(true);
    expect(store.rows.size).toBe(5000);
  });
});

test("a scan says that there is more, and how to see it", async () => {
  for (let at = 0; at < 120; at += 1) store.rows.set(`k${String(at).padStart(3, "0")}`, "x");
  const seat = new Seat(false);
  seat.input.end("scan k l\nscan k1 l 5\nscan x");
  await seat.ended;
  const lines = seat.said.trimEnd().split("\n");
  expect(lines).toHaveLength(100 + 1 + 5 + 1 + 1);
  expect(lines.slice(99, 102)).toEqual(["k099  x", "and more: scan k100 l", "k100  x"]);
  expect(lines.slice(-2)).toEqual(["and more: scan k105 l", "no keys"]);
});

describe("at a terminal", () => {
  test("there is a prompt, and Ctrl-D ends the shell", async () => {
    const seat = new Seat(true);
    await seat.hears("kvorum> ");
    seat.type("put a 1\r");
    await seat.hears("created, version 1\n");
    seat.type(ctrlD);
    expect(await seat.ended).toBe(true);
  });

  test("Ctrl-C gives up what waits, then the line that is being written, then the shell", async () => {
    const seat = new Seat(true);
    seat.type("get slow\r");
    seat.type("put typed-ahead 1\r");
    await new Promise(setImmediate);
    seat.type(ctrlC);
    await seat.hears("The get was not answered: it was aborted.\n");
    seat.type("put half");
    seat.type(ctrlC);
    await seat.hears("^C");
    seat.type("put whole 1\r");
    await seat.hears("created, version 1\n");
    expect([...store.rows.keys()]).toEqual(["whole"]);
    seat.type(ctrlC);
    expect(await seat.ended).toBe(true);
  });

  test("Ctrl-D gives up what waits, and ends the shell", async () => {
    const seat = new Seat(true);
    seat.type("get slow\r");
    await new Promise(setImmediate);
    seat.type(ctrlD);
    expect(await seat.ended).toBe(true);
    expect(seat.errors).toBe("The get was not answered: it was aborted.\n");
  });
});

describe("the line at a terminal", () => {
  test("what is said meanwhile leaves the line as it is", async () => {
    const seat = new Seat(true);
    seat.type("put a");
    await seat.hears("put a");
    seat.shell.say("1.0 was ended by SIGKILL.");
    // It is written anew, below.
    await seat.hears("kvorum> put a");
    seat.type(" 1\r");
    await seat.hears("created, version 1\n");
    expect(seat.errors).toBe("\r\u001b[J1.0 was ended by SIGKILL.\n");
    expect(store.rows.get("a")).toBe("1");
    seat.type(ctrlD);
    expect(await seat.ended).toBe(true);
  });

  test("earlier lines are found again, also by another shell", async () => {
    const first = new Seat(true);
    first.type("put a 1\r");
    await first.hears("created, version 1\n");
    first.type(ctrlD);
    await first.ended;
    expect(readFileSync(join(scratch, "history"), "utf8")).toBe("put a 1\n");
    expect(statSync(join(scratch, "history")).mode & 0o077).toBe(0);
    const second = new Seat(true);
    second.type(up);
    second.type("\r");
    await second.hears("replaced, version 2\n");
    second.type(ctrlD);
    expect(await second.ended).toBe(true);
  });

  test("a history that cannot be kept is told once, and disturbs nothing", async () => {
    mkdirSync(join(scratch, "history"));
    const seat = new Seat(true);
    seat.type("put a 1\rput b 1\r");
    seat.type("get b\r");
    await seat.hears("\n1\n");
    seat.type(ctrlD);
    expect(await seat.ended).toBe(true);
    expect(seat.errors).toBe(`Lines are not remembered: ${join(scratch, "history")} cannot be read (EISDIR).\n`);
  });

  test("Tab completes a word", async () => {
    store.rows.set("greeting", "hello");
    const seat = new Seat(true);
    for (const keys of ["ge", "\t", "gr", "\t", "\r"]) {
      seat.type(keys);
      // A person is slower than that.
      // oxlint-disable-next-line no-await-in-loop
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    }
    await seat.hears("hello\n");
    seat.type(ctrlD);
    expect(await seat.ended).toBe(true);
  });
});
