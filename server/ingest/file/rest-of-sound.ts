import type { InputAudioTrack } from 'mediabunny';
import type { Warn } from './analysis-warning.ts';
import { openForeignRecording } from './formats/open-foreign-recording.ts';
import type { SoundShape } from './formats/sound-shape.ts';
import type { RecordedAudio } from './recording.ts';
import type { TrackDamage } from './track-damage.ts';

/** A track that ends this much earlier than its container says, in ms, was not read to its end. */
const MISSING_MS = 500;

/** When a container says that a track's sound ends, in its own time, s. */
export async function saidEnd(track: InputAudioTrack): Promise<number> {
  const computedS = await track.computeDuration().catch(() => 0);
  // Of other containers the metadata tell the longest track's end.
  const isFlac = (await track.input.getFormat()).name === 'FLAC';
  return isFlac ? Math.max(computedS, (await track.getDurationFromMetadata()) ?? 0) : computedS;
}

export interface RestOfSound {
  readonly path: string;
  /** Where mediabunny could read no further, ms since the recording's start. */
  readonly fromMs: number;
  /** Where the sound should end, or is no longer wanted, ms. */
  readonly untilMs: number;
  readonly shape: SoundShape;
  readonly damage: TrackDamage;
  readonly warn: Warn;
}

/**
 * Reads the sound behind damage that mediabunny does not get past: FFmpeg looks for the next place that it can read. Yields
 * nothing if the sound is whole.
 */
export async function* readRestOfSound(rest: RestOfSound): AsyncGenerator<RecordedAudio> {
  const { path, fromMs, untilMs, shape, damage, warn } = rest;
  if (!(untilMs - fromMs > MISSING_MS)) return;
  let reachedMs = fromMs;
  const take: Warn = (warning) => {
    if (warning.code === 'audio-damaged') damage.add(warning.startMs ?? fromMs, warning.endMs ?? fromMs, null);
  };
  const recording = await openForeignRecording(path, { warn: take }).catch(() => null);
  try {
    for await (const { startMs, channels } of recording?.audio({ startMs: fromMs, endMs: untilMs }) ?? []) {
      if (startMs < reachedMs - 1) continue;
      if (reachedMs === fromMs) damage.add(fromMs, startMs, null);
      reachedMs = startMs + (channels[0]!.length * 1000) / recording!.sampleRateHz;
      yield { kind: 'audio', startMs, channels: shape.fit(channels, recording!.sampleRateHz) };
    }
  } catch {
    // What could be read has been.
  } finally {
    recording?.close();
  }
  if (untilMs - reachedMs <= MISSING_MS) return;
  const missingS = (untilMs - reachedMs) / 1000;
  warn({
    code: 'recording-truncated',
    message: `the sound ends earlier than the file says: its last ${missingS.toFixed(1)} s are missing`,
    startMs: reachedMs,
  });
}
