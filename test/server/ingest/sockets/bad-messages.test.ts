import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ProtocolError, type RefusalCode } from '../../../../client-sdk/protocol/index.ts';
import {
  BadMessages,
  MAX_BAD_MESSAGES,
  MAX_BAD_MESSAGES_PER_SECOND,
} from '../../../../server/ingest/sockets/bad-messages.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';

const NOT_JSON = new ProtocolError('not-json', 'The text is not valid JSON.');

function setUp() {
  const clock = new ManualClock();
  const counted: RefusalCode[] = [];
  const lines: string[] = [];
  const bad = new BadMessages({
    clock,
    meter: { refused: (code) => counted.push(code) },
    log: pino({}, { write: (line: string) => lines.push(line) }),
    about: () => ({ sessionId: 's' }),
  });
  return { clock, counted, lines: () => lines.map((line) => JSON.parse(line)), bad };
}

describe('the bad messages of a connection', () => {
  it('are dropped one by one, each counted by its reason', () => {
    const { bad, counted } = setUp();
    for (const problem of [
      NOT_JSON,
      ProtocolError.missingField('event'),
      ProtocolError.unknownType(['a']),
      new ProtocolError('unexpected-message', 'x'),
      new ProtocolError('too-large', 'x'),
      new ProtocolError('trailing-bytes', 'x'),
    ]) {
      expect(bad.drop(problem)).not.toBeNull();
    }
    expect(counted).toEqual([
      'malformed-message',
      'malformed-message',
      'unknown-message',
      'misplaced-message',
      'oversized-message',
      'malformed-packet',
    ]);
  });

  it('are logged once per kind and field, with the session, and in a bounded number of kinds', () => {
    const { bad, lines } = setUp();
    for (let i = 0; i < 3; i += 1) bad.drop(NOT_JSON);
    bad.drop(ProtocolError.missingField('start.callSid'));
    expect(lines()).toMatchObject([
      { sessionId: 's', reason: 'malformed-message', problem: 'The text is not valid JSON.' },
      { problem: 'start.callSid is missing.' },
    ]);
    for (let i = 0; i < 100; i += 1) bad.ignore(`type-${i}`);
    expect(lines().length).toBeLessThan(40);
  });

  it('are a run when more come at once, or more per second, than a working source sends', () => {
    const { bad, clock } = setUp();
    for (let i = 0; i < MAX_BAD_MESSAGES; i += 1) expect(bad.drop(NOT_JSON)).toBe('malformed-message');
    expect(bad.drop(NOT_JSON)).toBeNull();
    clock.advance(1000);
    for (let i = 0; i < MAX_BAD_MESSAGES_PER_SECOND; i += 1) expect(bad.drop(NOT_JSON)).toBe('malformed-message');
    expect(bad.drop(NOT_JSON)).toBeNull();
  });

  it('are no run for as long as they come as slowly as they may', () => {
    const { bad, clock } = setUp();
    for (let i = 0; i < 1000; i += 1) {
      clock.advance(1000 / MAX_BAD_MESSAGES_PER_SECOND);
      expect(bad.drop(NOT_JSON)).not.toBeNull();
    }
  });

  it('of a type of tomorrow are no run in any number, and what they are called is logged only if it is a name', () => {
    const { bad, counted, lines } = setUp();
    for (let i = 0; i < 1000; i += 1) bad.ignore('hologram.data');
    bad.ignore('Ann said no');
    expect(counted).toHaveLength(1001);
    expect(lines()).toMatchObject([{ type: 'hologram.data' }, { type: '(not a name)' }]);
  });
});
