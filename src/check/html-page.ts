/** What makes a text a part of a page and nothing else, between tags and between quotes. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return (
    text
      .replace(/[&<>"']/g, (char) => names[char] ?? char)
      // Other control characters cannot stand in a page, however they are written, and some turn round what stands behind them.
      .replace(/(?![\t\n\r])\p{Cc}|\p{Surrogate}|[\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, "\ufffd")
  );
}

/** A whole page around what stands in it. It loads nothing from anywhere, and its policy forbids that it could. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
<script>${script}</script>
</body>
</html>
`;
}

const style = `
:root { color-scheme: light dark; --ink: #1d232b; --paper: #fbfbf9; --faint: #8a919b; --lane: #eceeea; --placed: #9ec5e8; --other: #f2c879; --late: #d5d9d6; --stuck: #e0483e; --line: #14395c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ea; --paper: #16191d; --faint: #8a919b; --lane: #20252b; --placed: #2f6291; --other: #8a6316; --late: #3a4047; --stuck: #d8453b; --line: #cfe4f7; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 100rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.3rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
p { margin: .3rem 0; max-width: 60rem; overflow-wrap: anywhere; }
.picture { display: flex; margin: 1rem 0; border: 1px solid var(--lane); border-radius: 6px; overflow: hidden; }
.names { flex: none; max-width: 12rem; padding: 0 .6rem; background: var(--lane); }
.names div { height: 34px; line-height: 34px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-size: 13px; }
.scroll { overflow-x: auto; flex: auto; }
svg { display: block; }
.lane { fill: var(--lane); opacity: .45; }
.bar rect { fill: var(--late); stroke: transparent; }
.bar text { fill: var(--ink); font: 11px ui-monospace, monospace; pointer-events: none; }
.bar.pending rect { stroke: var(--faint); stroke-dasharray: 4 3; }
.bar.placed rect { fill: var(--placed); }
.bar.other rect { fill: var(--other); }
.bar.stuck rect { fill: var(--stuck); }
.bar.stuck text { fill: #fff; }
.bar:hover rect, .bar:focus rect { stroke: var(--ink); stroke-width: 2; stroke-dasharray: none; }
.bar:focus { outline: none; }
.order { display: none; pointer-events: none; }
.order.shown { display: inline; }
.order polyline { fill: none; stroke: var(--line); stroke-width: 1.5; }
.order circle { fill: var(--line); }
.order .break { stroke: var(--stuck); stroke-width: 1.5; stroke-dasharray: 5 4; }
#detail { position: sticky; bottom: 0; min-height: 4.2rem; margin: 0 0 1rem; padding: .5rem .8rem; background: var(--paper); border: 1px solid var(--lane); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; }
.key span { display: inline-block; width: .9em; height: .9em; margin: 0 .3em 0 1em; border-radius: 2px; vertical-align: -.1em; }
.key span:first-child { margin-left: 0; }
button { font: inherit; margin-right: .4rem; padding: .1rem .6rem; border: 1px solid var(--faint); border-radius: 4px; background: transparent; color: inherit; cursor: pointer; }
button[aria-pressed="true"] { background: var(--placed); }
pre { overflow-x: auto; padding: .8rem; border: 1px solid var(--lane); border-radius: 6px; font: 12px/1.45 ui-monospace, monospace; }
`;

/** Shows what a bar stands for when the pointer or the keyboard is on it, and one order after another when asked. */
const script = `
"use strict";
const detail = document.getElementById("detail");
const bars = [...document.querySelectorAll(".bar")];
const orders = [...document.querySelectorAll(".order")];
const buttons = [...document.querySelectorAll("button[data-order]")];
const hint = detail.textContent;
let shown = 0;
function describe(bar) {
  const notes = JSON.parse(bar.dataset.notes);
  detail.textContent = bar.dataset.text + (notes[shown] ? "\\n" + notes[shown] : "");
}
for (const bar of bars) {
  bar.addEventListener("pointerenter", () => describe(bar));
  bar.addEventListener("focus", () => describe(bar));
  bar.addEventListener("pointerleave", () => { detail.textContent = hint; });
  bar.addEventListener("blur", () => { detail.textContent = hint; });
}
function show(order, moves) {
  shown = order;
  orders.forEach((group, at) => group.classList.toggle("shown", at === order));
  buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === order)));
  for (const bar of bars) {
    bar.classList.remove("placed", "stuck", "other", "late");
    bar.classList.add(JSON.parse(bar.dataset.roles)[order]);
  }
  const stuck = document.querySelector(".bar.stuck rect");
  const scroll = document.querySelector(".scroll");
  if (stuck && moves) scroll.scrollLeft = Number(stuck.getAttribute("x")) - scroll.clientWidth * 0.7;
}
buttons.forEach((button, at) => button.addEventListener("click", () => show(at, true)));
if (orders.length > 0) show(0, true);
`;
