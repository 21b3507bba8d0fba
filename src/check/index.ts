/**
 * The checker: whether what clients saw of the store could have come from one key-value map that does one thing after the other.
 *
 * A history is recorded (`HistoryRecorder`) or read (`readHistory`), and judged (`checkHistory`, or `Check` in slices). Keys are judged one by
 * one, which for operations on one key is the same as judging the whole. A scan is judged as a read of each key in its range, each
 * at an instant of its own between the scan's call and its return: that is what the store promises of scans, and no more is checked.
 */
export { byteString, type Bytes, bytesText, textBytes } from "./byte-string.ts";
export { Check, checkHistory, type CheckOptions, checkOptions, type CheckResult, type Failure, type Verdict } from "./check.ts";
export { explainFailure, type ExplainedFailure } from "./explain.ts";
export type { Command, History, KeyCommand, KeyRange, Operation, Outcome, Row, ScanCommand, StoreCommand, Told, Value } from "./history.ts";
export type { MasterCommand, ShardGroup, ShardMap } from "./master/words.ts";
export { jsonLine } from "./json-lines.ts";
export { type ReadHistory, readHistory } from "./read.ts";
export { HistoryRecorder, type RecordedCall } from "./recorder.ts";
export { HistoryRefused } from "./refusal.ts";
export { failureHtml } from "./render-html.ts";
export { failureText } from "./render-text.ts";
