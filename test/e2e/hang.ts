import fs from "node:fs";

// Stands before a server's own program (`node --import`), and has it stand still as `HANG` says. `disk`: a sync does not come back,
// and keeps one of the threads that wait for the disk. Opening a pipe that nobody reads, `PIPE`, is just such a call. `loop`: with the
// signal SIGUSR2 the loop stops turning.

const { HANG, PIPE = "" } = process.env;

if (HANG === "disk") {
  fs.fdatasync = ((_: number, done: (error: Error | null) => void) => {
    fs.open(PIPE, "w", (error) => done(error));
    process.stderr.write("the disk hangs\n");
  }) as typeof fs.fdatasync;
}
if (HANG === "loop") {
  process.on("SIGUSR2", () => {
    process.stderr.write("the loop hangs\n");
    for (;;);
  });
}
