import { Subject } from 'rxjs';
import type { SpeakerEncoder } from '../../../models/index.ts';
import { type MediaFrame, systemClock } from '../../../pipeline/index.ts';
import { STEP_MS } from '../../../server/ingest/file/placement/voice-activity.ts';
import type { VoiceMasks } from '../../../server/ingest/file/placement/voices/tell-voices-apart.ts';
import { tellLiveVoicesApart } from '../../../server/ingest/voices/tell-live-voices-apart.ts';
import { RATE_HZ } from './cut-together.ts';

const CHUNK = RATE_HZ / 50;
const STEP_SAMPLES = (RATE_HZ * STEP_MS) / 1000;
const CALL = { id: 'call', role: 'unknown', displayName: null } as const;

/** Where a live call's two participants are heard, if the encoder answers within a packet of 20 ms. Null: one participant. */
export async function liveMasks(samples: Float32Array, encoder: SpeakerEncoder): Promise<VoiceMasks | null> {
  const source = new Subject<MediaFrame>();
  const over = Promise.withResolvers<void>();
  const second = new Float32Array(samples.length);
  const answers: Promise<unknown>[] = [];
  let areTwo = false;
  const apart = tellLiveVoicesApart({
    encoder: {
      describe(excerpt) {
        const answer = encoder.describe(excerpt);
        answers.push(answer);
        return answer;
      },
    },
    clock: systemClock,
    jitterMs: 200,
    memory: { hold: () => {}, onTrim: () => () => {} },
    addSpeaker: (of) => ({ ...of, id: `${of.id}-2` }),
    dropped: ({ reason }) => over.reject(new Error(reason)),
  });
  source.pipe(apart).subscribe({
    next(frame) {
      if (frame.kind !== 'audio' || frame.trackId === 'call/audio') return;
      areTwo = true;
      second.set(frame.samples, Math.round((frame.startMs * RATE_HZ) / 1000));
    },
    complete: over.resolve,
    error: over.reject,
  });
  source.next({ kind: 'track', trackId: 'call/audio', startMs: 0, media: 'audio', participant: CALL });
  for (let from = 0; from < samples.length; from += CHUNK) {
    const startMs = (from * 1000) / RATE_HZ;
    const chunk = samples.slice(from, from + CHUNK);
    source.next({ kind: 'audio', trackId: 'call/audio', startMs, sampleRateHz: RATE_HZ, samples: chunk });
    await Promise.all(answers.splice(0));
    await Promise.resolve();
  }
  source.complete();
  await over.promise;
  if (!areTwo) return null;
  const masks = [0, 1].map(() => new Uint8Array(Math.ceil(samples.length / STEP_SAMPLES))) as [Uint8Array, Uint8Array];
  for (let step = 0; step < masks[0].length; step++) {
    const stretch = (sound: Float32Array) => sound.subarray(step * STEP_SAMPLES, (step + 1) * STEP_SAMPLES);
    const energy = (sound: Float32Array) => stretch(sound).reduce((sum, sample) => sum + sample * sample, 0);
    masks[energy(second) > energy(samples) / 2 ? 1 : 0][step] = 1;
  }
  return masks;
}
