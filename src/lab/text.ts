/** A real duration. Nothing else is printed in this shape, so that two outputs can be compared without durations. */
export function durationText(ms: number): string {
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
