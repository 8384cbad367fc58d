import { describe, expect, it } from 'vitest';
import type { AnalysisWarning } from '../../../../../server/ingest/file/analysis-warning.ts';
import { parseTranscript } from '../../../../../server/ingest/file/transcript/parse-transcript.ts';

function read(source: string) {
  const warnings: AnalysisWarning[] = [];
  const cues = parseTranscript(source, { path: 'x', warn: (warning) => warnings.push(warning) });
  const told = cues.map(({ startMs, endMs, speaker, text }) => `${startMs}-${endMs} ${speaker ?? '?'}: ${text}`);
  return { told, warnings: warnings.map(({ code, message }) => `${code} ${message}`) };
}
const told = (source: string) => read(source).told;

describe('a transcript in WebVTT', () => {
  it('has voices, settings, identifiers, notes, entities and cues over several lines', () => {
    const vtt = [
      '\uFEFFWEBVTT - a call',
      'Kind: captions',
      '',
      'NOTE nothing to see',
      '',
      'STYLE',
      '::cue { color: red }',
      '',
      'first',
      '00:01.500 --> 00:02.750 align:start',
      '<v.loud Dana>Well, <i>that</i>',
      'is new &amp; strange&#33; &#x41;',
      '',
      '01:00:00.000 --> 01:00:01.000',
      '<c.yellow>Later.</c> <00:01:00.500>Now',
    ].join('\r\n');
    expect(told(vtt)).toEqual(['1500-2750 Dana: Well, that is new & strange! A', '3600000-3601000 ?: Later. Now']);
  });

  it('begins a cue with each line of times, without a blank line and without a header', () => {
    const cues = ['00:01.000 --> 00:02.000', '<v Sam>Hello.', '00:03.000 --> 00:04.000', '<v Dana>Good morning.'];
    const expected = ['1000-2000 Sam: Hello.', '3000-4000 Dana: Good morning.'];
    expect(told(['WEBVTT', '', ...cues].join('\n'))).toEqual(expected);
    expect(told(['WEBVTT', ...cues].join('\n'))).toEqual(expected);
    expect(told(cues.join('\n'))).toEqual(expected);
  });

  it('gives each voice of a cue its share of the time', () => {
    const vtt = 'WEBVTT\n\n00:00.000 --> 00:10.000\n<v Sam>12345</v>\n<v Dana>123456789012345</v>';
    expect(told(vtt)).toEqual(['0-2500 Sam: 12345', '2500-10000 Dana: 123456789012345']);
  });

  it.each([
    ['a line with an arrow', 'NOTE 00:00.000 --> see above'],
    ['a cue that was taken out', 'NOTE\n00:00.000 --> 00:01.000\nnever said'],
    ['arrows in text', 'NOTE\nthis --> that'],
  ])('may have notes with %s', (_what, note) => {
    expect(read(`WEBVTT\n\n${note}\n\n00:01.000 --> 00:02.000\nHello.`)).toEqual({
      told: ['1000-2000 ?: Hello.'],
      warnings: [],
    });
  });

  it('loses no cue to a note that no blank line ends', () => {
    const cues = '00:01.000 --> 00:02.000\nHello.\n00:03.000 --> 00:04.000\nBye.';
    for (const note of ['NOTE', 'NOTE made by hand']) {
      expect(told(`WEBVTT\n\n${note}\n${cues}`)).toEqual(['1000-2000 ?: Hello.', '3000-4000 ?: Bye.']);
    }
  });

  it('keeps text that looks like a tag or an arrow but is none', () => {
    expect(told('WEBVTT\n\n00:01.000 --> 00:02.000\nif a < b and b > c --> then <3')).toEqual([
      '1000-2000 ?: if a < b and b > c --> then <3',
    ]);
  });

  it('may hold the JSON that Microsoft Teams writes', () => {
    const cue = { speakerName: 'Dana', spokenText: 'Good  morning.', spokenLanguage: 'en-us' };
    expect(told(`WEBVTT\n\n00:00:16.246 --> 00:00:17.726\n${JSON.stringify(cue)}`)).toEqual([
      '16246-17726 Dana: Good morning.',
    ]);
  });

  it.each([
    ['7', '00:07.900 --> 00:07.600', 'line 7 ends before it begins'],
    ['7', '00:07.x --> 00:08.000', 'line 7 has no time that can be read'],
    ['7', '-00:01.000 --> 00:08.000', 'line 7 has no time that can be read'],
    ['7', '00:00:75.000 --> 00:01:20.000', 'line 7 has no time that can be read'],
  ])('loses only the cue whose line %s is %s', (_line, times, why) => {
    const vtt = `WEBVTT\n\n00:01.000 --> 00:02.000\nHello.\n\n\n${times}\nlost\n\n00:09.000 --> 00:10.000\nBye.`;
    expect(read(vtt)).toEqual({
      told: ['1000-2000 ?: Hello.', '9000-10000 ?: Bye.'],
      warnings: [`cue-skipped a cue of the transcript is left out: ${why}`],
    });
  });

  it.each(['xx:00:04 --> 00:00:05', '00;04 --> 5', 'then --> later'])(
    'skips a numbered cue whose times are “%s”, also without a blank line before the next',
    (times) => {
      const srt = `1\n00:00:01,000 --> 00:00:02,000\nHello.\n\n2\n${times}\nlost\n3\n00:00:09,000 --> 00:00:10,000\nBye.`;
      expect(read(srt)).toEqual({
        told: ['1000-2000 ?: Hello.', '9000-10000 ?: Bye.'],
        warnings: ['cue-skipped a cue of the transcript is left out: line 6 has no time that can be read'],
      });
    },
  );

  it('names twenty bad cues and counts the others', () => {
    const { warnings } = read(`WEBVTT\n\n${'9:9:9:9 --> 1\nx\n\n'.repeat(25)}00:01.000 --> 00:02.000\nHello.`);
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toBe('cue-skipped 5 further cues of the transcript are left out');
  });

  it('of no cue is no error', () => expect(told('WEBVTT\n\nNOTE nothing was said')).toEqual([]));
});

describe('a transcript in SubRip', () => {
  it('has numbers, commas and line breaks, with and without blank lines', () => {
    const cues = [
      '1',
      '00:00:01,000 --> 00:00:02,500',
      'Hello',
      'there.',
      '2',
      '00:00:03,000 --> 00:00:04,000',
      'Bye.',
    ];
    const expected = ['1000-2500 ?: Hello there.', '3000-4000 ?: Bye.'];
    expect(told(cues.join('\n'))).toEqual(expected);
    expect(told(cues.join('\r\n').replace('\r\n2', '\r\n\r\n2'))).toEqual(expected);
  });

  it('keeps words behind a blank line within a cue, and numbers that were said', () => {
    expect(told('1\n00:00:01,000 --> 00:00:02,000\nHello\n\nthere.\n\n2\n00:00:03,000 --> 00:00:04,000\n42\n')).toEqual(
      ['1000-2000 ?: Hello there.', '3000-4000 ?: 42'],
    );
  });

  it.each([
    ['00:00:00,5', 500],
    ['00:00:00.50', 500],
    ['0:00:00', 0],
    ['00:01', 1000],
    ['75:00', 4_500_000],
    ['12.25', 12_250],
    ['123:00:00,123456', 442_800_123],
  ])('may write a time as %s', (time, ms) => {
    expect(told(`1\n${time} --> 200:00:00,000\nHello.`)).toEqual([`${ms}-720000000 ?: Hello.`]);
  });

  it('may have formatting', () => {
    expect(told('1\n00:00:01,000-->00:00:02,000\n{\\an8}<font color="#fff">Hello</font><br>you.')).toEqual([
      '1000-2000 ?: Hello you.',
    ]);
  });
});

describe('a name at the start of a line', () => {
  const file = (...lines: string[]) =>
    lines.map((line, index) => `${index + 1}\n00:00:0${index},000 --> 00:00:0${index + 1},000\n${line}\n`).join('\n');
  const speakers = (...lines: string[]) => told(file(...lines)).map((cue) => cue.replace(/^\S+ /, ''));

  it.each([
    ['Sam: Hello.', 'Dana Müller-Smith: Hi.', ['Sam: Hello.', 'Dana Müller-Smith: Hi.']],
    ['SAM: Hello.', 'AGENT 2: Hi.', ['SAM: Hello.', 'AGENT 2: Hi.']],
    ['[Sam] Hello.', '[Dana]: Hi.', ['Sam: Hello.', 'Dana: Hi.']],
    ['>> SAM: Hello.', '>> DANA: Hi.', ['SAM: Hello.', 'DANA: Hi.']],
    ['>> Hello.', '- Hi.', ['?: Hello.', '?: Hi.']],
    [
      'speaker 1: Hello.',
      'speaker 2: It is 10:30 now: late.',
      ['speaker 1: Hello.', 'speaker 2: It is 10:30 now: late.'],
    ],
  ])('is who speaks: %s %s', (first, second, expected) => expect(speakers(first, second)).toEqual(expected));

  it('counts only where names behave as such across the file', () => {
    const lines = ['Hello.', 'Note: this is recorded.', 'I see.', 'Well then.', 'What I mean is: no.'];
    expect(speakers(...lines)).toEqual(lines.map((line) => `?: ${line}`));
    expect(speakers('Note: one.', 'Note: two.', 'Three.')).toEqual(['?: Note: one.', '?: Note: two.', '?: Three.']);
  });

  it('leaves sounds in brackets alone', () => {
    expect(speakers('[music] Hello.', '[laughter] Hi.')).toEqual(['?: [music] Hello.', '?: [laughter] Hi.']);
  });

  it('holds for the lines that follow, and begins a new part within a cue', () => {
    expect(speakers('Sam: Hello.', 'I am Sam.', 'Dana: Hi.', 'Sam: Yes?', 'Dana: No.\nSam: Oh.')).toEqual([
      'Sam: Hello.',
      'Sam: I am Sam.',
      'Dana: Hi.',
      'Sam: Yes?',
      'Dana: No.',
      'Sam: Oh.',
    ]);
  });
});
