import { build, type Histogram } from "hdr-histogram-js";

/** Latencies of one kind of operation, in microseconds. */
export interface LatencyFigures {
  readonly count: number;
  readonly minUs: number;
  readonly avgUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** What is longer counts as so long. */
const longestUs = 3_600_000_000;

/** Keeps latencies with three digits, however many there are. */
export class Latencies {
  readonly #histogram: Histogram = build({ bitBucketSize: 32, highestTrackableValue: longestUs, numberOfSignificantValueDigits: 3 });
  #minUs = Infinity;
  #maxUs = 0;
  #sumUs = 0;

  add(ms: number): void {
    const us = Math.min(longestUs, Math.max(1, Math.round(ms * 1000)));
    this.#histogram.recordValue(us);
    if (us < this.#minUs) this.#minUs = us;
    if (us > this.#maxUs) this.#maxUs = us;
    this.#sumUs += us;
  }

  /** Undefined when there are none. The least, the most and the average are exact. */
  figures(): LatencyFigures | undefined {
    const count = this.#histogram.totalCount;
    if (count === 0) return undefined;
    const at = (percentile: number): number => Math.min(this.#maxUs, this.#histogram.getValueAtPercentile(percentile));
    return { count, minUs: this.#minUs, avgUs: this.#sumUs / count, p50Us: at(50), p99Us: at(99), maxUs: this.#maxUs };
  }
}
