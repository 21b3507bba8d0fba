import { InvalidArgumentError } from "commander";

/** What a number on the command line may be; both ends are allowed. */
export interface Range {
  /** Default: 0. */
  readonly min?: number;
  /** Default: the largest safe integer. */
  readonly max?: number;
}

/**
 * A parser for commander's options and arguments: a whole number in decimal digits.
 *
 *     new Option("--seeds <count>").argParser(wholeNumber({ min: 1, max: 1000 }))
 */
export function wholeNumber(range: Range = {}): (text: string) => number {
  const { min, max } = closed(range);
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value === 0 ? 0 : value;
    throw new InvalidArgumentError(`${quoted(text)} is not a whole number ${bounds(min, max, String)}.`);
  };
}

/**
 * A parser for commander's options and arguments: a duration such as `250ms`, `1.5s`, `5m` or `2h`. Gives whole milliseconds;
 * the range is in milliseconds too. A number without a unit is refused, since nobody could tell what it meant.
 */
export function duration(range: Range = {}): (text: string) => number {
  const { min, max } = closed(range);
  return (text) => {
    const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
    const value = Math.round(Number(digits) * (unitMs[unit ?? ""] ?? Number.NaN));
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`${quoted(text)} is not a duration (such as 250ms, 1.5s, 5m, 2h) ${bounds(min, max, durationText)}.`);
  };
}

/** A duration as a person writes it, in the largest unit that needs no fraction: 1500 is `1500ms`, 60000 is `1m`. */
export function durationText(ms: number): string {
  for (const unit of ["h", "m", "s"]) {
    const length = unitMs[unit] ?? 1;
    if (ms >= length && ms % length === 0) return `${ms / length}${unit}`;
  }
  return `${ms}ms`;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function closed(range: Range): { min: number; max: number } {
  return { min: range.min ?? 0, max: range.max ?? Number.MAX_SAFE_INTEGER };
}

function bounds(min: number, max: number, show: (value: number) => string): string {
  return max === Number.MAX_SAFE_INTEGER ? `of at least ${show(min)}` : `from ${show(min)} to ${show(max)}`;
}

/** What was given, short enough for one line of a terminal. */
function quoted(text: string): string {
  return text.length <= 40 ? `'${text}'` : `'${text.slice(0, 37)}...'`;
}
