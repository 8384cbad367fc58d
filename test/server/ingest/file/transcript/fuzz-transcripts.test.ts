import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../../../../../server/ingest/file/transcript/parse-transcript.ts';
import { fuzzTranscripts } from '../../../../support/fuzz/fuzz-transcripts.ts';

describe('a broken transcript', () => {
  it('gives usable cues, or an error of one line', () => {
    const { read, refused } = fuzzTranscripts(2000, 1);
    expect(read).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(200);
  });

  // A reader that takes quadratic time would need many minutes for these.
  it.each([
    ['open brackets', '<'],
    ['spaces', ' '],
    ['line breaks', '\n'],
    ['arrows', '-->\n'],
    ['time lines', '00:00:01.000 --> 00:00:02.000\n'],
    ['unclosed voices', '00:01.000 --> 00:02.000\n<v '],
    ['names', '00:01.000 --> 00:02.000\na: b\n'],
    ['ampersands', '&'],
    ['braces', '{\\'],
    ['digits', '1'],
    ['notes', '\n\nNOTE\n1 --> 2'],
    ['comparisons', 'a < b > c < '],
    ['quotes in JSON', '{"a":"\\"\\"'],
    ['numbers that are none', '{"a":NaN,"b":"\\"'],
    ['brackets of JSON', '['],
    ['JSON values', '{}'],
    ['JSON texts', '{"startMs":1,"endMs":2,"text":"a"}\n'],
    ['sentence ends', '00:01.000 --> 00:02.000\n!!!!!!!!!!!!!!!!!!!!'],
  ])('of any length takes linear time: %s', { timeout: 120_000 }, (_name, piece) => {
    const body = piece.repeat(600_000 / piece.length);
    for (const source of [body, `WEBVTT\n\n00:01.000 --> 00:02.000\n${body}`, `00:01 --> 00:02\n<v Dana>${body}>`]) {
      try {
        const cues = parseTranscript(source, { path: 'x' });
        expect(Array.isArray(cues)).toBe(true);
      } catch (error) {
        expect((error as Error).name).toBe('RecordingError');
      }
    }
  });
});
