import { describe, expect, it } from 'vitest';
import { withinGrant } from '../../../server/access/within-grant.ts';

describe('what a publisher asks to be', () => {
  it('is filled in by its grant, whose role wins', () => {
    const asked = { session: undefined, participant: 'ann', role: 'customer', title: 'A call' };
    expect(withinGrant(asked, { session: 'call-1', role: 'agent' })).toEqual({
      session: 'call-1',
      participant: 'ann',
      role: 'agent',
      title: 'A call',
    });
    expect(withinGrant(asked, {})).toEqual(asked);
  });

  it('is refused where it is another session or participant than the grant’s', () => {
    expect(withinGrant({ session: 'call-2' }, { session: 'call-1' })).toBeNull();
    expect(withinGrant({ participant: 'ben' }, { participant: 'ann' })).toBeNull();
  });
});
