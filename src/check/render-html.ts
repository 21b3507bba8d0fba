import { showBytes } from "./byte-string.ts";
import { briefText, clientText, operationText, stateText } from "./describe.ts";
import type { ExplainedFailure, Explanation } from "./explain.ts";
import { escapeHtml, htmlPage } from "./html-page.ts";
import { type Bar, layOut, type Layout } from "./layout.ts";
import type { KeyOperation } from "./partition.ts";
import { failureText } from "./render-text.ts";

/** So many operations are drawn: those around the place where it breaks. A browser has to bear them. */
const drawnMax = 1500;

const eventWidth = 56;
const laneHeight = 34;
const barHeight = 24;
/** Below the text, which the line would else strike through. */
const lineWithin = 18;
const margin = 10;
const charWidth = 6.7;

/** What an operation is in an order: has a place, has none and must come next, could come next, or comes later. */
type Role = "placed" | "stuck" | "other" | "late";

/** The operations that are drawn, with the places that they have in the list of all. */
interface Drawing {
  readonly operations: readonly KeyOperation[];
  readonly numbers: readonly number[];
  readonly layout: Layout;
}

/** A page that shows why a history is not linearizable, on its own: it needs nothing else. `title` names the history. */
export function failureHtml(title: string, explained: ExplainedFailure): string {
  const { failure, explanations } = explained;
  const { key, operations, reason } = failure;
  const drawing = drawingOf(explained);
  const hidden = operations.length - drawing.operations.length;
  const body = [
    `<h1>${escapeHtml(title)}: not linearizable</h1>`,
    `<p>No order of the ${operations.length} operations on the key ${escapeHtml(showBytes(key))} fits: each has to take effect at one instant
between its call and its return. Time goes from left to right, one step for each call and each return.</p>`,
    reason === undefined ? "" : `<p>${escapeHtml(reason)}</p>`,
    hidden === 0 ? "" : `<p>${hidden} operations that are far from where it breaks are not drawn.</p>`,
    explanations.length === 0 ? "<p>The search was given up before it had come to where it breaks.</p>" : legend(explanations),
    picture(drawing, explanations),
    '<p id="detail" aria-live="polite">Point at a bar, or move to it with the Tab key, to read what it stands for.</p>',
    `<details><summary>As text</summary><pre>${escapeHtml(failureText(explained))}</pre></details>`,
  ];
  return htmlPage(`${title}: not linearizable`, body.filter((part) => part !== "").join("\n"));
}

function legend(explanations: readonly Explanation[]): string {
  const colours = [
    ["--placed", "has a place in the longest order, which the line follows"],
    ["--stuck", "must come next, and does not fit"],
    ["--other", "could come next too, and does not help"],
    ["--late", "comes later; dashed: outcome unknown"],
  ];
  const key = colours.map(([name, text]) => `<span style="background: var(${name})"></span>${text}`).join("");
  const choice = explanations.length === 1 ? "" : `<p>Orders of the same length: ${explanations.map((_, at) => button(at)).join("")}</p>`;
  return `<p class="key">${key}</p>${choice}`;
}

function button(order: number): string {
  return `<button type="button" data-order="${order}" aria-pressed="${order === 0}">${order + 1}</button>`;
}

/** Chooses what is drawn: all, or those whose calls are nearest to where the first order breaks. */
function drawingOf({ failure: { operations }, explanations: [explanation] }: ExplainedFailure): Drawing {
  const stuck = explanation?.stuck.operation ?? operations.length;
  const first = Math.max(0, Math.min(stuck - Math.floor(drawnMax * 0.8), operations.length - drawnMax));
  const numbers = [...operations.keys()].slice(first, first + drawnMax);
  const drawn = numbers.map((number) => operations[number] as KeyOperation);
  return { operations: drawn, numbers, layout: layOut(drawn) };
}

// ---- the picture

function picture(drawing: Drawing, explanations: readonly Explanation[]): string {
  const { lanes, bars, width } = drawing.layout;
  const size = { width: 2 * margin + (width + 1) * eventWidth, height: lanes.length * laneHeight };
  const rows = lanes.map((_, lane) =>
    lane % 2 === 0 ? `<rect class="lane" x="0" y="${lane * laneHeight}" width="${size.width}" height="${laneHeight}"/>` : "",
  );
  const names = lanes.map((client) => `<div>client ${escapeHtml(clientText(client))}</div>`);
  const notes = explanations.map(notesOf);
  return `<div class="picture">
<div class="names">${names.join("")}</div>
<div class="scroll"><svg width="${size.width}" height="${size.height}" role="group" aria-label="operations over time">
${rows.join("")}
${bars.map((bar) => barSvg(bar, drawing, notes, size.width)).join("\n")}
${explanations.map((explanation, at) => orderSvg(explanation, drawing, at, size.height)).join("\n")}
</svg></div>
</div>`;
}

function barSvg(bar: Bar, { operations, numbers }: Drawing, notes: readonly Map<number, Note>[], right: number): string {
  const operation = operations[bar.operation] as KeyOperation;
  const own = notes.map((each) => each.get(numbers[bar.operation] as number) ?? { role: "late" as const, text: "" });
  const x = xOf(bar.from);
  const width = (bar.to === undefined ? right - margin : xOf(bar.to)) - x;
  const label = operationText(operation);
  const fits = Math.floor((width - 8) / charWidth);
  const brief = briefText(operation);
  const short = brief.length <= fits ? brief : `${brief.slice(0, Math.max(0, fits - 1))}\u2026`;
  const times = bar.to === undefined ? `called at ${operation.call}, never returned` : `from ${operation.call} to ${operation.returned}`;
  const text = `client ${clientText(operation.client)}, ${times}\n${label}`;
  const y = yOf(bar);
  const classes = ["bar", own[0]?.role ?? "late", ...(bar.to === undefined ? ["pending"] : [])].join(" ");
  const data = `data-text="${escapeHtml(text)}" data-roles="${json(own.map(({ role }) => role))}" data-notes="${json(own.map((note) => note.text))}"`;
  return `<g class="${classes}" tabindex="0" ${data}><title>${escapeHtml(text)}</title><rect x="${x}" y="${y}" width="${width}" height="${barHeight}" rx="4"/><text x="${x + 4}" y="${y + 12}">${escapeHtml(short)}</text></g>`;
}

function json(value: unknown): string {
  return escapeHtml(JSON.stringify(value));
}

interface Note {
  readonly role: Role;
  readonly text: string;
}

/** What an order says about each of the operations that have a part in it. */
function notesOf({ placed, stuck, others, state }: Explanation): Map<number, Note> {
  const notes = new Map<number, Note>();
  for (const [at, { operation, after }] of placed.entries()) {
    notes.set(operation, { role: "placed", text: `place ${at + 1}: then the key holds ${stateText(after)}` });
  }
  for (const { operation, why } of [stuck, ...others]) {
    const text = why === undefined ? "it could come next, but no order goes on from there" : `it does not fit: ${why}`;
    notes.set(operation, { role: operation === stuck.operation ? "stuck" : "other", text: `the key holds ${stateText(state)}: ${text}` });
  }
  return notes;
}

/** The line through the bars: at one instant within each, from left to right. */
function orderSvg({ placed, stuck }: Explanation, { numbers, layout }: Drawing, at: number, height: number): string {
  const barOf = new Map(layout.bars.map((bar) => [numbers[bar.operation] as number, bar]));
  const drawn = placed.flatMap(({ operation }) => barOf.get(operation) ?? []);
  const points = instantsOf(drawn).map((instant, place) => ({
    x: Math.round(xOf(instant) * 10) / 10,
    y: yOf(drawn[place] as Bar) + lineWithin,
  }));
  const line = points.map(({ x, y }) => `${x},${y}`).join(" ");
  const dots = points.map(({ x, y }) => `<circle cx="${x}" cy="${y}" r="3"/>`).join("");
  const end = barOf.get(stuck.operation)?.to;
  const mark = end === undefined ? "" : `<line class="break" x1="${xOf(end)}" y1="0" x2="${xOf(end)}" y2="${height}"/>`;
  return `<g class="order${at === 0 ? " shown" : ""}">${mark}<polyline points="${line}"/>${dots}</g>`;
}

/** An instant for each bar of an order: not before any instant before it. Those between the same two events share their room. */
function instantsOf(bars: readonly Bar[]): number[] {
  let slot = -1;
  const slots = bars.map(({ from }) => (slot = Math.max(slot, from)));
  const counts = new Map<number, number>();
  for (const each of slots) counts.set(each, (counts.get(each) ?? 0) + 1);
  const used = new Map<number, number>();
  return slots.map((each) => {
    const number = (used.get(each) ?? 0) + 1;
    used.set(each, number);
    return each + number / ((counts.get(each) as number) + 1);
  });
}

function xOf(event: number): number {
  return margin + event * eventWidth;
}

function yOf({ lane }: Bar): number {
  return lane * laneHeight + (laneHeight - barHeight) / 2;
}
