import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../../../../server/ingest/file/parse-transcript.ts';
import { RecordingError } from '../../../../server/ingest/file/recording-error.ts';

describe('parseTranscript', () => {
  it('reads WebVTT: voices, settings, identifiers, notes, entities and cues over several lines', () => {
    const vtt = [
      '\uFEFFWEBVTT - a call',
      '',
      'NOTE nothing to see',
      '',
      'first',
      '00:01.500 --> 00:02.750 align:start',
      '<v Dana>Well, <i>that</i>',
      'is new &amp; strange.',
      '',
      '01:00:00.000 --> 01:00:01.000',
      'Later.',
    ].join('\r\n');
    expect(parseTranscript(vtt, 'vtt', 'x.vtt')).toEqual([
      { startMs: 1500, endMs: 2750, text: 'Well, that is new & strange.', speaker: 'Dana' },
      { startMs: 3_600_000, endMs: 3_601_000, text: 'Later.', speaker: null },
    ]);
  });

  it('reads SubRip with its comma before the milliseconds', () => {
    const srt = '1\n00:00:01,000 --> 00:00:02,500\nHello\nthere.\n\n2\n00:00:03,000 --> 00:00:04,000\nBye.\n';
    expect(parseTranscript(srt, 'srt', 'x.srt').map((cue) => [cue.startMs, cue.endMs, cue.text])).toEqual([
      [1000, 2500, 'Hello there.'],
      [3000, 4000, 'Bye.'],
    ]);
  });

  it('reads JSON, sorts by start and leaves out cues without words', () => {
    const json = JSON.stringify([
      { startMs: 900, endMs: 1000, text: 'second', speaker: 'Sam' },
      { startMs: 0, endMs: 500, text: ' first ' },
      { startMs: 600, endMs: 700, text: '   ' },
    ]);
    expect(parseTranscript(json, 'json', 'x.json')).toEqual([
      { startMs: 0, endMs: 500, text: 'first', speaker: null },
      { startMs: 900, endMs: 1000, text: 'second', speaker: 'Sam' },
    ]);
  });

  it.each([
    ['json', '{', 'it is not JSON'],
    ['json', '{"a":1}', 'expected an array'],
    ['json', '[{"startMs":5,"endMs":1,"text":"x"}]', 'item 0'],
    ['json', '[{"startMs":0,"endMs":1,"text":"x"},null]', 'item 1'],
    ['vtt', '00:00.000 --> 00:01.000\nHi', 'does not begin with WEBVTT'],
    ['vtt', 'WEBVTT\n\n00:05.000 --> 00:01.000\nHi', 'cue 1 has a bad time line'],
    ['srt', 'just some words', 'it holds no cue'],
  ] as const)('refuses a bad %s file with the place of the fault: %s', (format, source, message) => {
    expect(() => parseTranscript(source, format, 'bad.file')).toThrowError(RecordingError);
    expect(() => parseTranscript(source, format, 'bad.file')).toThrowError(
      `bad.file: ${message}`.replace('bad.file: ', ''),
    );
  });
});
