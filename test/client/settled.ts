import { KvorumError } from "../../src/client/errors.ts";

/** Lets simulated time pass, in steps of `run`, until a promise is settled: what it came to. */
export async function settled<R>(promise: Promise<R>, run: () => void): Promise<R> {
  const ends = { seen: false };
  const over = (): void => {
    ends.seen = true;
  };
  promise.then(over, over);
  for (let i = 0; !ends.seen; i += 1) {
    if (i > 100_000) throw new Error("nothing comes of it");
    run();
    // What waits for something that has ended goes on before time does.
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
  return promise;
}

/** As `settled`: the error that a promise is rejected with. */
export async function failure(promise: Promise<unknown>, run: () => void): Promise<KvorumError> {
  const ended = promise.then(
    (result) => new Error(`it ended in ${JSON.stringify(result)}`),
    (reason: unknown) => reason,
  );
  const error: unknown = await settled(ended, run);
  if (error instanceof KvorumError) return error;
  throw error;
}
