/** Lines of text with the columns under each other; the last one may be of any length. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(...rows.map((row) => (at + 1 < row.length ? (row[at] ?? "").length : 0))),
  );
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at + 1 < row.length ? cell.padEnd(widths[at] ?? 0) : cell))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Whole numbers in rising order, in short: `0-42,85`; `none` when there are none. */
export function rangesText(numbers: readonly number[]): string {
  const ranges: string[] = [];
  for (let i = 0; i < numbers.length; i += 1) {
    const first = numbers[i] as number;
    while (numbers[i + 1] === (numbers[i] as number) + 1) i += 1;
    const last = numbers[i] as number;
    ranges.push(first === last ? String(first) : `${first}-${last}`);
  }
  return ranges.length === 0 ? "none" : ranges.join(",");
}
