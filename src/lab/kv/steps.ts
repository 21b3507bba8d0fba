import { check } from "../failure.ts";
import { type Clerk, shownValue } from "./clerk.ts";

/** A get has to read exactly this. */
export async function checkGet(clerk: Clerk, key: string, expected: string): Promise<void> {
  checkValue(key, await clerk.get(key), expected);
}

export function checkValue(key: string, value: string | undefined, expected: string): void {
  check(value === expected, `the key ${shownValue(key)} holds ${shownValue(value)}, and not ${shownValue(expected)}`);
}
