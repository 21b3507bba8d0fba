import { describe, expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { drawKind, drawMixture, mixtureText } from "../../src/sim/mixture.ts";

const kinds = ["get", "put", "scan"] as const;

describe("a mixture", () => {
  test("gives each kind as often as there is much of it, and nothing of which there is none", () => {
    const rng = new Rng("kinds");
    const drawn = { get: 0, put: 0, scan: 0 };
    for (let draw = 0; draw < 4000; draw += 1) drawn[drawKind(rng, kinds, { get: 3, put: 0, scan: 1 })] += 1;
    expect(drawn.put).toBe(0);
    expect(drawn.get / 3000).toBeCloseTo(1, 1);
  });

  test("takes one draw, whatever comes of it", () => {
    const [one, other] = [new Rng("draws"), new Rng("draws")];
    drawKind(one, kinds, { get: 1, put: 1, scan: 1 });
    other.int(1, 3);
    expect(one.u32()).toBe(other.u32());
  });

  test("of which there is nothing at all is our bug", () => {
    expect(() => drawKind(new Rng("none"), kinds, { get: 0, put: 0, scan: 0 })).toThrow("whole bounds");
  });

  test("is drawn for each kind from a source of its own", () => {
    const all = drawMixture(new Rng("weights"), kinds);
    expect(drawMixture(new Rng("weights"), ["scan"])).toEqual({ scan: all.scan });
    expect(mixtureText(kinds, { get: 3, put: 0, scan: 1 })).toBe("get 3, scan 1");
  });
});
