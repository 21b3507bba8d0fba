import { numberText, type Scale } from "./scale.ts";
import { line, style, text } from "./svg.ts";

/** Where something stands in a picture. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One set of axes. */
export interface Panel {
  /** What is drawn inside of the axes. */
  readonly box: Box;
  readonly title: string;
  /** What the heights are, with its unit. */
  readonly unit: string;
  readonly scale: Scale;
}

/** What is compared with others: its name, its colour, and what is drawn of it. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  /** By group, or by place; undefined where nothing was measured. */
  readonly values: readonly (number | undefined)[];
}

/** How high a value stands. */
export function heightAt({ box, scale }: Panel, value: number): number {
  return box.y + box.height * (1 - value / scale.max);
}

/** Title, unit and grid; the bottom line comes last, over whatever stands on it. */
export function panelFrame(panel: Panel): { readonly below: string[]; readonly above: string[] } {
  const { box, title, unit, scale } = panel;
  const below = [text(box.x, box.y - 24, title, { size: 14, bold: true }), text(box.x, box.y - 9, unit, { size: 11, fill: style.faint })];
  for (const tick of scale.ticks) {
    const y = heightAt(panel, tick);
    if (tick > 0) below.push(line(box.x, y, box.x + box.width, y, style.grid));
    below.push(text(box.x - 8, y + 4, numberText(tick), { size: 11, anchor: "end", fill: style.faint }));
  }
  const bottom = box.y + box.height;
  return { below, above: [line(box.x, bottom, box.x + box.width, bottom, style.axis)] };
}

/** A legend in one line, from `x` on: a square of each colour and the name. Widths are guessed from the number of characters. */
export function legend(x: number, y: number, series: readonly Series[]): string[] {
  const parts: string[] = [];
  let at = x;
  for (const { name, colour } of series) {
    parts.push(`<rect x="${at}" y="${y - 10}" width="12" height="12" rx="2" fill="${colour}"/>`, text(at + 18, y, name, { size: 12 }));
    at += 18 + name.length * 8 + 22;
  }
  return parts;
}
