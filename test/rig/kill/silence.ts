/** One server that was killed. */
export interface Kill {
  readonly at: number;
  readonly replica: number;
  /** Whether it led. */
  readonly led: boolean;
}

/**
 * For each kill, the longest time without any answer that it can have caused: of those that overlap the time from it to the next one.
 * `answers` are the times of all answers, in their order; `end` is when nobody asked any more.
 */
export function silences(answers: readonly number[], kills: readonly Kill[], end: number): number[] {
  let at = 0;
  return kills.map((kill, number) => {
    const next = kills[number + 1]?.at ?? end;
    while (at < answers.length && (answers[at] as number) <= kill.at) at += 1;
    let last = answers[at - 1] ?? kill.at;
    let longest = 0;
    for (let i = at; i < answers.length && last < next; i += 1) {
      longest = Math.max(longest, (answers[i] as number) - last);
      last = answers[i] as number;
    }
    return last < next ? Math.max(longest, end - last) : longest;
  });
}
