import { assert } from "../../base/assert.ts";

/** Which of a group's servers to ask, by their replica numbers: who is said to lead, or else one after another. */
export class LeaderSearch {
  readonly #count: number;
  #leader: number | undefined;
  /** Whom to ask while nobody is known to lead. */
  #next: number;
  /** Who does not speak with this client as it is. */
  readonly #barred = new Set<number>();
  /** Whom there is no connection to, as far as is known. */
  readonly #lost = new Set<number>();

  /** `first` is asked first. */
  constructor(count: number, first: number) {
    assert(count > 0 && first >= 0 && first < count, "a group has servers");
    this.#count = count;
    this.#next = first;
  }

  choose(): number {
    return this.#leader ?? this.#next;
  }

  /** That server has answered as a leader does: nobody else is to be asked. */
  leads(server: number): false {
    this.#lost.delete(server);
    this.#leader = server;
    return false;
  }

  /** That server says nothing: another one is asked. */
  silent(server: number): void {
    if (this.#leader === server) this.#leader = undefined;
    if (this.#next === server) this.#advance();
  }

  /** There is no connection to that server. It is asked again in its turn, but not because others still take it for their leader. */
  lost(server: number): void {
    this.silent(server);
    this.#lost.add(server);
  }

  /** That server refuses to speak with this client: as long as others do not, they are asked. Whether nobody is left; then all are asked anew. */
  barred(server: number): boolean {
    this.silent(server);
    this.#barred.add(server);
    if (this.#barred.size === this.#count) {
      this.#barred.clear();
      return true;
    }
    if (this.#barred.has(this.#next)) this.#advance();
    return false;
  }

  /** That server speaks with this client. */
  welcomed(server: number): void {
    this.#lost.delete(server);
    this.#barred.delete(server);
  }

  /** That server does not lead; `hint` is what it says who does, from the network. Whether there is somebody to ask at once. */
  refused(server: number, hint: string): boolean {
    this.#lost.delete(server);
    this.silent(server);
    if (!/^\d{1,4}$/.test(hint)) return false;
    const leader = Number(hint);
    if (leader === server || leader >= this.#count || this.#lost.has(leader)) return false;
    this.#leader = leader;
    return true;
  }

  #advance(): void {
    do this.#next = (this.#next + 1) % this.#count;
    while (this.#barred.has(this.#next));
  }
}
