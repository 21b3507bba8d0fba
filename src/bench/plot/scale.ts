import { assert } from "../../base/assert.ts";

/** A scale from 0 to `max` with a few round ticks, the last of them at or above every value. */
export interface Scale {
  readonly max: number;
  readonly ticks: readonly number[];
}

/** What is less is drawn as nothing. */
const leastDrawn = 1e-9;

const steps = [1, 2, 2.5, 5, 10];

/** A scale that all values fit, with about so many ticks besides 0. */
export function scaleFor(values: readonly number[], about = 4): Scale {
  const most = Math.max(0, ...values);
  assert(Number.isFinite(most), "what is drawn has an end");
  if (most < leastDrawn) return { max: 1, ticks: [0, 1] };
  const rough = most / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (steps.find((each) => each * power >= rough) ?? 10);
  const count = Math.ceil(most / step);
  return { max: step * count, ticks: Array.from({ length: count + 1 }, (_, at) => step * at) };
}

/** A number at a tick or above a bar: `12,500`, `2.5`, `0.04`. */
export function numberText(value: number): string {
  if (value === 0) return "0";
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const [whole = "", fraction = ""] = value.toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  const kept = fraction.replace(/0+$/, "");
  return kept === "" ? grouped : `${grouped}.${kept}`;
}
