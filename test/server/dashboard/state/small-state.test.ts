import { describe, expect, it } from 'vitest';
import { participantName, sentimentName } from '../../../../client-sdk/protocol/index.ts';
import { describeModality } from '../../../../server/dashboard/state/emotions.ts';
import {
  formatDuration,
  formatMediaTime,
  formatPercent,
  formatSentiment,
} from '../../../../server/dashboard/state/format.ts';
import { meterLevel } from '../../../../server/dashboard/state/level.ts';
import { parseRoute, routeHash } from '../../../../server/dashboard/state/route.ts';
import { explainCaptureError } from '../../../../server/dashboard/state/start-errors.ts';
import { MIN_SPAN_MS, timeWindow } from '../../../../server/dashboard/state/time-window.ts';
import { isPossibleToken } from '../../../../server/dashboard/state/token.ts';
import { CHUNK_SIZE, chunkUtterances, isSameChunk } from '../../../../server/dashboard/state/transcript-chunks.ts';
import { sentimentTrend } from '../../../../server/dashboard/state/trend.ts';
import { scored } from '../../../support/dashboard/events.ts';

describe('the state of a modality', () => {
  it('is called by the reason that the event tells, and by its state where there is none or an unknown one', () => {
    expect(describeModality({ state: 'absent', reason: 'unsupported-language' })).toMatchObject({
      name: 'other language',
      hint: expect.stringContaining('do not count'),
    });
    expect(describeModality({ state: 'noisy', reason: 'mouth-covered' })).toMatchObject({
      name: 'mouth covered',
      hint: expect.stringContaining('counts all the same'),
    });
    expect(describeModality({ state: 'absent', reason: 'a-later-reason' }).name).toBe('absent');
    expect(describeModality({ state: 'noisy', reason: 'constructor' })).toEqual({ name: 'noisy' });
    expect(describeModality({ state: 'noisy' })).toEqual({ name: 'noisy' });
  });
});

describe('figures for people', () => {
  it('write media time as a clock', () => {
    expect([0, 59_999, 60_000, 3_725_000].map(formatMediaTime)).toEqual(['0:00', '0:59', '1:00', '1:02:05']);
  });

  it('write durations in words', () => {
    expect([8000, 125_000, 3_840_000].map(formatDuration)).toEqual(['8 s', '2 min 5 s', '1 h 4 min']);
  });

  it('give sentiment a sign unless it rounds to zero', () => {
    expect([-2.64, -0.04, 0, 0.04, 1.25].map(formatSentiment)).toEqual(['−2.6', '0.0', '0.0', '0.0', '+1.3']);
  });

  it('describe sentiment in five steps', () => {
    expect([-3, -1, 0, 1, 3].map(sentimentName)).toEqual([
      'very negative',
      'negative',
      'neutral',
      'positive',
      'very positive',
    ]);
  });

  it('round shares to whole percents', () => {
    expect(formatPercent(0.725)).toBe('73 %');
  });

  it('call participants by name, else role, else id', () => {
    expect(participantName({ id: 'p1', role: 'agent', displayName: 'Ada' })).toBe('Ada');
    expect(participantName({ id: 'p1', role: 'agent', displayName: null })).toBe('Agent');
    expect(participantName({ id: 'p1', role: 'unknown', displayName: null })).toBe('p1');
  });
});

describe('routes', () => {
  it.each([{ view: 'list' }, { view: 'start' }, { view: 'session', sessionId: 'a.b-c_d' }] as const)(
    'read back what they wrote: $view',
    (route) => {
      expect(parseRoute(routeHash(route))).toEqual(route);
    },
  );

  it('lead to the list when they are unknown or broken', () => {
    for (const hash of ['', '#', '#/nonsense', '#/sessions/', '#/sessions/%E0%A4%A']) {
      expect(parseRoute(hash)).toEqual({ view: 'list' });
    }
  });
});

describe('the shown stretch of a call', () => {
  it('follows the newest moment', () => {
    expect(timeWindow(60_000, 90_000, null)).toEqual({ startMs: 30_000, endMs: 90_000 });
  });

  it('starts at zero while the call is shorter than the stretch', () => {
    expect(timeWindow(60_000, 5000, null)).toEqual({ startMs: 0, endMs: 60_000 });
    expect(timeWindow('all', 5000, null)).toEqual({ startMs: 0, endMs: MIN_SPAN_MS });
  });

  it('stays where it was moved to, inside the call', () => {
    expect(timeWindow(60_000, 600_000, 100_000)).toEqual({ startMs: 40_000, endMs: 100_000 });
    expect(timeWindow(60_000, 600_000, 10_000)).toEqual({ startMs: 0, endMs: 60_000 });
    expect(timeWindow(60_000, 600_000, 999_000)).toEqual({ startMs: 540_000, endMs: 600_000 });
  });
});

describe('the trend', () => {
  it('is unknown before there are four utterances', () => {
    expect(sentimentTrend([1, 2, 3])).toBeNull();
  });

  it('compares the newer half with the older half of the last six', () => {
    expect(sentimentTrend([3, 3, 3, -1, -1, -1, 1, 1, 1])).toBe('rising');
    expect(sentimentTrend([1, 1, 0, -1])).toBe('falling');
    expect(sentimentTrend([1, 0.9, 1.1, 1])).toBe('steady');
  });
});

describe('chunks of the transcript', () => {
  const utterances = Array.from({ length: CHUNK_SIZE + 1 }, (_, at) => scored({ startMs: at * 1000 }));

  it('are cut from the start, so that a new utterance changes the last one only', () => {
    const before = chunkUtterances(utterances);
    const after = chunkUtterances([...utterances, scored({ startMs: 99_000 })]);
    expect(before.map((chunk) => chunk.utterances.length)).toEqual([CHUNK_SIZE, 1]);
    expect(isSameChunk(before[0]!, after[0]!)).toBe(true);
    expect(isSameChunk(before[1]!, after[1]!)).toBe(false);
  });
});

describe('starting from a browser', () => {
  it('explains a refused permission with the devices that were asked for', () => {
    expect(explainCaptureError('NotAllowedError', 'microphone')).toContain('use the microphone.');
    expect(explainCaptureError('NotAllowedError', 'microphone-and-camera')).toContain('microphone and camera');
  });

  it('offers the microphone alone when no camera is there', () => {
    expect(explainCaptureError('NotFoundError', 'microphone-and-camera')).toContain('microphone only');
  });

  it('has an answer for errors that it does not know', () => {
    expect(explainCaptureError('SomethingNew', 'microphone')).toContain('could not be opened');
  });

  it('shows the level even in decibels', () => {
    expect(meterLevel(new Float32Array(64))).toBe(0);
    expect(meterLevel(new Float32Array(64).fill(1))).toBe(1);
    expect(meterLevel(new Float32Array(64).fill(10 ** (-30 / 20)))).toBeCloseTo(0.5);
  });

  it('takes only tokens that a WebSocket can carry', () => {
    expect(isPossibleToken('aB3-_.~')).toBe(true);
    expect(['', 'two words', 'comma,', 'é'].some(isPossibleToken)).toBe(false);
  });
});
