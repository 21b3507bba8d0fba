import { check } from "../failure.ts";
import { shownValue } from "./clerk.ts";

/** What a client appends as its `count`th: no such element is a part of another one. */
export function elementOf(client: number, count: number): string {
  return `x ${client} ${count} y`;
}

/** The elements 0 to `count` of the client stand in `value`, each once and in their order. */
export function checkAppends(client: number, value: string | undefined, count: number): void {
  const text = value ?? "";
  let behind = 0;
  for (let i = 0; i < count; i += 1) {
    const element = elementOf(client, i);
    const at = text.indexOf(element);
    check(at >= 0, `client ${client} appended ${shownValue(element)}, and it is missing in ${shownValue(value)}`);
    check(text.indexOf(element, at + 1) < 0, `client ${client} appended ${shownValue(element)} once, and it stands there twice`);
    check(at >= behind, `client ${client} appended ${shownValue(element)} after what stands behind it`);
    behind = at + element.length;
  }
}
