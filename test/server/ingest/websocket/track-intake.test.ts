import { describe, expect, it } from 'vitest';
import type { MediaPacket } from '../../../../client-sdk/protocol/index.ts';
import { TrackIntake } from '../../../../server/ingest/websocket/track-intake.ts';

const HORIZON_MS = 100_000;
const audioTrack = () => new TrackIntake('t', { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: 8000 }, 200);
const audioAt = (mediaTimeMs: number): MediaPacket => ({
  kind: 'audio',
  track: 1,
  mediaTimeMs,
  payload: new Uint8Array(4),
});
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);

describe('a track’s intake', () => {
  it('turns an audio packet into a chunk', () => {
    expect(audioTrack().takePacket(audioAt(40), HORIZON_MS)).toEqual({
      kind: 'audio',
      trackId: 't',
      startMs: 40,
      sampleRateHz: 8000,
      samples: new Float32Array(2),
    });
  });

  it('takes packets out of order inside the jitter budget and none behind it', () => {
    const track = audioTrack();
    expect(track.takePacket(audioAt(1000), HORIZON_MS)).toMatchObject({ startMs: 1000 });
    expect(track.takePacket(audioAt(800), HORIZON_MS)).toMatchObject({ startMs: 800 });
    expect(track.takePacket(audioAt(799), HORIZON_MS)).toBe('bad-time');
  });

  it('takes nothing from beyond the horizon, and is not led astray by it', () => {
    const track = audioTrack();
    expect(track.takePacket(audioAt(HORIZON_MS + 1), HORIZON_MS)).toBe('bad-time');
    expect(track.takePacket(audioAt(0), HORIZON_MS)).toMatchObject({ startMs: 0 });
  });

  it('takes a picture that begins as one, in memory of its own', () => {
    const track = new TrackIntake('v', { kind: 'video', encoding: 'jpeg' }, 200);
    const payload = JPEG.slice();
    const frame = track.takePacket({ kind: 'video', track: 2, mediaTimeMs: 0, payload }, HORIZON_MS);
    payload.fill(0);
    expect(frame).toEqual({ kind: 'video', trackId: 'v', startMs: 0, image: { encoding: 'jpeg', bytes: JPEG } });
  });

  it.each(['jpeg', 'png', 'webp'] as const)('refuses what is no %s', (encoding) => {
    const track = new TrackIntake('v', { kind: 'video', encoding }, 200);
    for (const payload of [new Uint8Array(64), Uint8Array.of(0xff), new TextEncoder().encode('RIFF')]) {
      expect(track.takePacket({ kind: 'video', track: 2, mediaTimeMs: 0, payload }, HORIZON_MS)).toBe('bad-image');
    }
  });

  it('refuses what is not the track’s medium', () => {
    expect(audioTrack().takePacket({ ...audioAt(0), kind: 'video' }, HORIZON_MS)).toBe('wrong-media');
    const words = {
      type: 'transcript',
      track: 1,
      segmentId: 'a',
      startMs: 0,
      endMs: 9,
      text: 'hi',
      final: true,
    } as const;
    expect(audioTrack().takeTranscript(words, HORIZON_MS)).toBe('wrong-media');
    const transcript = new TrackIntake('w', { kind: 'transcript' }, 200);
    expect(transcript.takePacket(audioAt(0), HORIZON_MS)).toBe('wrong-media');
    expect(transcript.takeTranscript(words, HORIZON_MS)).toMatchObject({
      kind: 'transcript',
      segmentId: 'a',
      text: 'hi',
    });
    expect(transcript.takeTranscript({ ...words, endMs: HORIZON_MS + 1 }, HORIZON_MS)).toBe('bad-time');
  });
});
