/** Signals that ask a process to end; one that has children ends them at its own end. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** From here on the signals that ask this process to end it in an orderly way: what waits for its exit is done. Until the result is called. */
export function endWithSignals(): () => void {
  const listeners = Object.entries(signals).map(([signal, code]) => {
    const end = (): never => process.exit(code);
    process.once(signal, end);
    return () => void process.off(signal, end);
  });
  return () => {
    for (const letGo of listeners) letGo();
  };
}
