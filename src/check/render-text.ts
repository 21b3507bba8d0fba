import { showBytes } from "./byte-string.ts";
import { clientText, operationText, stateText } from "./describe.ts";
import type { Candidate, ExplainedFailure, Explanation } from "./explain.ts";
import { type Bar, layOut } from "./layout.ts";
import type { KeyOperation } from "./partition.ts";

/** So many of the last operations of the longest order are drawn, */
const placedShownMax = 12;
/** and so many of those that could come next. */
const candidatesShownMax = 8;
const clientWidthMax = 16;

/** What stands for an operation: the number of its place, or a letter where it has none. */
interface Mark {
  readonly operation: number;
  readonly label: string;
  readonly fill: string;
}

/**
 * Why a key's history is not linearizable, for a person to read: its operations as bars over time, by client; the end of the longest
 * order and what the key holds after each; and why nothing comes next.
 */
export function failureText({ failure, explanations }: ExplainedFailure): string {
  const { key, operations, reason } = failure;
  const head = `key ${showBytes(key)}: no order of its ${operations.length} operations fits`;
  const because = reason === undefined ? [] : [`  ${reason}`];
  const [explanation] = explanations;
  if (explanation === undefined) return lines([head, ...because]);
  const marks = marksOf(explanation);
  return lines([head, ...because, "", ...timeline(operations, marks), "", ...story(operations, explanation, marks)]);
}

function lines(each: readonly string[]): string {
  return each.map((line) => `${line.trimEnd()}\n`).join("");
}

/** What is shown, first what has a place, then what has none. */
function marksOf({ placed, stuck, others }: Explanation): Mark[] {
  const first = Math.max(0, placed.length - placedShownMax);
  const numbered = placed.slice(first).map(({ operation }, at) => ({ operation, label: String(first + at + 1), fill: "-" }));
  const lettered = [stuck, ...others.slice(0, candidatesShownMax - 1)].map(({ operation }, at) => ({
    operation,
    label: String.fromCharCode(97 + at),
    fill: at === 0 ? "#" : "~",
  }));
  return [...numbered, ...lettered];
}

// ---- bars over time

function timeline(operations: readonly KeyOperation[], marks: readonly Mark[]): string[] {
  const shown = marks.toSorted((a, b) => a.operation - b.operation);
  const { lanes, bars, width } = layOut(shown.map(({ operation }) => operations[operation] as KeyOperation));
  const step = Math.max(...marks.map(({ label }) => label.length)) + 1;
  const names = lanes.map((client) => `client ${clientText(client)}`.slice(0, clientWidthMax));
  const margin = Math.max(...names.map((name) => name.length)) + 2;
  const rows = names.map((name, lane) => {
    const row = Array.from({ length: width * step + 2 }, () => " ");
    for (const bar of bars) if (bar.lane === lane) drawBar(row, bar, shown[bar.operation] as Mark, step);
    return `  ${name.padEnd(margin)}${row.join("")}`;
  });
  const stuck = bars.find(({ operation }) => (shown[operation] as Mark).fill === "#");
  const at = 2 + margin + (stuck?.to ?? 0) * step;
  return [...rows, `${" ".repeat(at)}^ a returns here, and has no place`];
}

function drawBar(row: string[], { from, to }: Bar, { label, fill }: Mark, step: number): void {
  const start = from * step;
  const end = to === undefined ? row.length - 1 : to * step;
  row.fill(fill, start, end);
  row[start] = "[";
  row[end] = to === undefined ? ">" : "]";
  for (let at = 0; at < label.length; at += 1) row[start + 1 + at] = label.charAt(at);
}

// ---- the order in words

function story(operations: readonly KeyOperation[], explanation: Explanation, marks: readonly Mark[]): string[] {
  const { placed, state, stuck, others, later } = explanation;
  const text = (operation: number): string => operationText(operations[operation] as KeyOperation);
  const client = (operation: number): string => clientText((operations[operation] as KeyOperation).client);
  const numbered = marks.filter(({ fill }) => fill === "-");
  const hidden = placed.length - numbered.length;
  const width = Math.max(...marks.map(({ label }) => label.length));
  const clientWidth = Math.max(...marks.map(({ operation }) => client(operation).length));
  const textWidth = Math.max(...marks.map(({ operation }) => text(operation).length));
  const line = ({ label, operation }: Mark, behind: string): string =>
    `  ${label.padStart(width)}  client ${client(operation).padEnd(clientWidth)}  ${text(operation).padEnd(textWidth)}  ${behind}`;
  return [
    `the longest order that fits${hidden === 0 ? "" : `, from place ${hidden + 1} on`}:`,
    ...numbered.map((mark, at) =>
      line(mark, `then the key holds ${stateText((placed[hidden + at] as Explanation["placed"][number]).after)}`),
    ),
    `the key holds ${stateText(state)}, and nothing goes on from there:`,
    ...[stuck, ...others.slice(0, candidatesShownMax - 1)].map((candidate, at) =>
      line(marks[numbered.length + at] as Mark, verdict(candidate)),
    ),
    ...rest(others.length - candidatesShownMax + 1, later),
  ];
}

function verdict({ why }: Candidate): string {
  return why === undefined ? "could come next, but no order goes on from there" : `does not fit: ${why}`;
}

function rest(hidden: number, later: number): string[] {
  const parts = [...(hidden > 0 ? [`${hidden} more that could come next`] : []), ...(later > 0 ? [`${later} called later`] : [])];
  return parts.length === 0 ? [] : [`  (not shown: ${parts.join(", ")})`];
}
