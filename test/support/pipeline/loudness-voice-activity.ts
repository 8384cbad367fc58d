import { VAD_FRAME_SAMPLES, type VoiceActivityModel } from '../../../models/index.ts';
import { joinSamples } from '../../../pipeline/support/join-samples.ts';

export interface LoudnessVoiceActivity extends VoiceActivityModel {
  /** Number of frames of each push so far. */
  readonly pushes: number[];
  streams: number;
  inFlight: number;
  maxInFlight: number;
}

/**
 * A voice-activity model that measures loudness. The probability of speech is five times a frame's mean magnitude, up
 * to 1, so a magnitude of 0.1 or more counts as a voice. `settle` delays the answers, or makes them fail.
 */
export function loudnessVoiceActivity(settle: () => Promise<void> = async () => {}): LoudnessVoiceActivity {
  const model: LoudnessVoiceActivity = {
    pushes: [],
    streams: 0,
    inFlight: 0,
    maxInFlight: 0,
    openStream() {
      model.streams += 1;
      return {
        async push(samples) {
          if (samples.length === 0 || samples.length % VAD_FRAME_SAMPLES !== 0) {
            throw new RangeError('push takes whole frames');
          }
          model.pushes.push(samples.length / VAD_FRAME_SAMPLES);
          model.inFlight += 1;
          model.maxInFlight = Math.max(model.maxInFlight, model.inFlight);
          try {
            await settle();
          } finally {
            model.inFlight -= 1;
          }
          return Float32Array.from({ length: samples.length / VAD_FRAME_SAMPLES }, (_, index) => {
            const frame = samples.subarray(index * VAD_FRAME_SAMPLES, (index + 1) * VAD_FRAME_SAMPLES);
            return Math.min(1, (5 * frame.reduce((sum, sample) => sum + Math.abs(sample), 0)) / frame.length);
          });
        },
      };
    },
  };
  return model;
}

/**
 * A signal at 16 kHz that alternates between silence and voice. Lengths in ms: `speech(400, 1000)` is 400 ms of
 * silence, then 1 s of voice.
 */
export function speech(...lengthsMs: number[]): Float32Array {
  const parts = lengthsMs.map((ms, index) => {
    const level = index % 2 === 0 ? 0 : 0.5;
    return Float32Array.from({ length: ms * 16 }, (_, sample) => level * (sample % 2 === 0 ? 1 : -1));
  });
  return joinSamples(parts);
}
