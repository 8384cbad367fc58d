import { Observable, type OperatorFunction } from 'rxjs';
import type { Clock } from '../media/clock.ts';
import type { AudioChunk, MediaFrame, TrackOpened, VideoImage } from '../media/media-frame.ts';
import { isFrameTime } from '../media/media-time.ts';
import { guarded } from '../support/guarded.ts';
import { type MemoryAccount, UNCOUNTED } from '../support/memory-account.ts';
import type { JitterDropReason } from './jitter-buffer.ts';
import { StallWatch } from './stall-watch.ts';
import { isAudioRate, SyncTrack } from './sync-track.ts';

/** Why the sync stage dropped or repaired something. */
export type SyncDropReason =
  | JitterDropReason
  /** An impossible time or sample rate, or an empty frame. */
  | 'invalid'
  /** The frame's track was never opened, or has ended. */
  | 'unknown-track'
  /** Samples that were not numbers and were replaced by silence. */
  | 'non-finite';

export interface SyncDrop {
  readonly trackId: string;
  /** Left out when the track was never opened. */
  readonly participantId?: string;
  readonly reason: SyncDropReason;
  /** Frames; for `non-finite`, samples. */
  readonly count: number;
  /** Media time of the frame, in ms. Left out where it has none. */
  readonly mediaTimeMs?: number;
}

export interface SynchronizeOptions {
  readonly clock: Clock;
  /** How far out of order a frame may arrive, in ms of media time. Default 200. */
  readonly jitterMs?: number;
  /** Wall-clock time without arrivals after which a track's held frames are released, in ms. Default 1000. `Infinity`: never. */
  readonly stallMs?: number;
  /** Longest gap of an audio track that is filled with silence, in ms. Default 2000. */
  readonly maxFillMs?: number;
  readonly onDrop?: (drop: SyncDrop) => void;
  /** Called for each track for which nothing arrived for `stallMs`. */
  readonly onStall?: (track: { readonly trackId: string; readonly participantId: string }) => void;
  /** Counts the bytes that the tracks hold. Default: not counted. */
  readonly memory?: MemoryAccount;
}

/**
 * Puts each track's frames in order of media time; the tracks do not wait for each other.
 *
 * - Audio comes out at 16 kHz on an integer sample grid, each chunk where the last one ended. Gaps are filled with
 *   silence up to `maxFillMs`; after a longer gap the grid restarts. A packet that continues the track passes at
 *   once. A packet after a gap waits `jitterMs` of media time. A track's first packet waits too, unless it is the one
 *   that its `TrackOpened` announced.
 * - Images come out in order, `jitterMs` behind the newest; those that are later are dropped.
 * - Transcripts pass at once, because words are always late.
 * - After each release, an audio or video track emits its new {@link TrackBound}; `Infinity` at its end.
 *
 * What comes out of a track does not depend on the order of arrival within `jitterMs`. When the source completes or
 * fails, all tracks are flushed and ended first. It owns the frames that it receives: samples that are
 * not numbers become silence and those beyond ±1 are clipped, in place.
 */
export function synchronize(options: SynchronizeOptions): OperatorFunction<MediaFrame, MediaFrame> {
  const { clock, jitterMs = 200, stallMs = 1000, maxFillMs = 2000, memory = UNCOUNTED } = options;
  const { onDrop = () => {}, onStall = () => {} } = options;
  for (const [name, value] of Object.entries({ jitterMs, stallMs, maxFillMs })) {
    if (!(value >= 0)) {
      throw new RangeError(`${name} must be zero or more, not ${value}`);
    }
  }
  return (source) =>
    new Observable<MediaFrame>((subscriber) => {
      const tracks = new Map<string, SyncTrack>();
      const guard = guarded(subscriber);
      const stalls = new StallWatch<SyncTrack>(
        clock.scheduler,
        stallMs,
        guard((track) => {
          onStall({ trackId: track.trackId, participantId: track.participantId });
          emit(track.flush());
        }),
        () => clock.now(),
      );

      function emit(frames: readonly MediaFrame[]): void {
        for (const frame of frames) {
          subscriber.next(frame);
        }
      }

      function drop({ trackId, startMs }: MediaFrame, reason: SyncDropReason, count = 1): void {
        const participantId = tracks.get(trackId)?.participantId;
        onDrop({
          trackId,
          ...(participantId !== undefined && { participantId }),
          reason,
          count,
          ...(Number.isFinite(startMs) && { mediaTimeMs: startMs }),
        });
      }

      function open(frame: TrackOpened): void {
        if (tracks.has(frame.trackId) || !isFrameTime(frame.startMs)) {
          drop(frame, 'invalid');
          return;
        }
        const onLost = (reason: JitterDropReason, lost: AudioChunk | VideoImage) => drop(lost, reason);
        const track = new SyncTrack({ opened: frame, jitterMs, maxFillMs, onDrop: onLost, memory });
        tracks.set(frame.trackId, track);
        subscriber.next(frame);
      }

      function accept(frame: Exclude<MediaFrame, TrackOpened>): void {
        const track = tracks.get(frame.trackId);
        if (track === undefined || track.ended) {
          drop(frame, 'unknown-track');
        } else if (!isAcceptable(frame, track)) {
          drop(frame, 'invalid');
        } else if (frame.kind === 'bound') {
          if (frame.startMs === Number.POSITIVE_INFINITY) {
            stalls.forget(track);
            emit(track.end());
          } else {
            emit(track.advance(frame));
          }
        } else if (frame.kind === 'transcript') {
          subscriber.next(frame);
        } else {
          stalls.arrived(track);
          if (frame.kind === 'audio') {
            repair(frame);
          }
          emit(track.push(frame));
        }
      }

      function repair(chunk: AudioChunk): void {
        const { samples } = chunk;
        let count = 0;
        for (let i = 0; i < samples.length; i += 1) {
          const sample = samples[i]!;
          if (!Number.isFinite(sample)) {
            samples[i] = 0;
            count += 1;
          } else if (sample > 1 || sample < -1) {
            samples[i] = Math.sign(sample);
          }
        }
        if (count > 0) {
          drop(chunk, 'non-finite', count);
        }
      }

      function endAll(): void {
        stalls.stop();
        for (const track of tracks.values()) {
          if (!track.ended) {
            emit(track.end());
          }
        }
      }

      subscriber.add(() => stalls.stop());
      subscriber.add(
        source.subscribe({
          next: guard((frame) => (frame.kind === 'track' ? open(frame) : accept(frame))),
          error: guard((error: unknown) => {
            endAll();
            subscriber.error(error);
          }),
          complete: guard(() => {
            endAll();
            subscriber.complete();
          }),
        }),
      );
    });
}

function isAcceptable(frame: Exclude<MediaFrame, TrackOpened>, track: SyncTrack): boolean {
  switch (frame.kind) {
    case 'bound':
      return isFrameTime(frame.startMs) || frame.startMs === Number.POSITIVE_INFINITY;
    case 'audio':
      return (
        track.media === 'audio' &&
        isFrameTime(frame.startMs) &&
        isAudioRate(frame.sampleRateHz) &&
        frame.samples.length > 0
      );
    case 'video':
      return track.media === 'video' && isFrameTime(frame.startMs);
    case 'transcript':
      return (
        track.media === 'transcript' &&
        isFrameTime(frame.startMs) &&
        isFrameTime(frame.endMs) &&
        frame.endMs >= frame.startMs
      );
  }
}
