import { describe, expect, it } from 'vitest';
import { TRANSCRIPT_SOURCES, type TranscriptSourceName } from '../../../../client-sdk/protocol/index.ts';
import { TranscriptSource } from '../../../../server/ingest/transcripts/transcript-source.ts';
import { FIRST_FINALS as FINALS } from '../../../support/server/recognisers.ts';

/** What is left of the words when segments replace those with the same id. */
function left(source: TranscriptSource, sent: readonly (readonly [string, number])[], name: TranscriptSourceName) {
  const segments = new Map<string, string>();
  for (const [text, offsetMs] of sent) {
    for (const { segment } of FINALS[name](text).flatMap((message) => source.take(message, offsetMs) ?? [])) {
      segments.set(segment.segmentId, `${Math.round(segment.startMs / 1000)} ${segment.text}`);
    }
  }
  return [...segments.values()];
}

describe.each(TRANSCRIPT_SOURCES)('the words of %s', (name) => {
  it('stay when another piece begins with the same ids and times', () => {
    const source = new TranscriptSource(name);
    const pieces = [
      ['I am very angry', 0],
      ['thank you so much', 20_000],
      ['thank you so much', 40_000],
    ] as const;
    expect(left(source, pieces, name).map((text) => text.replace(/^\d+ /, ''))).toEqual(pieces.map(([text]) => text));
  });

  it('stay when the recogniser begins again and the offset does not say so', () => {
    const source = new TranscriptSource(name);
    const sent = ['I am very angry', 'thank you so much'].map((text) => [text, 0] as const);
    expect(left(source, sent, name)).toHaveLength(2);
  });

  it('stay when the publisher comes back with a new connection', () => {
    const first = new TranscriptSource(name, '1-1').take(FINALS[name]('I am very angry').at(-1), 0) ?? [];
    const second = new TranscriptSource(name, '2-1').take(FINALS[name]('thank you so much').at(-1), 0) ?? [];
    const ids = [...first, ...second].map(({ segment }) => segment.segmentId);
    expect(new Set(ids).size).toBe(2);
  });

  it('are replaced by the same words with punctuation, or sent again', () => {
    const source = new TranscriptSource(name);
    const sent = ['thank you so much', 'Thank you so much.'].map((text) => [text, 0] as const);
    // These give each final segment an id or an end of its own.
    const isOwn = ['elevenlabs', 'soniox', 'google'].includes(name);
    expect(left(source, sent, name)).toHaveLength(isOwn ? 2 : 1);
  });

  it('stay with their id when the clock is corrected a little', () => {
    const source = new TranscriptSource(name);
    const [before, after] = [0, 90].map((offsetMs) =>
      FINALS[name]('thank you so much').flatMap((message) => source.take(message, offsetMs) ?? []),
    );
    expect(before!.length).toBe(1);
    expect(after!.length).toBeLessThanOrEqual(1);
  });
});

describe('an id of a segment', () => {
  it('fits the protocol and differs per source and place', () => {
    const ids = TRANSCRIPT_SOURCES.flatMap((name) =>
      ['1-1', '123-4567'].flatMap((place) =>
        FINALS[name]('thank you so much').flatMap(
          (message) => new TranscriptSource(name, place).take(message, 0) ?? [],
        ),
      ),
    ).map(({ segment }) => segment.segmentId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id.length).toBeLessThanOrEqual(64);
  });

  it('keeps the end of long ids, where they differ', () => {
    const source = new TranscriptSource('gladia', '1-1');
    const id = (tail: string) => {
      const [message] = FINALS.gladia('thank you so much') as [{ data: object }];
      return source.take({ ...message, data: { ...message.data, id: 'x'.repeat(62) + tail } }, 0)![0]!.segment
        .segmentId;
    };
    expect(id('a')).not.toBe(id('b'));
  });
});

describe('interim words', () => {
  it('leave nothing behind when their final words begin later', () => {
    const source = new TranscriptSource('whisper');
    const live = (start: number, end: number, text: string, completed: boolean) => ({
      segments: [{ start, end, text, completed }],
    });
    const guess = source.take(live(3.1, 4, 'ask not', false), 0)![0]!.segment;
    const final = source.take(live(3.36, 5.1, 'ask not what', true), 0)![0]!.segment;
    expect(final).toMatchObject({ segmentId: guess.segmentId, startMs: 3360, final: true });
    const again = source.take(live(3.36, 5.1, 'ask not what', true), 0)![0]!.segment;
    expect(again.segmentId).toBe(final.segmentId);
  });

  it('without any time end now', () => {
    const source = new TranscriptSource('vosk');
    expect(source.take({ partial: 'good' }, 1000, 61_000)![0]!.segment).toMatchObject({
      startMs: 60_000,
      endMs: 61_000,
    });
  });
});

describe('final words without any time', () => {
  it('end now, and do not replace those before them', () => {
    const source = new TranscriptSource('openai');
    const done = (id: string, transcript: string) => ({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: id,
      transcript,
    });
    const [first, second] = [
      source.take(done('a', 'Hello.'), 0, 5000)![0]!.segment,
      source.take(done('b', 'Bye.'), 0, 30_000)![0]!.segment,
    ];
    expect([first.startMs, first.endMs, second.startMs, second.endMs]).toEqual([3000, 5000, 28_000, 30_000]);
    expect(first.segmentId).not.toBe(second.segmentId);
  });

  it('get some time of their own when several come at once', () => {
    const source = new TranscriptSource('vosk');
    const ranges = ['one', 'two'].map((text) => source.take({ text }, 0, 100)![0]!.segment);
    expect(ranges.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [0, 500],
      [500, 1000],
    ]);
  });
});

describe('final tokens of Soniox', () => {
  it('become a segment after a second of silence, although nothing says that the sentence ends', () => {
    const source = new TranscriptSource('soniox');
    const token = { text: 'Hello', start_ms: 100, end_ms: 300, is_final: true };
    expect(source.take({ tokens: [token], final_audio_proc_ms: 300 }, 0)![0]!.segment.final).toBe(false);
    expect(source.take({ tokens: [], final_audio_proc_ms: 1400 }, 0)![0]!.segment).toMatchObject({
      text: 'Hello',
      final: true,
    });
  });
});
