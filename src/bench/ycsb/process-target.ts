import type { CommandWords } from "../line/client-process.ts";
import { type MakeCrowd, processCrowd } from "../line/crowd.ts";
import { rowsIn } from "../line/response-reader.ts";
import type { YcsbOperation } from "./draw.ts";
import type { Access, Target, TargetClients, TargetListener } from "./target.ts";

/** Client processes and the line protocol, as the course has it. */
export function processTarget(command: CommandWords): Target {
  return { name: "processes", connect: (clients, listener) => lineClients(processCrowd(command, clients), listener) };
}

/** Clients that are asked in lines. */
export function lineClients(makeCrowd: MakeCrowd, listener: TargetListener): TargetClients {
  const heads: Buffer[] = [];
  const scans: boolean[] = [];
  const crowd = makeCrowd({
    answered: (client, answer) => {
      const head = heads[client];
      // Only what an answer begins with, and a scan's end, is looked at: reading every row would be a good part of what is measured.
      if (head === undefined || !beginsWith(answer, head)) return listener.failed(notAnAnswer(client, head, answer));
      return listener.answered(client, scans[client] === true ? rowsIn(answer) : 0);
    },
    failed: (sentence) => listener.failed(sentence),
  });
  return {
    begin: (client, access, operation) => {
      const line = lineOf(access, operation);
      heads[client] = Buffer.from(headOf(line, access), "latin1");
      scans[client] = access === "scan";
      crowd.ask(client, line, access === "scan");
    },
    stop: () => crowd.stop(),
    kill: () => crowd.kill(),
    cpuSeconds: () => crowd.cpuSeconds(),
  };
}

function beginsWith(answer: Buffer, head: Buffer): boolean {
  return answer.length > head.length && answer.compare(head, 0, head.length, 0, head.length) === 0;
}

function lineOf(access: Access, operation: YcsbOperation): string {
  if (operation.kind === "scan") return `SCAN ${operation.start} ${operation.end}\n`;
  if (access === "read" || operation.kind === "read") return `GET ${operation.key}\n`;
  return `${access === "insert" ? "PUT" : "SWAP"} ${operation.key} ${operation.value}\n`;
}

/** What the answer to a line begins with: its word, its key or keys, and what follows the latter. */
function headOf(line: string, access: Access): string {
  if (access === "scan") return `${line.slice(0, -1)} BEGIN\n`;
  return access === "read" ? `${line.slice(0, -1)} ` : line.slice(0, line.indexOf(" ", line.indexOf(" ") + 1) + 1);
}

function notAnAnswer(client: number, head: Buffer | undefined, answer: Buffer): string {
  const [wanted, came] = [head, answer].map((bytes) => JSON.stringify(bytes?.toString("latin1", 0, 120) ?? ""));
  return `The client ${client} has not kept to the protocol: an answer was to begin with ${wanted}, and ${came} came.`;
}
