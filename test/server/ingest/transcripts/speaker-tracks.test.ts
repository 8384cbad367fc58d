import { describe, expect, it } from 'vitest';
import { SpeakerTracks } from '../../../../server/ingest/transcripts/speaker-tracks.ts';
import type { SourceSegment } from '../../../../server/ingest/transcripts/transcript-source.ts';

const segment = (channel: number, speaker?: string, final = true): SourceSegment => ({
  channel,
  ...(speaker !== undefined && { speaker }),
  segment: { segmentId: 'x', startMs: 0, endMs: 1, text: 'x', final },
});

describe('the track of a recogniser’s words', () => {
  it('is that of the channel', () => {
    const tracks = new SpeakerTracks();
    expect([segment(0), segment(1), segment(2)].map((item) => tracks.place(item, [7, 8]))).toEqual([7, 8, undefined]);
  });

  it('is that of the speaker if one channel has several, in the order in which they speak', () => {
    const tracks = new SpeakerTracks();
    const placed = ['B', 'A', 'B', 'C'].map((speaker) => tracks.place(segment(0, speaker), [7, 8]));
    expect(placed).toEqual([7, 8, 7, undefined]);
  });

  it('is none for interim words of a speaker, whose label may change', () => {
    expect(new SpeakerTracks().place(segment(0, 'A', false), [7, 8])).toBeNull();
  });

  it('is the only one there is, and that of the channel where there are several channels', () => {
    expect(new SpeakerTracks().place(segment(0, 'B'), [7])).toBe(7);
    const tracks = new SpeakerTracks();
    expect([segment(1, '0'), segment(0, '1')].map((item) => tracks.place(item, [7, 8]))).toEqual([8, 7]);
  });
});
