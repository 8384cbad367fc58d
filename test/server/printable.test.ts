import { describe, expect, it } from 'vitest';
import { describeEvent } from '../../server/commands/describe-event.ts';
import { LogSink } from '../../server/observability/log-sink.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { printable, printableJson } from '../../server/printable.ts';
import { ManualClock } from '../support/server/manual-clock.ts';

/** Clears the screen, sets the title, by C1 too; ends the line; turns the direction. */
const HOSTILE = 'A\u001b[2J\u001b]0;x\u0007\u009b31m\u0090\r\nB\u2028\u202eC\u007f\ud800D\u0000';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

describe('text of somebody else', () => {
  it('is one line that no terminal obeys', () => {
    const text = printable(HOSTILE);
    expect(text).not.toMatch(OBEYED);
    expect(text).not.toContain('\n');
    expect(printable('Zoë 日本 👩‍👧 “Ça va?”')).toBe('Zoë 日本 👩‍👧 “Ça va?”');
  });

  it('means the same in JSON, in which no terminal obeys it either', () => {
    const json = printableJson(JSON.stringify({ title: HOSTILE }));
    expect(json).not.toMatch(OBEYED);
    expect(JSON.parse(json)).toEqual({ title: HOSTILE });
  });

  it('is no part of an event’s line but as text', () => {
    const line = describeEvent({
      type: 'utterance.failed',
      sessionId: 's',
      sequence: 1,
      mediaTimeMs: 0,
      traceparent: '00-1-1-00',
      utteranceId: 'u',
      participant: { id: 'a', role: 'unknown', displayName: HOSTILE },
      revision: 0,
      startMs: 0,
      endMs: 0,
      code: 'x',
      message: HOSTILE,
    });
    expect(line).not.toMatch(OBEYED);
    expect(line.split('\n')).toHaveLength(2);
  });

  it('is no part of a log line but as text', async () => {
    const lines: string[] = [];
    const write = async (bytes: Buffer) => {
      lines.push(bytes.toString('utf8'));
    };
    const sink = new LogSink({ clock: new ManualClock(), write });
    createLogger('info', sink).error({ err: new Error(HOSTILE) }, HOSTILE);
    expect(lines.join('')).not.toMatch(OBEYED);
    expect(lines.join('').trimEnd().split('\n')).toHaveLength(1);
  });
});
