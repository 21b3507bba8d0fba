import { diskBugs } from "../real/disk/planted.ts";
import { crashTests, plantedTests, rotTest } from "../real/disk/rig-tests.ts";

rotTest(2000);
crashTests({ kill: 200, cut: 200, full: 20, sync: 20 });
plantedTests(diskBugs);
