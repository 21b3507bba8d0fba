import { utf8 } from "../base/bytes.ts";
import { exitCodes } from "./exit.ts";

const newline = utf8("\n");

/** Prints a line; resolves when stdout can take more. */
export async function printLine(parts: readonly Uint8Array[]): Promise<void> {
  await write(Buffer.concat([...parts, newline]));
}

/** Prints lines of text. */
export async function printText(text: string): Promise<void> {
  await write(utf8(`${text}\n`));
}

/** Prints a line of JSON. */
export async function printJson(value: unknown): Promise<void> {
  await write(utf8(`${JSON.stringify(value)}\n`));
}

function write(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => {
      // Nobody reads any more, as behind `head`.
      if (error != null && "code" in error && error.code === "EPIPE") process.exit(exitCodes.ok);
      else if (error == null) resolve();
      else reject(error);
    });
  });
}
