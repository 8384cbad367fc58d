import { describe, expect, it } from 'vitest';
import type { UtteranceEmotion } from '../../../client-sdk/protocol/index.ts';
import { toReportData } from '../../../server/report/report-content.ts';
import { syntheticCall } from '../../support/dashboard/synthetic-call.ts';

const call = { sessionId: 's', title: null, startedAt: '2026-01-05T09:00:00Z', utteranceCount: 24, isJudged: true };
const events = syntheticCall(call);
const source = { events, title: 'Billing', sourceFileName: 'a.wav', durationMs: 90_000, modelId: 'm@1' };

describe('the content of a report', () => {
  it('is the newest revision of each utterance, in order', () => {
    const newest = new Map<string, UtteranceEmotion>();
    for (const event of events) if (event.type === 'utterance.emotion') newest.set(event.utteranceId, event);
    const { utterances } = toReportData({ ...source, showsAgentEmotions: true });
    expect(utterances).toHaveLength(24);
    expect(utterances.map(({ startMs }) => startMs)).toEqual(
      utterances.map(({ startMs }) => startMs).sort((a, b) => a - b),
    );
    for (const { id, text, score } of utterances) {
      const event = newest.get(id);
      expect(score?.emotion).toEqual(event?.emotion);
      expect(score?.dissatisfaction).toEqual(event?.dissatisfaction);
      expect(text).toBe(event?.transcript?.text ?? null);
    }
  });

  it('has no score of an agent unless it is asked for, but all their words and times', () => {
    const hidden = toReportData(source).utterances.filter(({ participant }) => participant.role === 'agent');
    const shown = toReportData({ ...source, showsAgentEmotions: true }).utterances.filter(
      ({ participant }) => participant.role === 'agent',
    );
    expect(hidden.length).toBeGreaterThan(5);
    expect(hidden.every(({ score }) => score === null)).toBe(true);
    expect(shown.some(({ score }) => score !== null)).toBe(true);
    expect(hidden.map(({ text, startMs, endMs }) => ({ text, startMs, endMs }))).toEqual(
      shown.map(({ text, startMs, endMs }) => ({ text, startMs, endMs })),
    );
  });

  it('says why an utterance was not scored, and keeps its words', () => {
    const failed = events.find((event) => event.type === 'utterance.failed')!;
    const transcript = { text: 'Too fast for you?' };
    const { utterances } = toReportData({
      ...source,
      events: events.map((event) => (event === failed ? { ...failed, transcript } : event)),
    });
    expect(utterances.find(({ id }) => id === failed.utteranceId)).toMatchObject({
      text: transcript.text,
      score: null,
      failure: failed.message,
    });
  });

  it('has the warnings without their codes', () => {
    const { warnings } = toReportData({ ...source, warnings: [{ message: 'Damaged.', startMs: 5 }] });
    expect(warnings).toEqual([{ message: 'Damaged.', startMs: 5 }]);
    expect(toReportData(source).warnings).toEqual([]);
  });
});
