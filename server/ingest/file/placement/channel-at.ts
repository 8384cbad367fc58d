import { STEP_MS } from './voice-activity.ts';

/**
 * Tells which channel is heard at a time in ms. A channel keeps the word until it is silent. In silence, it is the channel of
 * the nearest voice; 0 if there is none.
 *
 * @param voices - 1 per voiced step, per channel.
 */
export function channelAt(voices: readonly Uint8Array[]): (ms: number) => number {
  const steps = voices[0]?.length ?? 0;
  const channels = new Int16Array(steps);
  let speaking = -1;
  let silentFrom = 0;
  for (let step = 0; step < steps; step++) {
    const before = speaking;
    if (before < 0 || voices[before]![step] === 0) {
      const next = voices.findIndex((voiced) => voiced[step] === 1);
      if (next < 0) continue;
      speaking = next;
    }
    // The first half of a silence belongs to the voice before it.
    const middle = before < 0 ? silentFrom : (silentFrom + step + 1) >> 1;
    channels.fill(Math.max(0, before), silentFrom, middle);
    channels.fill(speaking, middle, step + 1);
    silentFrom = step + 1;
  }
  channels.fill(Math.max(0, speaking), silentFrom);
  return (ms) => channels[Math.min(steps - 1, Math.max(0, Math.floor(ms / STEP_MS)))] ?? 0;
}
