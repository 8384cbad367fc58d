import { describe, expect, it } from 'vitest';
import type { AnalysisWarning } from '../../../../../server/ingest/file/analysis-warning.ts';
import { RecordingError } from '../../../../../server/ingest/file/recording-error.ts';
import { parseTranscript } from '../../../../../server/ingest/file/transcript/parse-transcript.ts';
import { TRANSCRIPT_FILES, words } from '../../../../support/transcript-files.ts';

function read(source: unknown) {
  const warnings: AnalysisWarning[] = [];
  const text = typeof source === 'string' ? source : JSON.stringify(source);
  const cues = parseTranscript(text, { path: 'x.json', warn: (warning) => warnings.push(warning) });
  const told = cues.map(({ startMs, endMs, text, speaker, channel, words }) => {
    const where = channel === undefined ? '' : `#${channel} `;
    return `${startMs}-${endMs} ${where}${speaker ?? '?'}: ${text}${words === undefined ? '' : ` (${words.length})`}`;
  });
  return { told, warnings: warnings.map(({ message }) => message) };
}

describe('a transcript in JSON', () => {
  it.each(TRANSCRIPT_FILES)('is read by its shape: %s', (_name, source, expected) => {
    expect(read(source)).toEqual({ told: expected, warnings: [] });
  });

  it('gets sentences if it has a cue per word, with the times of the words', () => {
    const cues = (text: string, start: number, speaker: string) =>
      words(text, start, (word, from, to) => ({ startMs: from * 1000, endMs: to * 1000, text: word, speaker }));
    expect(read([...cues('Good morning. How are you?', 1, 'Sam'), ...cues('Fine', 9, 'Dana')]).told).toEqual([
      '1000-1900 Sam: Good morning. (2)',
      '2000-3400 Sam: How are you? (3)',
      '9000-9400 Dana: Fine (1)',
    ]);
  });

  it('may hold the numbers that Python writes and JSON does not know', () => {
    const source =
      '{"segments": [{"start": 1, "end": 2, "text": "I said \\"NaN\\"", "avg_logprob": NaN, "x": [-Infinity]}]}';
    expect(read(source).told).toEqual(['1000-2000 ?: I said "NaN"']);
  });

  it('keeps short answers apart where cues hold sentences', () => {
    const cues = ['Yes.', 'No.', 'Well, I do not know.', 'Oh.', 'Why do you ask?'];
    const told = read(cues.map((text, index) => ({ startMs: index * 1000, endMs: index * 1000 + 500, text }))).told;
    expect(told).toHaveLength(5);
  });

  it('loses only the segments that have no usable time', () => {
    const segments = [
      { start: 2, end: 1, text: 'backwards' },
      { start: 'x', end: 3, text: 'nowhere' },
      { start: 3, end: 4, text: 'Hi.' },
    ];
    expect(read({ segments })).toEqual({
      told: ['3000-4000 ?: Hi.'],
      warnings: [1, 2].map((n) => `a cue of the transcript is left out: segment ${n} has no start, or ends before it`),
    });
  });

  it('splits a cue that is longer than any utterance, and keeps all its words', () => {
    const text = Array.from({ length: 2000 }, (_, index) => `word${index}`).join(' ');
    const cues = parseTranscript(JSON.stringify([{ startMs: 0, endMs: 600_000, text }]), { path: 'x' });
    expect(cues.length).toBeGreaterThan(5);
    expect(cues.map((cue) => cue.text).join(' ')).toBe(text);
    expect(cues.map((cue) => cue.startMs)).toEqual(cues.map((_, index) => cues[index - 1]?.endMs ?? 0));
  });

  it.each([
    ['{"a":1', 'its JSON ends in the middle'],
    ['{"a":}', 'it is not JSON'],
    [{ foo: 1, bar: 2 }, 'it has the fields foo, bar, which no known transcript has; understood are WebVTT, SubRip'],
    [[{ foo: 1 }], 'it is a list whose first item has the fields foo, which no known transcript has'],
    [[], 'it is an empty list'],
    [{ text: 'words', language: 'en' }, 'it has words without times'],
    [{ results: { channels: [{ alternatives: [{ transcript: 'Hi.', words: [] }] }] } }, 'it has words without times'],
    [[{ startMs: 5, endMs: 1, text: 'x' }], 'none of its 1 segments has a start and an end'],
  ])('is refused in one line that says what it is: %j', (source, why) => {
    const message = messageOf(() => read(source));
    expect(message).toContain(why);
    expect(message).not.toContain('\n');
  });
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(RecordingError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}
