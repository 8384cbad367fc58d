import type { Participant } from '../../../client-sdk/protocol/index.ts';
import type {
  AudioChunk,
  MediaFrame,
  TrackBound,
  TrackOpened,
  TranscriptSegment,
  VideoImage,
} from '../../../pipeline/media/media-frame.ts';
import { joinSamples } from '../../../pipeline/support/join-samples.ts';

export const ALICE: Participant = { id: 'alice', role: 'customer', displayName: null };
export const BOB: Participant = { id: 'bob', role: 'agent', displayName: null };

export function openTrack(
  trackId: string,
  media: TrackOpened['media'],
  participant: Participant = ALICE,
  startMs = 0,
): TrackOpened {
  return { kind: 'track', trackId, startMs, media, participant };
}

export function audioChunk(trackId: string, startMs: number, samples: Float32Array, sampleRateHz = 16_000): AudioChunk {
  return { kind: 'audio', trackId, startMs, sampleRateHz, samples };
}

/** An image that its one byte identifies. */
export function image(trackId: string, startMs: number, byte = 0): VideoImage {
  return { kind: 'video', trackId, startMs, image: { encoding: 'jpeg', bytes: Uint8Array.of(byte) } };
}

export function words(
  trackId: string,
  startMs: number,
  endMs: number,
  options: { segmentId?: string; text?: string; final?: boolean } = {},
): TranscriptSegment {
  const { segmentId = `s${startMs}`, text = 'words', final = true } = options;
  return { kind: 'transcript', trackId, segmentId, startMs, endMs, text, final };
}

export function bound(trackId: string, startMs = Number.POSITIVE_INFINITY): TrackBound {
  return { kind: 'bound', trackId, startMs };
}

/** Cuts a signal into chunks of `chunkMs`, starting at media time `startMs`. */
export function chunksOf(
  trackId: string,
  signal: Float32Array,
  { chunkMs = 20, startMs = 0, sampleRateHz = 16_000 } = {},
): AudioChunk[] {
  const size = Math.round((chunkMs * sampleRateHz) / 1000);
  const chunks: AudioChunk[] = [];
  for (let at = 0; at < signal.length; at += size) {
    const start = startMs + (at * 1000) / sampleRateHz;
    chunks.push(audioChunk(trackId, start, signal.slice(at, at + size), sampleRateHz));
  }
  return chunks;
}

export function concatSamples(frames: Iterable<MediaFrame>): Float32Array {
  const parts = [...frames].flatMap((frame) => (frame.kind === 'audio' ? [frame.samples] : []));
  return joinSamples(parts);
}

/**
 * An order of arrival in which no frame arrives after one that is `budgetMs` or more ahead of it. Each frame is delayed
 * by its share of the budget, from `delays` (0…1, repeated). `punctual` frames are not delayed. Words arrive once they
 * have been said.
 */
export function displace<T extends { startMs: number; endMs?: number }>(
  frames: readonly T[],
  budgetMs: number,
  delays: readonly number[],
  punctual: readonly T[] = [],
): T[] {
  const arriving = (frame: T, delayMs: number) => ({ frame, atMs: (frame.endMs ?? frame.startMs) + delayMs });
  const late = frames.map((frame, index) => arriving(frame, budgetMs * delays[index % delays.length]!));
  return [...late, ...punctual.map((frame) => arriving(frame, 0))]
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ frame }) => frame);
}

/** The order of arrival without any delay. */
export function inOrder<T extends { startMs: number; endMs?: number }>(frames: readonly T[]): T[] {
  return displace([], 0, [], frames);
}
