import { describe, expect, it } from 'vitest';
import { createOriginPolicy } from '../../../server/access/origin-policy.ts';

const open = createOriginPolicy({ hasToken: false, allowedOrigins: ['https://calls.example'], host: '127.0.0.1' });
const guarded = createOriginPolicy({ hasToken: true, allowedOrigins: ['https://calls.example'], host: '0.0.0.0' });

describe('the origin policy', () => {
  it.each([
    ['no page at all', { host: '127.0.0.1:7700' }, true],
    ['its own page', { host: 'localhost:7700', origin: 'http://localhost:7700' }, true],
    ['its own page by IPv6', { host: '[::1]:7700', origin: 'http://[::1]:7700' }, true],
    ['a listed page', { host: '127.0.0.1:7700', origin: 'https://calls.example' }, true],
    ['another page', { host: '127.0.0.1:7700', origin: 'https://evil.example' }, false],
    ['another port’s page', { host: '127.0.0.1:7700', origin: 'http://127.0.0.1:8080' }, false],
    ['a page without an origin', { host: '127.0.0.1:7700', origin: 'null' }, false],
    ['a name that was made to point here', { host: 'evil.example', origin: 'http://evil.example' }, false],
    ['no host', {}, false],
  ])('without a token judges %s by origin and host', (_who, headers, isAllowed) => {
    expect(open.allows(headers)).toBe(isAllowed);
  });

  it('with a token takes any host name, and no foreign page', () => {
    expect(guarded.allows({ host: 'undertone.example' })).toBe(true);
    expect(guarded.allows({ host: 'undertone.example', origin: 'https://undertone.example' })).toBe(true);
    const headers = { host: 'undertone.example', origin: 'https://evil.example', authorization: 'Bearer anything' };
    expect(guarded.allows(headers)).toBe(false);
  });
});
