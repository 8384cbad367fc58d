import { describe, expect, it } from 'vitest';
import { splitByVoice } from '../../../../../../server/ingest/file/placement/voices/split-by-voice.ts';

/** Words of half a second each. */
function cueOf(text: string, hasTimes = true) {
  const words = text.split(' ').map((word, i) => ({ text: word, startMs: i * 500, endMs: i * 500 + 500 }));
  const cue = { startMs: 0, endMs: words.length * 500, text, speaker: null };
  return { id: 'cue-3', cue: hasTimes ? { ...cue, words } : cue };
}

/** Who speaks in each half second. */
const voices = (pattern: string) => (ms: number) => Number(pattern[Math.floor(ms / 500)]);

const textsOf = (pattern: string, text: string) =>
  splitByVoice(cueOf(text), voices(pattern)).map(({ cue }) => cue.text);

describe('splitByVoice', () => {
  it('divides a cue where the voice changes', () => {
    const parts = splitByVoice(cueOf('how are you fine thanks'), voices('00011'));
    expect(parts.map(({ id, cue }) => [id, cue.text, cue.startMs, cue.endMs])).toEqual([
      ['cue-3.0', 'how are you', 0, 1500],
      ['cue-3.1', 'fine thanks', 1500, 2500],
    ]);
  });

  it('keeps a single word of an answer at the end', () => {
    expect(textsOf('0001', 'are you there yes')).toEqual(['are you there', 'yes']);
  });

  it('does not tear a single word out of the middle', () => {
    expect(textsOf('00100', 'one two three four five')).toEqual(['one two three four five']);
  });

  it('keeps every word, in order', () => {
    const text = 'a b c d e f g h i j';
    for (const pattern of ['0101010101', '0011001100', '1000000001', '0110111001']) {
      expect(textsOf(pattern, text).join(' ')).toBe(text);
    }
  });

  it('keeps a cue whole that one voice says, or whose words have no times', () => {
    expect(splitByVoice(cueOf('all of it'), voices('111'))).toEqual([cueOf('all of it')]);
    expect(splitByVoice(cueOf('all of it', false), voices('011'))).toEqual([cueOf('all of it', false)]);
  });
});
