import { fileURLToPath } from "node:url";
import { Resvg } from "@resvg/resvg-js";
import { style } from "./svg.ts";

const fontFiles = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) =>
  fileURLToPath(new URL(`../../../assets/fonts/${name}`, import.meta.url)),
);

/** So many dots for each unit of a picture. */
const zoom = 2;

/** The picture as PNG, with our own fonts: it is the same on every machine. */
export function pngOf(svg: string): Uint8Array {
  const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: style.font, sansSerifFamily: style.font };
  return new Resvg(svg, { font, fitTo: { mode: "zoom", value: zoom } }).render().asPng();
}
