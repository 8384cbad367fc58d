import { setImmediate } from 'node:timers/promises';
import { from, lastValueFrom, toArray } from 'rxjs';
import type { MediaFrame } from '../../../pipeline/media/media-frame.ts';
import { synchronize } from '../../../pipeline/sync/synchronize.ts';
import { type CutUtterancesOptions, cutUtterances } from '../../../pipeline/window/cut-utterances.ts';
import type { UtteranceSignal } from '../../../pipeline/window/utterance.ts';
import { loudnessVoiceActivity } from './loudness-voice-activity.ts';
import { stoppedClock } from './stopped-clock.ts';

/** Waits after each frame until the pipeline has processed it, as in a live call. */
async function* live(frames: readonly MediaFrame[]): AsyncGenerator<MediaFrame> {
  for (const frame of frames) {
    yield frame;
    await setImmediate();
  }
}

/** The signals of a call whose frames arrive in this order. They do not depend on the machine's speed. */
export function cutLive(
  frames: readonly MediaFrame[],
  options: Partial<CutUtterancesOptions> = {},
): Promise<UtteranceSignal[]> {
  const cut = cutUtterances({ clock: stoppedClock, voiceActivity: loudnessVoiceActivity(), ...options });
  return lastValueFrom(from(live(frames)).pipe(synchronize({ clock: stoppedClock }), cut, toArray()));
}
