/**
 * Ends this process as SIGTERM does when its stdin ends. Whoever starts servers and holds the other end need not live to end them: a
 * pipe is closed with its holder, however that one dies. A process that has nothing else to do does not wait for it.
 */
export function endWithStdin(): void {
  const { stdin } = process;
  stdin.on("end", end).on("error", end).resume();
  // Not of a file, which ends at once.
  if ("unref" in stdin) stdin.unref();
}

function end(): void {
  process.kill(process.pid, "SIGTERM");
}
