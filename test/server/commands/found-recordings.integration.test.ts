import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { analyzeRecording } from '../../../server/commands/analyze-recording.ts';
import type { AnalysisWarning } from '../../../server/ingest/file/analysis-warning.ts';
import { planAnalysis } from '../../../server/ingest/file/placement/plan-analysis.ts';
import { surveyRecording } from '../../../server/ingest/file/placement/survey-recording.ts';
import { openRecording } from '../../../server/ingest/file/recording.ts';
import { parseSpeakers } from '../../../server/ingest/file/speakers.ts';
import { readTranscript } from '../../../server/ingest/file/transcript/read-transcript.ts';
import { isEmotion } from '../../support/e2e/events.ts';
import { sharedModels } from '../../support/e2e/real-server.ts';

/** Recordings and transcripts in the forms that people have them. They are no part of the project. */
const FOLDER = fileURLToPath(new URL('../../../../shared/cases/recordings/', import.meta.url));
const isHere = existsSync(FOLDER);
if (!isHere) console.warn('SKIPPED: recordings as people have them, because ../shared/cases/recordings is absent');

/** Starts of the two sentences, in ms. Codecs and containers shift them a little. */
const [FIRST_MS, SECOND_MS] = [616, 4584];
const SHIFT_MS = 200;
const FIRST = /^I want my money back,? this is a/;
const SECOND = /^That is wonderful news,? I am so happy/;

interface Expected {
  /** Starts of the utterances, in ms. Default: those of the two sentences. */
  readonly startsMs?: readonly number[];
  /** Codes of the warnings, in order. Default: none. */
  readonly warnings?: readonly AnalysisWarning['code'][];
  /** Words of each utterance; null: none. Default: no transcript. */
  readonly words?: readonly (RegExp | null)[];
}

const RECORDINGS: Readonly<Record<string, Expected>> = {
  'c01-gsm-asterisk-wav49.wav': {},
  'c02-adpcm-ima.wav': {},
  'c04-g722.wav': {},
  'c05-mp3-in.wav': {},
  'c06-alac.m4a': {},
  'c07-flac.oga': {},
  'c08-speex.ogg': {},
  'c09-wma.wma': {},
  'c10-aiff.aiff': {},
  'c11-caf.caf': {},
  'c13-amr.amr': {},
  'c14-mpeg4-video-good-sound.mp4': {},
  'c15-avi.avi': {},
  'd01-same-sound-in-both-channels.wav': { warnings: ['channels-alike'] },
  'h01-video-without-sound.mp4': { startsMs: [], warnings: ['no-sound'] },
  'h02-video-longer-than-sound.mp4': { startsMs: [FIRST_MS] },
  'h04-sound-starts-at-5s.m4a': { startsMs: [FIRST_MS + 5000, SECOND_MS + 5000] },
  'h06-starts-at-10h.ts': {},
  'h07-6kHz.wav': {},
  'l01-chained.ogg': {},
  'l02-concatenated.webm': {},
  'w01-data-length-0.wav': {},
  'w03-RIFX.wav': {},
  'w04-truncated.wav': { startsMs: [FIRST_MS], warnings: ['recording-truncated'] },
  'x01-damaged.flac': { warnings: ['audio-damaged'] },
  'x03-damaged.m4a': { warnings: ['audio-damaged'] },
  'x04-damaged.webm': { startsMs: [FIRST_MS, SECOND_MS, 6088], warnings: ['audio-damaged'] },
};

const WORDS = { words: [FIRST, SECOND] };
const TRANSCRIPTS: Readonly<Record<string, Expected>> = {
  't00-good.vtt': WORDS,
  't01-no-blank-lines.vtt': WORDS,
  't02-no-blank-lines.srt': WORDS,
  't03-zoom.vtt': WORDS,
  't04-speakers-against-channels.vtt': { ...WORDS, warnings: ['speakers-swapped'] },
  't05-clock-4s-late.vtt': { ...WORDS, warnings: ['transcript-offset'] },
  't07-one-bad-cue.vtt': { ...WORDS, warnings: ['cue-skipped'] },
  't08-two-digit-fractions.srt': { words: [FIRST, null] },
  't10-utf16.vtt': WORDS,
  't11-latin1.vtt': WORDS,
  't12-beyond-the-sound.vtt': { ...WORDS, warnings: ['cues-beyond-sound'] },
  't14-bom.json': WORDS,
  't15-a-cue-a-word.json': WORDS,
  'j-assemblyai.json': WORDS,
  'j-aws-call-analytics.json': WORDS,
  'j-aws-channels.json': WORDS,
  'j-aws-speakers.json': WORDS,
  'j-deepgram.json': WORDS,
  'j-faster-whisper-list.json': WORDS,
  'j-gladia.json': WORDS,
  'j-openai-verbose.json': WORDS,
  'j-rev.json': WORDS,
  'j-whisper-cpp.json': WORDS,
  'j-whisper.json': WORDS,
  'j-whisperx.json': WORDS,
};

interface Utterance {
  readonly speaker: string;
  readonly startMs: number;
  readonly words: string | null;
}

async function analyze(file: string, transcriptFile?: string, speakers?: string) {
  const warnings: AnalysisWarning[] = [];
  const warn = (warning: AnalysisWarning) => warnings.push(warning);
  const signal = new AbortController().signal;
  const path = join(FOLDER, file);
  const transcript = transcriptFile === undefined ? [] : await readTranscript(join(FOLDER, transcriptFile), { warn });
  const listened = await openRecording(path);
  const survey = await surveyRecording(listened, signal);
  listened.close();
  const recording = await openRecording(path, { warn });
  const { durationMs } = recording;
  const named = speakers === undefined ? null : parseSpeakers(speakers);
  const plan = planAnalysis({ survey, durationMs, named, transcript, offsetMs: null }, warn);
  const utterances = new Map<string, Utterance>();
  await analyzeRecording({
    recording,
    title: file,
    sessionId: file,
    plan,
    transcript,
    models: await sharedModels(),
    signal,
    onEvent: (event) => {
      if (!isEmotion(event)) return;
      const { utteranceId, participant, startMs } = event;
      const words = event.transcript?.text ?? null;
      utterances.set(utteranceId, { speaker: participant.displayName ?? '', startMs, words });
    },
    onProgress: () => {},
    warn,
  });
  recording.close();
  return { utterances: [...utterances.values()], warnings: warnings.map(({ code }) => code) };
}

function check({ utterances, warnings }: Awaited<ReturnType<typeof analyze>>, expected: Expected): void {
  const { startsMs = [FIRST_MS, SECOND_MS] } = expected;
  expect(warnings).toEqual(expected.warnings ?? []);
  expect(utterances).toHaveLength(startsMs.length);
  for (const [index, { startMs, words }] of utterances.entries()) {
    expect(Math.abs(startMs - startsMs[index]!)).toBeLessThan(SHIFT_MS);
    const wanted = expected.words?.[index] ?? null;
    if (wanted === null) expect(words).toBe(null);
    else expect(words).toMatch(wanted);
  }
}

describe.skipIf(!isHere)('recordings and transcripts as people have them', () => {
  it.each(Object.entries(RECORDINGS))('%s', async (file, expected) => check(await analyze(file), expected));

  it('an MP4 that was never finished says so', async () => {
    const opened = openRecording(join(FOLDER, 'c16-moov-never-written.mp4'));
    await expect(opened).rejects.toThrow(/never finished/);
  });

  it.each(Object.entries(TRANSCRIPTS))('%s', async (file, expected) => {
    const result = await analyze('stereo.wav', file, 'agent:Sam,customer:Dana');
    check(result, expected);
    expect(result.utterances.map(({ speaker }) => speaker)).toEqual(['Sam', 'Dana']);
  });

  it('a mono recording with labels has one speaker per label', async () => {
    const result = await analyze('mono.wav', 't00-good.vtt');
    check(result, WORDS);
    expect(result.utterances.map(({ speaker }) => speaker)).toEqual(['Sam', 'Dana']);
  });
});
