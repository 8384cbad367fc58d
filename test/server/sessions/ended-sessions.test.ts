import { beforeEach, describe, expect, it } from 'vitest';
import { EndedSessions } from '../../../server/sessions/ended-sessions.ts';
import type { Session } from '../../../server/sessions/session.ts';

/** Sessions that were told that nobody reads them any more. */
let forgotten: string[] = [];
beforeEach(() => {
  forgotten = [];
});

/** Sessions written as opener and number, with `0` behind those without an utterance: `page-7`, `page-8:0`. */
function sessionOf(text: string): Session {
  const [id, utterances = '1'] = text.split(':');
  const forget = () => forgotten.push(id!);
  return { id, opener: id!.split('-')[0], utteranceCount: Number(utterances), forget } as unknown as Session;
}

function kept(max: number, ended: readonly string[]): string[] {
  const sessions = new EndedSessions(max);
  for (const text of ended) sessions.add(sessionOf(text));
  return sessions.values().map(({ id }) => id);
}

const calls = (opener: string, count: number, utterances = 1) =>
  Array.from({ length: count }, (_, n) => `${opener}-${n}:${utterances}`);

describe('of the sessions that ended', () => {
  it('empty ones go first, however new they are', () => {
    expect(kept(50, [...calls('server', 50), ...calls('page', 51, 0)])).toEqual(kept(50, calls('server', 50)));
    expect(kept(2, ['a-1:0', 'b-1', 'c-1'])).toEqual(['b-1', 'c-1']);
  });

  it('the oldest goes of whoever opened the most', () => {
    expect(kept(4, ['a-1', 'b-1', 'b-2', 'b-3', 'c-1'])).toEqual(['a-1', 'b-2', 'b-3', 'c-1']);
    const flooded = kept(10, [...calls('calls', 5), ...calls('flood', 100)]);
    expect(flooded.filter((id) => id.startsWith('calls'))).toHaveLength(5);
    expect(flooded.at(-1)).toBe('flood-99');
  });

  it('the oldest goes where each has its own opener, or all have one', () => {
    expect(kept(2, ['a-1', 'b-1', 'c-1'])).toEqual(['b-1', 'c-1']);
    expect(kept(2, ['a-1', 'a-2', 'a-3'])).toEqual(['a-2', 'a-3']);
  });

  it('none stays where none may', () => {
    expect(kept(0, ['a-1', 'a-2:0'])).toEqual([]);
    expect(forgotten).toEqual(['a-1', 'a-2']);
  });
});
