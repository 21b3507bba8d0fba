// Prints `PASSED FAILED` for a vitest JSON report. A test file that could not be loaded counts as one failure.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const broken = report.testResults.filter((file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"));
console.log(`${report.numPassedTests} ${report.numFailedTests + broken.length}`);
