import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../models/index.ts';
import { StageError } from '../../../pipeline/index.ts';
import { SessionReports } from '../../../server/observability/session-reports.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

const SUBJECT = { participantId: 'alice', utteranceId: 'alice-300', revision: 0 };
const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' };

function setUp(level = 'debug') {
  const clock = new ManualClock();
  const lines: Record<string, unknown>[] = [];
  const counted: string[] = [];
  const log = pino(
    { level, base: null, timestamp: false },
    {
      write: (line: string) => {
        const { level: number, ...fields } = JSON.parse(line) as Record<string, unknown>;
        lines.push({ level: LEVELS[number as number], ...fields });
      },
    },
  );
  const reports = new SessionReports({
    log,
    clock,
    meter: {
      analysisFailed: (stage, reason) => counted.push(`${stage} ${reason}`),
      pipelineDropped: ({ reason, count }) => counted.push(`${reason} ${count}`),
    },
  });
  return { clock, lines, counted, reports };
}

describe('SessionReports', () => {
  it('logs a failure as an error with session, participant, utterance, stage, code and cause', () => {
    const { reports, lines } = setUp('info');
    const cause = ModelError.failed('The fusion failed.', new Error('out of memory'));
    reports.of('call').failed({ stage: 'inference', code: 'model-failed', ...SUBJECT, cause });
    expect(lines).toEqual([
      {
        level: 'error',
        sessionId: 'call',
        ...SUBJECT,
        stage: 'inference',
        code: 'model-failed',
        cause: 'ModelError (failed): The fusion failed. ← Error: out of memory',
        at: expect.stringContaining('session-reports.test.ts'),
        msg: 'an utterance was not scored',
      },
    ]);
  });

  it.each([
    ['a shortage', 'inference', 'model-overloaded', 'warn'],
    ['a time-out', 'inference', 'model-timeout', 'warn'],
    ['a call without a signal', 'features', 'no-signal', 'debug'],
    ['broken features', 'features', 'features-failed', 'error'],
  ] as const)('logs %s at its level', (_, stage, code, level) => {
    const { reports, lines } = setUp();
    reports.of('call').failed({ stage, code, ...SUBJECT });
    expect(lines).toMatchObject([{ level, code }]);
  });

  it('names the stage that broke an analysis off, and counts it', () => {
    const { reports, lines, counted } = setUp();
    reports.of('call');
    reports.brokeOff('call', new StageError('window', new TypeError('no lane')));
    expect(lines).toMatchObject([
      { level: 'error', sessionId: 'call', stage: 'window', code: 'analysis-broke-off', cause: 'TypeError: no lane' },
    ]);
    expect(counted).toEqual(['window analysis-broke-off']);
  });

  it('logs a drop as a warning where an error is behind it, else for developers', () => {
    const { reports, lines, counted } = setUp();
    const report = reports.of('call');
    report.dropped({
      stage: 'sync',
      reason: 'late',
      count: 1,
      trackId: '1-1',
      participantId: 'alice',
      mediaTimeMs: 40,
    });
    report.dropped({ stage: 'features', reason: 'picture-failed', count: 1, ...SUBJECT, cause: new Error('torn') });
    expect(lines).toMatchObject([
      {
        level: 'debug',
        stage: 'sync',
        code: 'late',
        trackId: '1-1',
        participantId: 'alice',
        count: 1,
        mediaTimeMs: 40,
      },
      { level: 'warn', stage: 'features', code: 'picture-failed', utteranceId: 'alice-300', cause: 'Error: torn' },
    ]);
    expect(counted).toEqual(['late 1', 'picture-failed 1']);
  });

  it('has nobody build a decision unless the log is for developers', () => {
    const decision = { stage: 'window', decision: 'opened', reason: 'words', ...SUBJECT } as const;
    const quiet = setUp('info');
    expect(quiet.reports.of('call').decided).toBeUndefined();
    const { reports, lines } = setUp('debug');
    reports.of('call').decided?.({ ...decision, details: { speechMs: 200 } });
    expect(lines).toEqual([{ level: 'debug', sessionId: 'call', ...decision, speechMs: 200, msg: 'decided' }]);
  });

  it('lets a flood leave a few lines, and says how many it left out: of a session and of all together', () => {
    const { reports, lines, clock, counted } = setUp('info');
    const fail = (sessionId: string) =>
      reports.of(sessionId).failed({ stage: 'inference', code: 'model-failed', ...SUBJECT, cause: new Error('x') });
    for (let i = 0; i < 10_000; i++) fail('call');
    expect(lines).toHaveLength(5);
    clock.advance(10_000);
    expect(lines.slice(5)).toMatchObject([{ sessionId: 'call', stage: 'inference', suppressed: 9995 }]);
    expect(counted).toEqual([]);
    lines.length = 0;
    for (let i = 0; i < 1000; i++) fail(`call-${i}`);
    expect(lines.length).toBeLessThanOrEqual(50);
    clock.advance(10_000);
    const left = lines.reduce((sum, { suppressed = 0 }) => sum + (suppressed as number), 0);
    expect(lines.filter(({ suppressed }) => suppressed === undefined).length + left).toBe(1000);
  });

  it('counts the failures and drops of a session for its last line, at every level', () => {
    const { reports, lines } = setUp('info');
    const report = reports.of('call');
    for (let i = 0; i < 3; i++) report.dropped({ stage: 'sync', reason: 'late', count: 2 });
    report.failed({ stage: 'features', code: 'no-signal', ...SUBJECT });
    expect(lines).toEqual([]);
    expect(reports.ended('call')).toEqual({ failures: { 'no-signal': 1 }, drops: { late: 6 } });
    expect(reports.ended('call')).toEqual({});
  });

  it('counts what is dropped after the session’s end, and remembers no session for it', () => {
    const { reports, counted } = setUp();
    reports.dropped('gone', { stage: 'ingest', reason: 'intake-flow-full', count: 1 });
    expect(counted).toEqual(['intake-flow-full 1']);
    expect(reports.ended('gone')).toEqual({});
  });
});
