import { map, Subject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type MediaFrame, systemClock } from '../../../pipeline/index.ts';
import { analysisOfMixes } from '../../../server/sessions/analysis-of-mixes.ts';
import type { Analyze, SessionAnalysis } from '../../../server/sessions/session.ts';

const ANALYSIS = {
  session: { sessionId: 'mix-1', epoch: 'e', title: null, startedAt: '2026-01-01T00:00:00.000Z', traceparent: '' },
  memory: { hold: () => {}, onTrim: () => () => {} },
} as unknown as SessionAnalysis;

/** An analysis whose events are the frames that it was given. */
const echo: Analyze = () => (frames) => frames.pipe(map((frame) => frame as never));

describe('analysisOfMixes', () => {
  it('lets an encoder of the session hear its voice, reports where it fails, and analyzes all sound', async () => {
    const sessions: string[] = [];
    const drops: string[] = [];
    const analyze = analysisOfMixes(echo, {
      clock: systemClock,
      jitterMs: 200,
      speakers: {
        forSession(sessionId) {
          sessions.push(sessionId);
          return { describe: () => Promise.reject(new Error('no model')) };
        },
        close: async () => {},
      },
      reports: { of: () => ({ failed: () => {}, dropped: ({ stage, reason }) => drops.push(`${stage} ${reason}`) }) },
    });
    const source = new Subject<MediaFrame>();
    const out = new Promise<readonly unknown[]>((resolve, reject) => {
      source.pipe(analyze(ANALYSIS), toArray()).subscribe({ next: resolve, error: reject });
    });
    const participant = { id: 'call', role: 'unknown', displayName: null } as const;
    source.next({ kind: 'track', trackId: 'a', startMs: 0, media: 'audio', participant });
    for (let step = 0; step < 60; step++) {
      const isVoice = step % 30 > 5;
      const samples = Float32Array.from({ length: 1600 }, (_, i) => (isVoice ? 0.3 * Math.sin(i / 9) : 0));
      source.next({ kind: 'audio', trackId: 'a', startMs: step * 100, sampleRateHz: 16_000, samples });
    }
    source.complete();
    const frames = (await out) as MediaFrame[];
    const samples = frames.reduce((sum, frame) => sum + (frame.kind === 'audio' ? frame.samples.length : 0), 0);
    expect(samples).toBe(60 * 1600);
    expect(sessions).toEqual(['mix-1']);
    expect(new Set(drops)).toEqual(new Set(['ingest voice-not-told-apart']));
  });
});
