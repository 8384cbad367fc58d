import { setImmediate } from 'node:timers/promises';
import type { RecordedAudio, RecordedImage, Recording } from '../../server/ingest/file/recording.ts';
import { tone } from './recordings.ts';

/** A stretch of a recording's sound: a tone, or silence. */
export interface ScriptedStretch {
  readonly startMs: number;
  readonly durationMs: number;
  readonly isVoiced: boolean;
}

export interface ScriptedRecordingOptions {
  /** Null: the recording has no sound. */
  readonly sound: { readonly channelCount: number; readonly stretches: readonly ScriptedStretch[] } | null;
  /** Times of the pictures, ms. Null: the recording has no video. */
  readonly picturesMs: readonly number[] | null;
  /** Length of a block of audio, ms. Default 20. */
  readonly blockMs?: number;
}

const RATE_HZ = 8000;

/** A recording that is made up in memory. Each block and each picture takes a turn of the event loop, as decoding does. */
export function scriptedRecording({ sound, picturesMs, blockMs = 20 }: ScriptedRecordingOptions): Recording {
  const ends = (sound?.stretches ?? []).map(({ startMs, durationMs }) => startMs + durationMs);
  const durationMs = Math.max(0, ...ends, ...(picturesMs ?? []));

  async function* audio(): AsyncGenerator<RecordedAudio> {
    for (const stretch of sound?.stretches ?? []) {
      const samples = stretch.isVoiced
        ? tone(stretch.durationMs / 1000, 200, RATE_HZ)
        : new Float32Array(Math.round((stretch.durationMs * RATE_HZ) / 1000));
      const size = (blockMs * RATE_HZ) / 1000;
      for (let at = 0; at < samples.length; at += size) {
        if (at % (10 * size) === 0) await setImmediate();
        const startMs = stretch.startMs + (at * 1000) / RATE_HZ;
        const channels = Array.from({ length: sound!.channelCount }, () => samples.slice(at, at + size));
        yield { kind: 'audio', startMs, channels };
      }
    }
  }

  async function* images(): AsyncGenerator<RecordedImage> {
    for (const startMs of picturesMs ?? []) {
      await setImmediate();
      const image = { encoding: 'rgb24' as const, widthPx: 2, heightPx: 2, bytes: new Uint8Array(12) };
      yield { kind: 'image', startMs, image };
    }
  }

  return {
    durationMs,
    channelCount: sound?.channelCount ?? 0,
    sampleRateHz: sound === null ? 0 : RATE_HZ,
    hasVideo: picturesMs !== null,
    audio,
    images,
    close: () => {},
  };
}
