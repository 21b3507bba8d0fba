import { InvalidArgumentError } from "commander";
import { wholeNumber } from "./arguments.ts";

/** A parser for commander's options: how many replicas a group of MadKV has. */
export function odd(text: string): number {
  const count = wholeNumber({ min: 1, max: 9 })(text);
  if (count % 2 === 0) throw new InvalidArgumentError(`'${text}' is not 1, 3, 5, 7 or 9.`);
  return count;
}
