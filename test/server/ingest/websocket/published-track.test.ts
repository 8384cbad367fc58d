import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  FACE_CROP_BYTES,
  filterFaceCrop,
  type MediaPacket,
  type VideoEncoding,
} from '../../../../client-sdk/protocol/index.ts';
import type { VideoImage } from '../../../../pipeline/index.ts';
import { PublishedTrack } from '../../../../server/ingest/websocket/published-track.ts';
import { SMALL_JPEG } from '../../../support/pictures/small-pictures.ts';
import { looseTrack } from '../../../support/server/ingest-track.ts';

const HORIZON_MS = 100_000;
const audioTrack = () => {
  const { track, frames } = looseTrack('audio', HORIZON_MS);
  return { track: new PublishedTrack(track, { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: 8000 }), frames };
};
const videoTrack = (encoding: VideoEncoding) => {
  const { track, frames } = looseTrack('video', HORIZON_MS);
  return { track: new PublishedTrack(track, { kind: 'video', encoding }), frames };
};
const audioAt = (mediaTimeMs: number): MediaPacket => ({
  kind: 'audio',
  track: 1,
  mediaTimeMs,
  payload: new Uint8Array(4),
});
const pictureOf = (payload: Uint8Array): MediaPacket => ({ kind: 'video', track: 2, mediaTimeMs: 0, payload });
const WORDS = {
  type: 'transcript',
  track: 1,
  segmentId: 'a',
  startMs: 0,
  endMs: 9,
  text: 'hi',
  final: true,
} as const;
const JPEG = new Uint8Array(SMALL_JPEG);

describe('a published track', () => {
  it('turns an audio packet into a chunk', () => {
    const { track, frames } = audioTrack();
    expect(track.takePacket(audioAt(40))).toBeNull();
    expect(frames).toEqual([
      { kind: 'audio', trackId: 't', startMs: 40, sampleRateHz: 8000, samples: new Float32Array(2) },
    ]);
  });

  it('takes packets out of order inside the jitter budget and none behind it', () => {
    const { track, frames } = audioTrack();
    expect([1000, 800, 799].map((ms) => track.takePacket(audioAt(ms)))).toEqual([null, null, 'bad-time']);
    expect(frames.map(({ startMs }) => startMs)).toEqual([1000, 800]);
  });

  it('takes nothing from beyond the horizon, and is not led astray by it', () => {
    const { track, frames } = audioTrack();
    expect(track.takePacket(audioAt(HORIZON_MS + 1))).toBe('bad-time');
    expect(track.takePacket(audioAt(0))).toBeNull();
    expect(frames).toHaveLength(1);
  });

  it('takes a picture by its header, in memory of its own', () => {
    const { track, frames } = videoTrack('jpeg');
    const payload = JPEG.slice();
    track.takePacket(pictureOf(payload));
    payload.fill(0);
    expect(frames).toEqual([{ kind: 'video', trackId: 't', startMs: 0, image: { encoding: 'jpeg', bytes: JPEG } }]);
  });

  it.each(['jpeg', 'png', 'webp'] as const)('refuses what is no %s', (encoding) => {
    const { track, frames } = videoTrack(encoding);
    for (const payload of [new Uint8Array(64), Uint8Array.of(0xff), new TextEncoder().encode('RIFF')]) {
      expect(track.takePacket(pictureOf(payload))).toMatchObject({ name: 'PictureError', code: 'unreadable' });
    }
    // Only its time is told: nobody waits for the picture.
    for (const frame of frames) expect(frame).toEqual({ kind: 'bound', trackId: 't', startMs: 0 });
  });

  it('takes an aligned face as its gray values', () => {
    const { track, frames } = videoTrack('face-gray-64');
    const pixels = Uint8Array.from({ length: FACE_CROP_BYTES }, (_, i) => (i * i) % 251);
    expect(track.takePacket(pictureOf(deflateRawSync(filterFaceCrop(pixels))))).toBeNull();
    expect(frames).toMatchObject([{ kind: 'video', image: { encoding: 'face-gray-64' } }]);
    expect((frames[0] as VideoImage).image.bytes).toEqual(pixels);
  });

  it.each([
    ['a picture', JPEG],
    ['a face of another size', deflateRawSync(new Uint8Array(48 * 48))],
    ['one byte too many', deflateRawSync(new Uint8Array(FACE_CROP_BYTES + 1))],
    ['far more than its size promises', deflateRawSync(new Uint8Array(8_000_000))],
    ['a stream that was cut', deflateRawSync(new Uint8Array(FACE_CROP_BYTES).map((_, i) => i * 7)).subarray(0, 40)],
  ])('refuses %s as an aligned face', (_, payload) => {
    const { track, frames } = videoTrack('face-gray-64');
    expect(track.takePacket(pictureOf(payload))).toBe('bad-image');
    expect(frames).toEqual([{ kind: 'bound', trackId: 't', startMs: 0 }]);
  });

  it('refuses what is not the track’s medium', () => {
    expect(audioTrack().track.takePacket({ ...audioAt(0), kind: 'video' })).toBe('wrong-media');
    expect(audioTrack().track.takeTranscript(WORDS)).toBe('wrong-media');
    const { track } = looseTrack('transcript', HORIZON_MS);
    expect(new PublishedTrack(track, { kind: 'transcript' }).takePacket(audioAt(0))).toBe('wrong-media');
  });

  it('takes words from anywhere behind, and none from beyond the horizon', () => {
    const { track, frames } = looseTrack('transcript', HORIZON_MS);
    const published = new PublishedTrack(track, { kind: 'transcript' });
    expect(published.takeTranscript({ ...WORDS, startMs: 50_000, endMs: 50_001 })).toBeNull();
    expect(published.takeTranscript(WORDS)).toBeNull();
    expect(published.takeTranscript({ ...WORDS, endMs: HORIZON_MS + 1 })).toBe('bad-time');
    expect(frames.at(-1)).toEqual({
      kind: 'transcript',
      trackId: 't',
      segmentId: 'a',
      startMs: 0,
      endMs: 9,
      text: 'hi',
      final: true,
    });
  });
});
