import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../../client-sdk/protocol/index.ts';
import { analyzeEmotion } from '../../../../pipeline/index.ts';
import type { AnalysisWarning } from '../../../../server/ingest/file/analysis-warning.ts';
import { recordingFrames } from '../../../../server/ingest/file/recording-frames.ts';
import { runAnalysis } from '../../../../server/ingest/file/run-analysis.ts';
import { defaultSpeakers } from '../../../../server/ingest/file/speakers.ts';
import type { TranscriptCue } from '../../../../server/ingest/file/transcript-cue.ts';
import { seededRandom } from '../../../support/e2e/seeded-random.ts';
import { scriptedModels, unreadablePicture } from '../../../support/pipeline/scripted-models.ts';
import {
  type ScriptedRecordingOptions,
  type ScriptedStretch,
  scriptedRecording,
} from '../../../support/scripted-recording.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';

const HOUR_MS = 3_600_000;
const TIME_LIMIT_MS = 60_000;

const voice = (startMs: number, durationMs: number): ScriptedStretch => ({ startMs, durationMs, isVoiced: true });
const silence = (startMs: number, durationMs: number): ScriptedStretch => ({ startMs, durationMs, isVoiced: false });
const sixPerSecond = (fromMs: number, toMs: number): number[] =>
  Array.from({ length: Math.ceil((toMs - fromMs) / 167) }, (_, index) => fromMs + index * 167);
const cue = (startMs: number, endMs: number): TranscriptCue => ({ startMs, endMs, text: 'yes', speaker: null });

/**
 * Analyzes a made-up recording. If the analysis stands still, the clock moves on by itself, so that the watchdog ends
 * what would else hang.
 */
async function analyze(options: ScriptedRecordingOptions, transcript: readonly TranscriptCue[] = []) {
  const recording = scriptedRecording(options);
  const clock = new ManualClock();
  const events: EmotionEvent[] = [];
  const warnings: AnalysisWarning[] = [];
  const models = scriptedModels();
  const session = { sessionId: 'call', title: null, startedAt: '2026-01-01T00:00:00.000Z', traceparent: '' };
  let signsOfLife = 0;
  let isOver = false;
  const run = runAnalysis({
    frames: recordingFrames(recording, { speakers: defaultSpeakers(recording.channelCount), transcript }),
    analysis: (onPending) => {
      const pending = (fromMs: number) => {
        signsOfLife++;
        onPending(fromMs);
      };
      const decodeImage = unreadablePicture;
      return analyzeEmotion({ session, models, decodeImage, recorded: true, clock, onPending: pending });
    },
    onResult: (event) => events.push(event),
    onProgress: () => {
      signsOfLife++;
    },
    warn: (warning) => warnings.push(warning),
    clock,
  }).finally(() => {
    isOver = true;
  });
  for (let seen = -1; !isOver; ) {
    if (seen === signsOfLife) clock.advance(30_000);
    seen = signsOfLife;
    for (let turn = 0; turn < 200 && !isOver; turn++) await setImmediate();
  }
  await run;
  return { events, warnings, utterances: events.filter(({ type }) => type === 'utterance.started').length };
}

describe('an analysis of a recording ends', { timeout: TIME_LIMIT_MS }, () => {
  it.each<[string, ScriptedRecordingOptions, number]>([
    [
      'whose picture goes on after its sound',
      { sound: { channelCount: 2, stretches: [voice(0, 600)] }, picturesMs: sixPerSecond(0, 9000) },
      2,
    ],
    ['that has no sound', { sound: null, picturesMs: sixPerSecond(0, 9000) }, 0],
    ['whose sound starts late', { sound: { channelCount: 1, stretches: [voice(5000, 600)] }, picturesMs: null }, 1],
    [
      'whose sound starts late, beside a picture',
      { sound: { channelCount: 1, stretches: [voice(9000, 600)] }, picturesMs: sixPerSecond(0, 12_000) },
      1,
    ],
    ['whose sound track is empty', { sound: { channelCount: 2, stretches: [] }, picturesMs: sixPerSecond(0, 9000) }, 0],
    ['whose tracks are all empty', { sound: { channelCount: 1, stretches: [] }, picturesMs: [] }, 0],
    [
      'with a gap of two seconds',
      { sound: { channelCount: 1, stretches: [voice(0, 600), voice(2700, 600)] }, picturesMs: null },
      2,
    ],
    [
      'with a gap of an hour',
      { sound: { channelCount: 2, stretches: [voice(0, 600), voice(HOUR_MS, 600)] }, picturesMs: null },
      4,
    ],
    [
      'with a gap in the sound and none in the picture',
      {
        sound: { channelCount: 1, stretches: [voice(0, 600), voice(30_000, 600)] },
        picturesMs: sixPerSecond(0, 32_000),
      },
      2,
    ],
    [
      'with a gap in the picture',
      {
        sound: { channelCount: 1, stretches: [voice(0, 600), silence(600, 14_400), voice(15_000, 600)] },
        picturesMs: [...sixPerSecond(0, 1000), ...sixPerSecond(15_000, 16_000)],
      },
      2,
    ],
    [
      'with pictures that are far apart',
      {
        sound: { channelCount: 1, stretches: [silence(0, 25_000), voice(25_000, 600)] },
        picturesMs: [0, 12_000, 25_200],
      },
      1,
    ],
  ])('%s', async (_, options, utterances) => {
    for (const transcript of [
      [],
      [cue(200, 1200), cue(5200, 5800), cue(31_000, 31_900), cue(HOUR_MS, HOUR_MS + 800)],
    ]) {
      const result = await analyze(options, transcript);
      expect(result.warnings).toEqual([]);
      expect(result.events.at(-1)?.type).toBe('session.ended');
      if (transcript.length === 0) expect(result.utterances).toBe(utterances);
    }
  });

  it('whatever its tracks and its transcript are like', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed);
      const result = await analyze(randomRecording(random), randomTranscript(random));
      expect({ seed, warnings: result.warnings, last: result.events.at(-1)?.type }).toEqual({
        seed,
        warnings: [],
        last: 'session.ended',
      });
    }
  });
});

/** Tracks that may start late, end early, have gaps, overlap themselves, or be empty or missing. */
function randomRecording(random: () => number): ScriptedRecordingOptions {
  const between = (low: number, high: number) => Math.round(low + random() * (high - low));
  const stretches: ScriptedStretch[] = [];
  let atMs = random() < 0.5 ? 0 : between(0, 8000);
  for (let count = between(0, 5); count > 0; count--) {
    const durationMs = between(20, 1500);
    stretches.push({ startMs: Math.max(0, atMs), durationMs, isVoiced: random() < 0.5 });
    const gap = random();
    atMs +=
      durationMs +
      (gap < 0.5 ? 0 : gap < 0.7 ? between(-800, 0) : gap < 0.9 ? between(0, 4000) : between(0, 20 * HOUR_MS));
  }
  const pictures = random() < 0.5;
  const fromMs = random() < 0.5 ? 0 : between(0, 12_000);
  const sound = pictures && random() < 0.2 ? null : { channelCount: between(1, 3), stretches };
  const picturesMs = pictures ? sixPerSecond(fromMs, fromMs + between(0, 8000)) : null;
  return { sound, picturesMs, blockMs: [10, 20, 64, 500][between(0, 3)]! };
}

function randomTranscript(random: () => number): TranscriptCue[] {
  const count = random() < 0.3 ? 0 : Math.round(random() * 8);
  const cues = Array.from({ length: count }, () => {
    const startMs = Math.round(random() * (random() < 0.1 ? 30 * HOUR_MS : 15_000));
    return { ...cue(startMs, startMs + Math.round(random() * 4000)), speaker: random() < 0.3 ? 'Speaker 2' : null };
  });
  return cues.sort((a, b) => a.startMs - b.startMs);
}
