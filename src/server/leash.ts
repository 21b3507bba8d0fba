/**
 * Ends this process as SIGTERM does when its stdin ends. Whoever starts servers and holds the other end need not live to end them: a
 * pipe is closed with its holder, however that one dies.
 */
export function endWithStdin(): void {
  process.stdin.on("end", end).on("error", end).resume();
}

function end(): void {
  process.kill(process.pid, "SIGTERM");
}
