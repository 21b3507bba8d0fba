/**
 * A task that runs beside a case, which waits for it later. Until then its failure counts as seen: nobody could have waited for it
 * yet, and Node would end the process.
 */
export function background<T>(task: Promise<T>): Promise<T> {
  task.catch(() => undefined);
  return task;
}
