/** Which servers reach each other: those on the same side. At first all are on one. */
export class Sides {
  /** Of each server: a number that it shares with those that it reaches. */
  #sideOf: readonly number[];

  constructor(servers: number) {
    this.#sideOf = Array.from({ length: servers }, () => 0);
  }

  /** The numbers of the sides, by servers. */
  get numbers(): readonly number[] {
    return this.#sideOf;
  }

  /** One that is on no side is alone. */
  set(sides: readonly (readonly number[])[]): void {
    this.#sideOf = this.#sideOf.map((_, server) => {
      const side = sides.findIndex((each) => each.includes(server));
      return side >= 0 ? side : sides.length + server;
    });
  }

  /** Who reaches whom, as lists of servers. */
  get groups(): number[][] {
    const groups = new Map<number, number[]>();
    for (const [server, side] of this.#sideOf.entries()) groups.set(side, [...(groups.get(side) ?? []), server]);
    return [...groups.values()];
  }

  isInMajority(server: number): boolean {
    const own = this.#sideOf[server];
    return 2 * this.#sideOf.filter((side) => side === own).length > this.#sideOf.length;
  }
}
