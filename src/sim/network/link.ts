import { assert } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";

/** What a directed link does to packets. Every probability is from 0 to 1 and drawn for each packet anew. */
export interface LinkSettings {
  /** The time that every packet takes: uniform between the two. */
  readonly baseMinMs: number;
  readonly baseMaxMs: number;
  /** On top: at least the first, and exponential with the second as its mean. */
  readonly delayMinMs: number;
  readonly delayMeanMs: number;
  readonly loss: number;
  /** Of a second copy, with a delay of its own. */
  readonly duplication: number;
  /** Of that copy being very late: up to `lateCopyMaxMs` on top. */
  readonly lateCopy: number;
  readonly lateCopyMaxMs: number;
  /** Of one byte of the packet arriving changed. */
  readonly corruption: number;
  /** Two thirds of the packets that it names are held back 200 ms and a skewed random time of up to 2,000 ms. */
  readonly longReorder: ((packet: Uint8Array) => boolean) | undefined;
  /** A model's own rule: milliseconds on top, or "lost". */
  readonly treat: ((packet: Uint8Array, rng: Rng) => number | "lost") | undefined;
  /** Arrivals fall on multiples of it, so that some meet in one turn; 0 for arrivals at any time. */
  readonly grainMs: number;
  /** Bytes on their way; a packet that would go beyond is dropped. */
  readonly queueBytesMax: number;
  /** Whether a cut takes the packets that are on their way too. */
  readonly cutLosesInFlight: boolean;
}

export const calmLink: LinkSettings = Object.freeze({
  baseMinMs: 0.5,
  baseMaxMs: 1.5,
  delayMinMs: 0,
  delayMeanMs: 0,
  loss: 0,
  duplication: 0,
  lateCopy: 0.1,
  lateCopyMaxMs: 5_000,
  corruption: 0,
  longReorder: undefined,
  treat: undefined,
  grainMs: 0,
  queueBytesMax: 64 * 1024 * 1024,
  cutLosesInFlight: true,
});

export function checkLink(settings: LinkSettings): void {
  for (const probability of [settings.loss, settings.duplication, settings.lateCopy, settings.corruption]) {
    assert(probability >= 0 && probability <= 1, "a probability is from 0 to 1");
  }
  assert(settings.baseMinMs >= 0 && settings.baseMinMs <= settings.baseMaxMs, "a packet takes some time or none");
  assert(settings.delayMinMs >= 0 && settings.delayMeanMs >= 0 && settings.lateCopyMaxMs >= 0, "a delay is not negative");
  assert(settings.grainMs >= 0 && settings.queueBytesMax > 0, "a grain is not negative, and a link holds something");
}

/** How long one packet takes; "lost" when it does not arrive. A chance of 0 draws nothing. */
export function drawDelay(settings: LinkSettings, packet: Uint8Array, rng: Rng): number | "lost" {
  if (settings.loss > 0 && rng.chance(settings.loss)) return "lost";
  let delay = rng.between(settings.baseMinMs, settings.baseMaxMs) + settings.delayMinMs;
  if (settings.delayMeanMs > 0) delay += rng.exponential(settings.delayMeanMs);
  if (settings.longReorder?.(packet) === true && rng.chance(2 / 3)) delay += 200 + rng.int(0, rng.int(0, 2_000));
  if (settings.treat === undefined) return delay;
  const more = settings.treat(packet, rng);
  return more === "lost" ? "lost" : delay + more;
}

/** How long the second copy of a packet takes; undefined when there is none. */
export function drawCopyDelay(settings: LinkSettings, packet: Uint8Array, rng: Rng): number | undefined {
  if (settings.duplication === 0 || !rng.chance(settings.duplication)) return undefined;
  const delay = drawDelay(settings, packet, rng);
  if (delay === "lost") return undefined;
  return rng.chance(settings.lateCopy) ? delay + rng.between(0, settings.lateCopyMaxMs) : delay;
}

/** The packet itself or, by chance, a copy in which one byte is wrong. */
export function perhapsCorrupt(settings: LinkSettings, packet: Uint8Array, rng: Rng): Uint8Array {
  if (settings.corruption === 0 || packet.length === 0 || !rng.chance(settings.corruption)) return packet;
  const wrong = new Uint8Array(packet);
  const at = rng.int(0, packet.length - 1);
  wrong[at] = (wrong[at] as number) ^ rng.int(1, 255);
  return wrong;
}
