import { stat } from 'node:fs/promises';
import type { StillImage } from '../../../pipeline/index.ts';
import type { Warn } from './analysis-warning.ts';
import { readBareFormat } from './formats/bare-format.ts';
import { findParts } from './formats/joined-parts.ts';
import { openForeignRecording } from './formats/open-foreign-recording.ts';
import { whyForeignUnreadable } from './formats/why-unreadable.ts';
import { MAX_CHANNELS, openContainer } from './open-container.ts';
import { RecordingError } from './recording-error.ts';
import { atUsableRate, isReadableRate } from './usable-rate.ts';
import { openWavRecording } from './wav-recording.ts';

/** A piece of a recording's audio: one array per channel, all of the same length. */
export interface RecordedAudio {
  readonly kind: 'audio';
  readonly startMs: number;
  readonly channels: readonly Float32Array[];
}

export interface RecordedImage {
  readonly kind: 'image';
  readonly startMs: number;
  readonly image: StillImage;
}

/** Half-open, ms since the recording's start; `endMs` may be infinite. */
export interface MediaRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** An opened recording, of a container that mediabunny or FFmpeg reads. */
export interface Recording {
  readonly durationMs: number;
  /** 0 if the recording has no sound. */
  readonly channelCount: number;
  readonly sampleRateHz: number;
  readonly hasVideo: boolean;
  /** Time of the container's own clock at which the recording starts, ms. Default 0. All other times count from there. */
  readonly clockStartMs?: number;
  /**
   * Decoded audio in time order, in blocks as long as the container's packets. The first and last block may reach
   * beyond `range`.
   */
  audio(range?: MediaRange): AsyncIterable<RecordedAudio>;
  /** Decoded pictures in time order, at most 6 per second. */
  images(range?: MediaRange): AsyncIterable<RecordedImage>;
  close(): void;
}

export interface OpenRecordingOptions {
  /** Told what of the recording is missing or damaged. What its sound lacks is told once it has been read. */
  readonly warn?: Warn;
}

/**
 * Opens a recording for its audio tracks and its first video track that can be decoded. Several audio tracks give one
 * channel each. A track that cannot be decoded is left out with a warning. Damage costs what is damaged, with a warning.
 *
 * @throws RecordingError `recording-unreadable` or `recording-unsupported`.
 */
export async function openRecording(path: string, { warn = () => {} }: OpenRecordingOptions = {}): Promise<Recording> {
  try {
    const file = await stat(path);
    if (!file.isFile() && !file.isDirectory())
      throw RecordingError.unreadable(path, 'it is no regular file; save the recording to a file first');
    const recording = (await openWavRecording(path, MAX_CHANNELS, warn)) ?? (await openAnyContainer(path, warn));
    if (recording.channelCount === 0) {
      const message = 'the recording has no sound, so nobody is heard; faces are analyzed where a transcript has words';
      warn({ code: 'no-sound', message });
    } else if (!isReadableRate(recording.sampleRateHz)) {
      recording.close();
      throw RecordingError.unsupported(path, `its header says ${recording.sampleRateHz} samples per second`);
    }
    return atUsableRate(recording);
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause;
    throw RecordingError.unreadable(path, await whyForeignUnreadable(path, cause), cause);
  }
}

/** With mediabunny, which starts at once; with FFmpeg what mediabunny cannot read or decode. */
async function openAnyContainer(path: string, warn: Warn): Promise<Recording> {
  const parts = await findParts(path);
  if (parts.length > 1 || (await readBareFormat(path)) !== null) return openForeignRecording(path, { warn, parts });
  try {
    return await openContainer(path, warn, 'refuse');
  } catch {
    // FFmpeg's error says what can be done. It knows what mediabunny does not.
    try {
      return await openForeignRecording(path, { warn, parts });
    } catch (foreign) {
      return openContainer(path, warn, 'leave out').catch(() => {
        throw foreign;
      });
    }
  }
}
