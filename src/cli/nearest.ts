/** How many letters must be added, left out, changed or swapped with their neighbour to make one word of the other. */
export function distance(a: string, b: string): number {
  let above: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = swaps ? (above[j - 2] as number) + 1 : Infinity;
      next.push(Math.min(changed, swapped, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    above = row;
    row = next;
  }
  return row[b.length] as number;
}

const lettersMax = 40;

/** The known word that was probably meant; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > lettersMax) return undefined;
  const near = known
    .map((each) => ({ each, far: distance(word, each), farMax: Math.min(3, Math.max(word.length, each.length) / 2) }))
    .filter(({ far, farMax }) => far <= farMax)
    .toSorted((a, b) => a.far - b.far);
  return near[0]?.each;
}
