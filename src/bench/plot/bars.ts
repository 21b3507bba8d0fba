import { heightAt, type Panel, panelFrame, type Series } from "./panel.ts";
import { numberText } from "./scale.ts";
import { element, style, text } from "./svg.ts";

/** Of a group's width so much is between it and the next. */
const gapShare = 0.22;

/** Bars in groups: one group for each name, in it one bar for each series, with its value above. */
export function barPanel(panel: Panel, groups: readonly string[], series: readonly Series[]): string[] {
  const { below, above } = panelFrame(panel);
  const { box } = panel;
  const groupWidth = box.width / groups.length;
  const barWidth = (groupWidth * (1 - gapShare)) / series.length;
  const bottom = box.y + box.height;
  const bars = groups.flatMap((name, group) => {
    const left = box.x + groupWidth * group + (groupWidth * gapShare) / 2;
    const drawn = series.flatMap(({ values, colour }, at) => {
      const x = left + barWidth * at;
      const value = values[group];
      if (value === undefined) return [text(x + barWidth / 2, bottom - 5, "none", { size: 9, anchor: "middle", fill: style.faint })];
      const y = heightAt(panel, value);
      return [
        element("rect", { x: x + 1, y, width: barWidth - 2, height: bottom - y, rx: 1.5, fill: colour }),
        text(x + barWidth / 2, y - 4, shortText(value), { size: 9, anchor: "middle", fill: style.faint }),
      ];
    });
    return [...drawn, text(left + (groupWidth * (1 - gapShare)) / 2, bottom + 18, name, { size: 12, anchor: "middle" })];
  });
  return [...below, ...bars, ...above];
}

/** A number above a narrow bar: thousands as `12.5k`. */
function shortText(value: number): string {
  if (value < 1000) return numberText(value);
  const thousands = value / 1000;
  return `${thousands.toFixed(thousands < 100 ? 1 : 0)}k`;
}
