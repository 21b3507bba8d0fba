import { type Bytes, isWhole, textBytes } from "./byte-string.ts";
import type { Value } from "./history.ts";
import { refuse } from "./refusal.ts";

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The fields of a JSON object, taken out one by one, so that in the end it is known that there were no others: a misspelt `return`
 * would otherwise turn an answered operation into one that may never have happened, and hide what is wrong.
 */
export class Fields {
  readonly #line: number;
  readonly #left: Map<string, unknown>;

  constructor(value: unknown, line: number, what: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(line, what, JSON.stringify(value));
    this.#line = line;
    this.#left = new Map(Object.entries(value));
  }

  has(name: string): boolean {
    return this.#left.has(name);
  }

  /** Whatever the field holds; undefined when it is not there. */
  take(name: string): unknown {
    const value = this.#left.get(name);
    this.#left.delete(name);
    return value;
  }

  number(name: string): number {
    return this.optionalNumber(name) ?? this.#missing(`the field ${name}, a number`);
  }

  optionalNumber(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined || (typeof value === "number" && Number.isFinite(value))) return value;
    return this.#wrong(`a number as ${name}`, value);
  }

  /** A whole number, zero or more. */
  optionalCount(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0)) return value as number | undefined;
    return this.#wrong(`a whole number, zero or more, as ${name}`, value);
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === "boolean") return value;
    return this.#wrong(`true or false as ${name}`, value);
  }

  text(name: string): string {
    const value = this.take(name);
    return typeof value === "string" ? value : this.#wrong(`the field ${name}, a string`, value);
  }

  bytes(name: string): Bytes {
    return this.optionalBytes(name) ?? this.#missing(`the field ${name}, a string, or ${name}64, a string in base64`);
  }

  /** A byte string: `name` holds text, or `name64` base64. */
  optionalBytes(name: string): Bytes | undefined {
    const value = this.optionalValue(name);
    return value === null ? this.#wrong(`a string as ${name}`, value) : value;
  }

  /** The same, or null. */
  optionalValue(name: string): Value | undefined {
    const text = this.take(name);
    const encoded = this.take(`${name}64`);
    if (encoded === undefined) return text === undefined || text === null ? text : this.#textBytes(name, text);
    if (text !== undefined) this.#wrong(`${name} or ${name}64, not both`, encoded);
    if (typeof encoded !== "string" || !base64.test(encoded)) return this.#wrong(`base64 with its padding as ${name}64`, encoded);
    return atob(encoded) as Bytes;
  }

  /** Refuses what is left. */
  end(of: string): void {
    const [name] = this.#left.keys();
    if (name !== undefined) refuse(this.#line, `no such field of ${of}`, name);
  }

  #textBytes(name: string, value: unknown): Bytes {
    return typeof value === "string" && isWhole(value) ? textBytes(value) : this.#wrong(`a string of whole characters as ${name}`, value);
  }

  #missing(expected: string): never {
    return refuse(this.#line, expected);
  }

  #wrong(expected: string, value: unknown): never {
    return value === undefined ? refuse(this.#line, expected) : refuse(this.#line, expected, JSON.stringify(value));
  }
}
