import { diskBugs } from "./planted.ts";
import { crashTests, plantedTests, rotTest } from "./rig-tests.ts";

// A share of what `test/long/disk.long.ts` runs.

rotTest(60);
crashTests({ kill: 4, cut: 4, full: 1, sync: 2 });
plantedTests(diskBugs.filter(({ id }) => id === "disk-checksum-ignored" || id === "disk-unsynced-rows"));
