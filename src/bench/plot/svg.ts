/** What pictures are drawn with. The fonts are those of `assets/fonts`. */
export const style = {
  font: "DejaVu Sans",
  ink: "#1f2933",
  faint: "#66707c",
  grid: "#e3e7eb",
  axis: "#9aa5b1",
  paper: "#ffffff",
  /** One for each series: told apart without seeing colours, dark to light. */
  series: ["#1b4f8a", "#2a9d8f", "#e9a23b"],
} as const;

/** Text with what XML reserves escaped. */
export function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** An element; attributes are numbers, rounded, and texts. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, content = ""): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === "number" ? rounded(value) : escaped(value)}"`,
  );
  return content === "" ? `<${name}${written.join("")}/>` : `<${name}${written.join("")}>${content}</${name}>`;
}

/** How a text stands at its place. */
export interface TextStyle {
  readonly size?: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly bold?: boolean;
  readonly fill?: string;
  readonly rotate?: number;
}

export function text(
  x: number,
  y: number,
  words: string,
  { size = 12, anchor = "start", bold = false, fill = style.ink, rotate }: TextStyle = {},
): string {
  const attributes = { x, y, "font-size": size, "text-anchor": anchor, fill, ...(bold ? { "font-weight": "bold" } : {}) };
  const turned = rotate === undefined ? attributes : { ...attributes, transform: `rotate(${rotate} ${rounded(x)} ${rounded(y)})` };
  return element("text", turned, escaped(words));
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, width = 1): string {
  return element("line", { x1, y1, x2, y2, stroke, "stroke-width": width });
}

/** A whole picture on white paper. */
export function picture(width: number, height: number, parts: readonly string[]): string {
  const frame = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    "font-family": `${style.font}, sans-serif`,
  };
  return `${element("svg", frame, `\n${[element("rect", { width, height, fill: style.paper }), ...parts].join("\n")}\n`)}\n`;
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}
