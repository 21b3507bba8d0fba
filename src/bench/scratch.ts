import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A directory for as long as something needs it. It is gone afterwards, also when this process is told to end meanwhile; unless `keeps` says of the
 * result that somebody will want to look into it.
 */
export async function inScratch<T>(
  name: string,
  use: (directory: string) => Promise<T>,
  keeps: (result: T) => boolean = () => false,
): Promise<{ readonly result: T; readonly kept: string | undefined }> {
  const directory = mkdtempSync(join(tmpdir(), `kvorum-${name}-`));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", remove);
  let kept: string | undefined;
  try {
    const result = await use(directory);
    if (keeps(result)) kept = directory;
    return { result, kept };
  } finally {
    process.off("exit", remove);
    if (kept === undefined) remove();
  }
}
