/** A store in memory that speaks the line protocol of the course; and what can be wrong with one. */
export const toyBugs = [
  "stale gets",
  "stale scans",
  "a write in 200 is lost",
  "a put in 200 comes twice",
  "scans leave out their end",
  "scans run backwards",
  "a swap tells the new value",
  "every put finds",
  "no delete finds",
] as const;
export type ToyBug = (typeof toyBugs)[number];

export class ToyStore {
  readonly #bug: ToyBug | undefined;
  #rows = new Map<string, string>();
  /** How it was a while ago. */
  #past: ReadonlyMap<string, string> = new Map();
  #again: { readonly at: number; readonly key: string; readonly value: string } | undefined;
  #operations = 0;
  #writes = 0;

  constructor(bug?: ToyBug) {
    this.#bug = bug;
  }

  /** Does what a line asks, and gives the answer as it is written. */
  handle(line: string): string {
    this.#operations += 1;
    if (this.#operations % 25 === 0) this.#past = new Map(this.#rows);
    if (this.#again?.at === this.#operations) this.#rows.set(this.#again.key, this.#again.value);
    const [op = "", key = "", word = ""] = line.trim().split(" ");
    switch (op) {
      case "PUT":
        return this.#put(key, word);
      case "SWAP":
        return this.#swap(key, word);
      case "GET":
        return `GET ${key} ${(this.#bug === "stale gets" ? this.#past : this.#rows).get(key) ?? "null"}\n`;
      case "DELETE": {
        const found = this.#rows.delete(key) && this.#bug !== "no delete finds";
        return `DELETE ${key} ${found ? "found" : "not_found"}\n`;
      }
      case "SCAN":
        return this.#scan(key, word);
      default:
        return "STOP\n";
    }
  }

  #put(key: string, value: string): string {
    const found = this.#rows.has(key) || this.#bug === "every put finds";
    if (this.#write(key, value) && this.#bug === "a put in 200 comes twice" && this.#writes % 200 === 0)
      this.#again = { at: this.#operations + 20, key, value };
    return `PUT ${key} ${found ? "found" : "not_found"}\n`;
  }

  #swap(key: string, value: string): string {
    const old = this.#rows.get(key);
    this.#write(key, value);
    return `SWAP ${key} ${(this.#bug === "a swap tells the new value" ? value : old) ?? "null"}\n`;
  }

  #write(key: string, value: string): boolean {
    this.#writes += 1;
    if (this.#bug === "a write in 200 is lost" && this.#writes % 200 === 0) return false;
    this.#rows.set(key, value);
    return true;
  }

  #scan(start: string, end: string): string {
    const rows = this.#bug === "stale scans" ? this.#past : this.#rows;
    const isIn = (key: string): boolean => key >= start && (this.#bug === "scans leave out their end" ? key < end : key <= end);
    const keys = [...rows.keys()].filter(isIn).toSorted();
    if (this.#bug === "scans run backwards") keys.reverse();
    return [`SCAN ${start} ${end} BEGIN`, ...keys.map((key) => `  ${key} ${rows.get(key)}`), "SCAN END\n"].join("\n");
  }
}
