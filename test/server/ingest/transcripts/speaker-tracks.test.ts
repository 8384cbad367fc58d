import { describe, expect, it } from 'vitest';
import { SpeakerTracks } from '../../../../server/ingest/transcripts/speaker-tracks.ts';
import type { SourceSegment } from '../../../../server/ingest/transcripts/transcript-source.ts';

let count = 0;
const segment = (channel: number, speaker?: string, final = true, segmentId = `s${count++}`): SourceSegment => ({
  channel,
  ...(speaker !== undefined && { speaker }),
  segment: { segmentId, startMs: 0, endMs: 1, text: 'x', final },
});

describe('the track of a recogniser’s words', () => {
  const trackOf = (tracks: SpeakerTracks, item: SourceSegment, among: readonly number[]) =>
    tracks.place(item, among).map(({ track }) => track);

  it('is that of the channel', () => {
    const tracks = new SpeakerTracks();
    const placed = [segment(0), segment(1), segment(2)].flatMap((item) => trackOf(tracks, item, [7, 8]));
    expect(placed).toEqual([7, 8, undefined]);
  });

  it('is that of the speaker if one channel has several, in the order in which they speak', () => {
    const tracks = new SpeakerTracks();
    const placed = ['B', 'A', 'B', 'C'].flatMap((speaker) => trackOf(tracks, segment(0, speaker), [7, 8]));
    expect(placed).toEqual([7, 8, 7, undefined]);
  });

  it('is none for interim words of a speaker, whose label may change', () => {
    expect(new SpeakerTracks().place(segment(0, 'A', false), [7, 8])).toEqual([]);
  });

  it('is the only one there is, where the words keep their label, and that of the channel where there are several', () => {
    const item = segment(0, 'B');
    expect(new SpeakerTracks().place(item, [7])).toEqual([{ track: 7, words: { ...item.segment, speaker: 'B' } }]);
    const tracks = new SpeakerTracks();
    expect([segment(1, '0'), segment(0, '1')].flatMap((each) => trackOf(tracks, each, [7, 8]))).toEqual([8, 7]);
    expect(tracks.place(segment(0, 'B'), [7])[0]!.words).not.toHaveProperty('speaker');
  });

  it('is another one when the recogniser corrects the speaker, and the words leave the first', () => {
    const tracks = new SpeakerTracks();
    tracks.place(segment(0, 'A'), [7, 8]);
    tracks.place(segment(0, 'A', true, 'same'), [7, 8]);
    const placed = tracks.place(segment(0, 'B', true, 'same'), [7, 8]);
    expect(placed.map(({ track, words }) => [track, words.segmentId, words.text])).toEqual([
      [7, 'same', ''],
      [8, 'same', 'x'],
    ]);
  });
});
