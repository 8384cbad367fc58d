import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnalysisWarning } from '../../../../../server/ingest/file/analysis-warning.ts';
import { planAnalysis } from '../../../../../server/ingest/file/placement/plan-analysis.ts';
import { surveyRecording } from '../../../../../server/ingest/file/placement/survey-recording.ts';
import type { TranscriptCue } from '../../../../../server/ingest/file/transcript-cue.ts';
import { cutPlan } from '../../../../support/placement/cut-plan.ts';
import { recordingOf, voiceOf } from '../../../../support/placement/recording-of.ts';
import { type Span, surveyOf } from '../../../../support/placement/survey.ts';

const RATE_HZ = 16_000;
const LENGTH_S = 10;

interface Call {
  readonly channels: readonly (readonly Span[])[];
  readonly transcript: readonly TranscriptCue[];
}

function fail({ message }: AnalysisWarning): never {
  throw new Error(message);
}

async function analyze({ channels, transcript }: Call, seconds = LENGTH_S) {
  const sound = channels.map((voices) => voiceOf(voices, seconds, RATE_HZ));
  const recording = recordingOf(sound, RATE_HZ);
  const warnings: AnalysisWarning[] = [];
  const warn = (warning: AnalysisWarning) => warnings.push(warning);
  const survey = surveyOf(
    seconds,
    channels.map((voice) => ({ voice })),
  );
  const durationMs = seconds * 1000;
  const plan = planAnalysis({ survey, durationMs, named: null, transcript, offsetMs: null }, warn);
  const utterances = await cutPlan(recording, plan, transcript, warn);
  return { utterances, said: utterances.flatMap(({ text }) => text.split(/\s+/)), warnings };
}

const span = fc
  .tuple(fc.integer({ min: 0, max: 95 }), fc.integer({ min: 1, max: 40 }))
  .map(([from, length]): Span => [from / 10, Math.min(LENGTH_S, (from + length) / 10)]);
const spans = fc.array(span, { maxLength: 4 }).map((some) => some.sort((a, b) => a[0] - b[0]));
const cue = fc.record({
  at: fc.tuple(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 0, max: 90 })),
  speaker: fc.constantFrom(null, 'Sam', 'Dana', 'Eve'),
  channel: fc.constantFrom(undefined, undefined, undefined, 0, 1, 7),
  words: fc.integer({ min: 1, max: 8 }),
  isTimed: fc.boolean(),
});
const call = fc
  .record({ channels: fc.array(spans, { minLength: 1, maxLength: 2 }), cues: fc.array(cue, { maxLength: 8 }) })
  .map(({ channels, cues }): Call => {
    const transcript = cues.map(({ at: [from, length], speaker, channel, words, isTimed }, index): TranscriptCue => {
      const [startMs, endMs] = [from * 100, (from + length) * 100];
      const stepMs = (endMs - startMs) / words;
      const timed = Array.from({ length: words }, (_, word) => ({
        text: `c${index}w${word}`,
        startMs: startMs + word * stepMs,
        endMs: startMs + (word + 1) * stepMs,
      }));
      return {
        startMs,
        endMs,
        speaker,
        text: timed.map(({ text }) => text).join(' '),
        ...(channel !== undefined && { channel }),
        ...(isTimed && { words: timed }),
      };
    });
    return { channels, transcript: transcript.sort((a, b) => a.startMs - b.startMs) };
  });

describe('every cue of a transcript', () => {
  it('is in an utterance, or named in a warning, and never in both', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(call, async (made) => {
        const { said, warnings } = await analyze(made);
        const named = warnings.filter(({ code }) => code === 'cues-beyond-sound' || code === 'cues-without-voice');
        const timesNamed = (startMs: number, endMs: number) =>
          named.flatMap(({ cues = [] }) => cues).filter((time) => time.startMs === startMs && time.endMs === endMs)
            .length;
        for (const { text, startMs, endMs } of made.transcript) {
          const isTwin = made.transcript.filter((c) => c.startMs === startMs && c.endMs === endMs).length > 1;
          const counts = text.split(' ').map((word) => said.filter((other) => other === word).length);
          const isSaid = counts.every((count) => count === 1);
          if (isTwin) continue;
          expect([isSaid ? 1 : 0, timesNamed(startMs, endMs)], `${text} at ${startMs}`).toEqual(
            isSaid ? [1, 0] : [0, 1],
          );
        }
        expect(said.filter((word) => word !== '').every((word) => /^c\d+w\d+$/.test(word))).toBe(true);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });

  it('that covers several utterances gives words to each, so that none waits for words', async () => {
    const voices: Span[] = [
      [1, 4],
      [5, 8],
      [9, 12],
      [13, 16],
      [17, 20],
    ];
    const text = 'one two three four five six seven eight nine ten';
    const transcript = [{ startMs: 1000, endMs: 20_000, text, speaker: 'Sam' }];
    const { utterances, warnings } = await analyze({ channels: [voices], transcript }, 22);
    expect(utterances.map(({ text }) => text)).toEqual([
      'one two',
      'three four',
      'five six',
      'seven eight',
      'nine ten',
    ]);
    expect(warnings).toEqual([]);
  });

  it('does not keep an utterance waiting for words that are not in the transcript', async () => {
    const transcript = [{ startMs: 1000, endMs: 4000, text: 'hello', speaker: 'Sam' }];
    const { utterances } = await analyze({ channels: [[[1, 4] as Span, [10, 12] as Span]], transcript }, 14);
    expect(utterances.map(({ text, isAwaited }) => [text, isAwaited])).toEqual([
      ['hello', false],
      ['', false],
    ]);
  });

  it('is an utterance of its own where its voice is too quiet to be one', async () => {
    const quiet = voiceOf([[6, 9]], 12, RATE_HZ, 0.06);
    const sound = voiceOf([[1, 4]], 12, RATE_HZ).map((sample, index) => sample + quiet[index]!);
    const recording = recordingOf([sound], RATE_HZ);
    const transcript = [
      { startMs: 1000, endMs: 4000, text: 'loud', speaker: 'Sam' },
      { startMs: 6000, endMs: 9000, text: 'quiet', speaker: 'Sam' },
    ];
    const survey = await surveyRecording(recording);
    const plan = planAnalysis({ survey, durationMs: 12_000, named: null, transcript, offsetMs: null }, fail);
    const utterances = await cutPlan(recording, plan, transcript, fail);
    expect(utterances.map(({ text }) => text)).toEqual(['loud', 'quiet']);
  });
});
