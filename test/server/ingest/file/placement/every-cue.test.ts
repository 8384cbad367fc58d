import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../../../client-sdk/protocol/index.ts';
import type { AnalysisWarning } from '../../../../../server/ingest/file/analysis-warning.ts';
import { planAnalysis } from '../../../../../server/ingest/file/placement/plan-analysis.ts';
import { surveyRecording } from '../../../../../server/ingest/file/placement/survey-recording.ts';
import type { TranscriptCue } from '../../../../../server/ingest/file/transcript-cue.ts';
import { analyzePlan } from '../../../../support/placement/analyze-plan.ts';
import { recordingOf, voiceOf } from '../../../../support/placement/recording-of.ts';
import type { Span } from '../../../../support/placement/survey.ts';

const RATE_HZ = 16_000;
const LENGTH_S = 24;

interface Call {
  readonly channels: readonly (readonly Span[])[];
  readonly transcript: readonly TranscriptCue[];
}

function fail({ message }: AnalysisWarning): never {
  throw new Error(message);
}

async function analyze({ channels, transcript }: Call) {
  const recording = recordingOf(
    channels.map((spans) => voiceOf(spans, LENGTH_S, RATE_HZ)),
    RATE_HZ,
  );
  const warnings: AnalysisWarning[] = [];
  const warn = (warning: AnalysisWarning) => warnings.push(warning);
  const survey = await surveyRecording(recording);
  const durationMs = LENGTH_S * 1000;
  const plan = planAnalysis({ survey, durationMs, named: null, transcript, offsetMs: null }, warn);
  const events = await analyzePlan(recording, plan, transcript, warn);
  const newest = new Map<string, EmotionEvent>();
  for (const event of events) {
    if (event.type === 'utterance.emotion' || event.type === 'utterance.failed') newest.set(event.utteranceId, event);
  }
  const said = [...newest.values()].flatMap((event) => ('transcript' in event ? (event.transcript?.text ?? '') : ''));
  return { events: [...newest.values()], said: said.join(' ').split(/\s+/), warnings };
}

const span = fc
  .tuple(fc.integer({ min: 0, max: 230 }), fc.integer({ min: 1, max: 60 }))
  .map(([from, length]): Span => [from / 10, Math.min(LENGTH_S, (from + length) / 10)]);
const spans = fc.array(span, { maxLength: 5 }).map((some) => some.sort((a, b) => a[0] - b[0]));
const cue = fc.record({
  at: fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 200 })),
  speaker: fc.constantFrom(null, 'Sam', 'Dana', 'Eve'),
  channel: fc.constantFrom(undefined, undefined, undefined, 0, 1, 7),
  words: fc.integer({ min: 1, max: 8 }),
  isTimed: fc.boolean(),
});
const call = fc
  .record({ channels: fc.array(spans, { minLength: 1, maxLength: 3 }), cues: fc.array(cue, { maxLength: 8 }) })
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
  it('is in an event, or named in a warning, and never in both', { timeout: 120_000 }, async () => {
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
      { numRuns: 40 },
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
    const { events, warnings } = await analyze({ channels: [voices], transcript });
    expect(events.map((event) => 'transcript' in event && event.transcript?.text)).toEqual([
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
    const { events } = await analyze({ channels: [[[1, 4] as Span, [10, 12] as Span]], transcript });
    expect(events.map((event) => 'modalities' in event && event.modalities.text.state)).toEqual(['ok', 'absent']);
  });

  it('is an utterance of its own where its voice is too quiet to be one', async () => {
    const recording = recordingOf(
      [voiceOf([[1, 4]], 12, RATE_HZ).map((s, i) => s + voiceOf([[6, 9]], 12, RATE_HZ, 0.06)[i]!)],
      RATE_HZ,
    );
    const transcript = [
      { startMs: 1000, endMs: 4000, text: 'loud', speaker: 'Sam' },
      { startMs: 6000, endMs: 9000, text: 'quiet', speaker: 'Sam' },
    ];
    const survey = await surveyRecording(recording);
    const plan = planAnalysis(
      { survey, durationMs: 12_000, named: null, transcript, offsetMs: null },
      fail,
    );
    const events = await analyzePlan(recording, plan, transcript, fail);
    const emotions = events.filter((event) => event.type === 'utterance.emotion');
    expect(emotions.map((event) => event.transcript?.text)).toEqual(['loud', 'quiet']);
  });
});
