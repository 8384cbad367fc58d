import { describe, expect, it } from 'vitest';
import { createAccessPolicy } from '../../../server/policy/access-policy.ts';

const token = 'a-secret-of-some-length';
const open = createAccessPolicy({ allowedOrigins: ['https://calls.example'], host: '127.0.0.1' });
const guarded = createAccessPolicy({ token, allowedOrigins: ['https://calls.example'], host: '0.0.0.0' });

describe('the access policy', () => {
  it.each([
    ['no page at all', { host: '127.0.0.1:7700' }, 'allowed'],
    ['its own page', { host: 'localhost:7700', origin: 'http://localhost:7700' }, 'allowed'],
    ['its own page by IPv6', { host: '[::1]:7700', origin: 'http://[::1]:7700' }, 'allowed'],
    ['a listed page', { host: '127.0.0.1:7700', origin: 'https://calls.example' }, 'allowed'],
    ['another page', { host: '127.0.0.1:7700', origin: 'https://evil.example' }, 'forbidden-origin'],
    ['another port’s page', { host: '127.0.0.1:7700', origin: 'http://127.0.0.1:8080' }, 'forbidden-origin'],
    ['a page without an origin', { host: '127.0.0.1:7700', origin: 'null' }, 'forbidden-origin'],
    ['a name that was made to point here', { host: 'evil.example', origin: 'http://evil.example' }, 'forbidden-origin'],
    ['no host', {}, 'forbidden-origin'],
  ])('without a token judges %s by origin and host', (_who, headers, decision) => {
    expect(open.check(headers)).toBe(decision);
  });

  it.each([
    ['the token in the header', { authorization: `Bearer ${token}` }, 'allowed'],
    [
      'the token in a subprotocol',
      { 'sec-websocket-protocol': `undertone.publish.v1, undertone.token.${token}` },
      'allowed',
    ],
    ['a wrong token', { authorization: 'Bearer wrong' }, 'unauthorized'],
    ['a token that only begins right', { authorization: `Bearer ${token}x` }, 'unauthorized'],
    ['a wrong scheme', { authorization: `Basic ${token}` }, 'unauthorized'],
    ['nothing', {}, 'unauthorized'],
  ])('with a token judges %s', (_what, headers, decision) => {
    expect(guarded.check({ host: 'calls.example', ...headers })).toBe(decision);
  });

  it('lets no token make up for a foreign origin', () => {
    const headers = { host: 'undertone.example', origin: 'https://evil.example', authorization: `Bearer ${token}` };
    expect(guarded.check(headers)).toBe('forbidden-origin');
  });
});
