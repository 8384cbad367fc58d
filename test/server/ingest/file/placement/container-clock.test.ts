import { describe, expect, it } from 'vitest';
import { toRecordingClock } from '../../../../../server/ingest/file/placement/container-clock.ts';
import type { TranscriptCue } from '../../../../../server/ingest/file/transcript-cue.ts';

const HOUR_MS = 3_600_000;
const cueAt = (startMs: number): TranscriptCue => ({ startMs, endMs: startMs + 900, text: 'hello', speaker: null });

describe('a transcript of a recording whose container starts at ten hours', () => {
  const recording = { clockStartMs: 10 * HOUR_MS, durationMs: 60_000 };

  it('is moved where it counts by the container’s clock, with its words', () => {
    const words = [{ text: 'hello', startMs: 10 * HOUR_MS + 700, endMs: 10 * HOUR_MS + 900 }];
    const [cue] = toRecordingClock([{ ...cueAt(10 * HOUR_MS + 500), words }], recording);
    expect(cue).toMatchObject({ startMs: 500, endMs: 1400, words: [{ startMs: 700, endMs: 900 }] });
  });

  it.each([500, 59_000, 9 * HOUR_MS])('stays where it is when it begins at %d ms', (startMs) => {
    const cues = [cueAt(startMs), cueAt(10 * HOUR_MS)];
    expect(toRecordingClock(cues, recording)).toBe(cues);
  });

  it('stays where it is when the container starts a little late, as most MPEG streams do', () => {
    const cues = [cueAt(1500), cueAt(3000)];
    expect(toRecordingClock(cues, { clockStartMs: 1400, durationMs: 8000 })).toBe(cues);
  });
});
