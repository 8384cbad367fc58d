import { VAD_FRAME_SAMPLES, type VoiceActivityModel } from '../../../models/index.ts';
import { joinSamples } from '../../../pipeline/support/join-samples.ts';

export interface LoudnessVoiceActivity extends VoiceActivityModel {
  /** Frames of each push so far. */
  readonly pushes: number[];
  streams: number;
  inFlight: number;
  maxInFlight: number;
}

/**
 * A voice-activity model that hears a voice where a frame's mean magnitude is 0.1 or more: its probability is
 * five times that magnitude, up to 1. `settle` delays the answers, or refuses.
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

/** A signal at 16 kHz of alternating voice and silence, in ms: `speech(400, 1000)` is 400 ms of silence, 1 s of voice. */
export function speech(...lengthsMs: number[]): Float32Array {
  const parts = lengthsMs.map((ms, index) => {
    const level = index % 2 === 0 ? 0 : 0.5;
    return Float32Array.from({ length: ms * 16 }, (_, sample) => level * (sample % 2 === 0 ? 1 : -1));
  });
  return joinSamples(parts);
}
