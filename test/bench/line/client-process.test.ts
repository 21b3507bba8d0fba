import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ClientProcess, commandWords, type CommandWords } from "../../../src/bench/line/client-process.ts";

const toy = fileURLToPath(new URL("toy-client.mjs", import.meta.url));

function unheard(): void {}

interface Heard {
  readonly client: ClientProcess;
  /** Asks, and gives the answer, or why there is none. */
  readonly ask: (line: string, scan?: boolean) => Promise<string>;
  readonly lost: Promise<string>;
}

function start(command: CommandWords): Heard {
  let hear: (said: string) => void = unheard;
  let lose: (why: string) => void = unheard;
  const lost = new Promise<string>((resolve) => {
    lose = resolve;
  });
  const client = new ClientProcess("toy", command, { answered: (answer) => hear(answer.toString("latin1")), lost: (why) => lose(why) });
  const ask = (line: string, scan = false): Promise<string> => {
    const answered = new Promise<string>((resolve) => {
      hear = resolve;
    });
    client.ask(line, scan);
    return Promise.race([answered, lost]);
  };
  return { client, ask, lost };
}

test("a client answers one line after the other, and ends when told to stop", async () => {
  const { client, ask } = start([process.execPath, toy]);
  const value = "x".repeat(100_000);
  expect(await ask("PUT k 1\n")).toBe("PUT k not_found\n");
  expect(await ask(`SWAP k ${value}\n`)).toBe("SWAP k 1\n");
  expect(client.askedAt).toBeUndefined();
  expect(await ask("SCAN a z\n", true)).toBe(`SCAN a z BEGIN\n  k ${value}\nSCAN END\n`);
  expect(await client.stop()).toBeUndefined();
});

test("a client that ends is lost, and so is one that never began", async () => {
  expect(await start([process.execPath, toy, "dies"]).ask("GET k\n")).toBe("it ended with 3");
  expect(await start(["/no/such/program"]).ask("GET k\n")).toContain("/no/such/program cannot be started");
});

test("a client that says what nobody asked for is lost", async () => {
  const { client, lost } = start([process.execPath, toy, "talks"]);
  expect(await lost).toBe('it has said what nobody asked for: "connected\\n"');
  client.kill();
  await client.ended;
});

test("one that does not end by itself is ended with its pipes", async () => {
  const { client, ask } = start([process.execPath, toy, "deaf to STOP"]);
  await ask("GET k\n");
  client.kill();
  await expect(client.ended).resolves.toBeUndefined();
});

test("a command line is split at blanks", () => {
  expect(commandWords("just  p2::client 127.0.0.1:3666 ")).toEqual(["just", "p2::client", "127.0.0.1:3666"]);
  expect(commandWords(" ")).toBeUndefined();
});
