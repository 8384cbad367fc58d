import { describe, expect, it } from 'vitest';
import { defaultSpeakers, parseSpeakers } from '../../../../server/ingest/file/speakers.ts';

describe('parseSpeakers', () => {
  it('takes roles, names and both', () => {
    expect(parseSpeakers('customer:Dana, Agent, Kim')).toEqual([
      { id: 'speaker-1', role: 'customer', displayName: 'Dana' },
      { id: 'speaker-2', role: 'agent', displayName: 'Agent' },
      { id: 'speaker-3', role: 'unknown', displayName: 'Kim' },
    ]);
  });

  it.each(['', 'Dana,', 'boss:Dana', 'agent:', 'Dana,dana'])('refuses %j', (list) => {
    expect(() => parseSpeakers(list)).toThrowError(/--speakers/);
  });

  it('numbers speakers nobody named', () => {
    expect(defaultSpeakers(2).map((s) => s.displayName)).toEqual(['Speaker 1', 'Speaker 2']);
  });
});
