import { heightAt, type Panel, panelFrame, type Series } from "./panel.ts";
import { element, style, text } from "./svg.ts";

/** Lines over places that are numbers, such as counts of clients. What was not measured is left out. */
export function linePanel(panel: Panel, places: readonly number[], placesName: string, series: readonly Series[]): string[] {
  const { below, above } = panelFrame(panel);
  const { box } = panel;
  const most = Math.max(...places);
  const x = (place: number): number => box.x + (box.width * 0.97 * place) / most;
  const bottom = box.y + box.height;
  const marks = places.map((place) => text(x(place), bottom + 18, String(place), { size: 11, anchor: "middle", fill: style.faint }));
  const name = text(box.x + box.width / 2, bottom + 36, placesName, { size: 12, anchor: "middle" });
  const drawn = series.flatMap(({ values, colour }) => {
    const points = places.flatMap((place, at) => {
      const value = values[at];
      return value === undefined ? [] : [{ x: x(place), y: heightAt(panel, value) }];
    });
    const path = points.map((point) => `${point.x.toFixed(2)},${point.y.toFixed(2)}`).join(" ");
    return [
      element("polyline", { points: path, fill: "none", stroke: colour, "stroke-width": 2.5, "stroke-linejoin": "round" }),
      ...points.map((point) =>
        element("circle", { cx: point.x, cy: point.y, r: 4, fill: colour, stroke: style.paper, "stroke-width": 1.5 }),
      ),
    ];
  });
  return [...below, ...above, ...marks, name, ...drawn];
}
