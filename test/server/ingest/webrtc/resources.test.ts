import { describe, expect, it } from 'vitest';
import { Resources } from '../../../../server/ingest/webrtc/resources.ts';
import { tokenOf } from '../../../support/server/grants.ts';

const owner = { holder: 'jwt:ann', sessionId: 's', participantId: 'ann' };

describe('a peer that has gone', () => {
  it('is found once more by its owner, and by nobody else', () => {
    const resources = new Resources<string>('publisher');
    resources.add('a', 'peer', owner);
    expect(resources.takeGone('a', tokenOf('ann'))).toBeUndefined();
    resources.delete('a');
    expect(resources.get('a', tokenOf('ann'))).toBeUndefined();
    expect(resources.takeGone('a', tokenOf('bob'))).toBeUndefined();
    expect(resources.takeGone('a', tokenOf('ann'))).toBe('peer');
    expect(resources.takeGone('a', tokenOf('ann'))).toBeUndefined();
  });

  it('is forgotten when its session has ended, and when many others have gone since', () => {
    const resources = new Resources<string>('publisher');
    for (let i = 0; i < 200; i += 1) {
      resources.add(`${i}`, `peer ${i}`, owner);
      resources.delete(`${i}`);
    }
    resources.forgetGone('199');
    expect(['0', '199', '198'].map((id) => resources.takeGone(id, tokenOf('ann')))).toEqual([
      undefined,
      undefined,
      'peer 198',
    ]);
  });
});
