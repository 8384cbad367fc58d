import { describe, expect, it } from 'vitest';
import { parseSessionQuery, QueryError } from '../../../server/http/session-query.ts';

describe('the query of a search', () => {
  it('has every condition', () => {
    const query = {
      state: 'ended',
      from: '2026-01-01',
      to: '2026-01-31T10:00:00+01:00',
      participant: 'ann',
      role: 'customer',
      label: 'anger',
      minConfidence: '0.5',
      text: 'a "refund now"',
      cursor: '42',
      limit: '7',
    };
    expect(parseSessionQuery(query)).toEqual({
      state: 'ended',
      fromMs: Date.UTC(2026, 0, 1),
      toMs: Date.UTC(2026, 0, 31, 9),
      participant: 'ann',
      role: 'customer',
      label: 'anger',
      minConfidence: 0.5,
      text: 'a "refund now"',
      cursor: 42,
      limit: 7,
    });
  });

  it('has a limit of its own, and no condition that is empty', () => {
    expect(parseSessionQuery({ text: '', label: '' })).toEqual({ limit: 50 });
  });

  it.each([
    [{ labels: 'anger' }, 'there is no parameter "labels"'],
    [{ '<script>': '' }, 'there is no parameter of this name'],
    [{ label: ['anger', 'joy'] }, 'label may occur once'],
    [{ label: 'rage' }, 'label must be one of anger, disgust, fear, joy, neutral, sadness, surprise'],
    [{ state: 'over' }, 'state must be one of live, interrupted, ended'],
    [{ from: 'yesterday' }, 'from must be a time such as 2026-01-31 or 2026-01-31T09:30:00Z'],
    [{ to: '2026-02-31T25:00:00Z' }, 'to must be a time'],
    [{ minConfidence: '1.1' }, 'minConfidence must be a number from 0 to 1'],
    [{ limit: '0' }, 'limit must be a whole number from 1 to 200'],
    [{ cursor: '-1' }, 'cursor must be a whole number from 0'],
    [{ participant: 'a b' }, 'participant must be an id'],
    [{ text: 'x'.repeat(201) }, 'text must be at most 200 characters'],
  ])('%j is refused, and says why', (query, why) => {
    expect(() => parseSessionQuery(query)).toThrow(QueryError);
    expect(() => parseSessionQuery(query)).toThrow(why);
  });
});
