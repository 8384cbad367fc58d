import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { NonceCache } from '../../../../server/access/nonce-cache.ts';
import { isSigned, signatureBase } from '../../../../server/ingest/audiohook/http-signature.ts';
import { parseDictionary } from '../../../../server/ingest/audiohook/structured-fields.ts';
import { type SigningOptions, signatureHeaders } from '../../../support/telephony/audiohook-peer.ts';

const SECRET = Buffer.from('the client secret of an integration').toString('base64');
const NOW_S = 1_700_000_000;
const VALUES = {
  '@request-target': '/v1/audiohook?x=1',
  '@authority': 'calls.example.com',
  'audiohook-organization-id': 'd7934305-0972-4844-938e-9060eef73d05',
  'audiohook-session-id': 'e160e428-53e2-487c-977d-96989bf5c99d',
  'audiohook-correlation-id': '74b2dc43-21c4-46d9-a3bd-6b2dc8e1d9f4',
  'x-api-key': 'SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh',
};

function check(
  options: SigningOptions & { secret?: string; keyId?: string } = {},
  changes: Record<string, string> = {},
  more: Partial<Parameters<typeof isSigned>[1]> = {},
): boolean {
  const { secret = SECRET, keyId = VALUES['x-api-key'], ...signing } = options;
  const signature = signatureHeaders(VALUES, keyId, secret, { createdS: NOW_S, ...signing });
  const { '@request-target': url, '@authority': host, ...headers } = VALUES;
  return isSigned(
    { url, headers: { host, ...headers, ...signature, ...changes } },
    {
      keyId: VALUES['x-api-key'],
      key: Buffer.from(SECRET, 'base64'),
      required: Object.keys(VALUES),
      nowS: NOW_S + 1,
      maxAgeS: 10,
      authority: VALUES['@authority'],
      nonces: new NonceCache(20),
      ...more,
    },
  );
}

describe('an HTTP message signature', () => {
  it('of the reference client’s making is good', () => {
    expect(check()).toBe(true);
  });

  it('is over the text that RFC 9421’s own HMAC example signs', () => {
    // Section B.2.5. It has neither nonce nor our components, so it is no good by itself.
    const key = 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==';
    const params = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"';
    const input = parseDictionary(`sig-b25=${params}`)!.get('sig-b25')!;
    if (input.kind !== 'list') throw new Error('no list');
    const headers = { host: 'example.com', date: 'Tue, 20 Apr 2021 02:07:55 GMT', 'content-type': 'application/json' };
    const base = signatureBase({ url: '/foo?param=Value&Pet=dog', headers }, input, 'example.com');
    expect(createHmac('sha256', Buffer.from(key, 'base64')).update(base!).digest('base64')).toBe(
      'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
    );
  });

  it('is good for ten seconds, and a little before its time', () => {
    expect(check({ createdS: NOW_S - 9 })).toBe(true);
    expect(check({ createdS: NOW_S - 10 })).toBe(false);
    expect(check({ createdS: NOW_S + 4 })).toBe(true);
    expect(check({ createdS: NOW_S + 5 })).toBe(false);
    expect(check({ expiresS: NOW_S + 1 })).toBe(false);
  });

  it('is good once', () => {
    const nonces = new NonceCache(20);
    const nonce = 'a-nonce-of-24-characters';
    expect(check({ nonce }, {}, { nonces })).toBe(true);
    expect(check({ nonce }, {}, { nonces })).toBe(false);
    expect(check({ nonce: `${nonce}!` }, {}, { nonces })).toBe(true);
  });

  it('that is bad costs its nonce nothing', () => {
    const nonces = new NonceCache(20);
    const nonce = 'a-nonce-of-24-characters';
    expect(check({ nonce, secret: 'c2VjcmV0' }, {}, { nonces })).toBe(false);
    expect(check({ nonce }, {}, { nonces })).toBe(true);
  });

  it('is over the name that the client was told, whatever name the request brings', () => {
    expect(check({}, { host: 'undertone.internal:7700' })).toBe(true);
    expect(check({}, {}, { authority: 'other.example.com' })).toBe(false);
    const forwarded = { 'x-forwarded-host': 'other.example.com', forwarded: 'host=other.example.com' };
    expect(check({}, { host: 'other.example.com', ...forwarded }, { authority: 'other.example.com' })).toBe(false);
  });

  it.each<[string, Parameters<typeof check>]>([
    ['is by another key', [{ secret: Buffer.from('another').toString('base64') }]],
    ['names another key', [{ keyId: 'another' }]],
    ['covers less than it must', [{ components: Object.keys(VALUES).slice(1) }]],
    ['has a short nonce', [{ nonce: 'short' }]],
    ['is over another organization', [{}, { 'audiohook-organization-id': 'e160e428-53e2-487c-977d-96989bf5c99d' }]],
    ['is not there', [{}, { signature: '' }]],
    ['has no input', [{}, { 'signature-input': '' }]],
    ['is no structured field', [{}, { signature: 'sig1=abc' }]],
    ['is for another label', [{}, { signature: 'sig2=:aGVsbG8=:' }]],
    ['covers a header that is not there', [{ components: [...Object.keys(VALUES), 'x-missing'] }]],
    ['covers something twice', [{ components: [...Object.keys(VALUES), 'x-api-key'] }]],
  ])('is bad when it %s', (_what, [options, changes]) => {
    expect(check(options, changes)).toBe(false);
  });
});

describe('a structured dictionary', () => {
  it('is read with strings, integers, escapes and several members', () => {
    const members = parseDictionary(String.raw`a=("x" "y z");n="q\"\\";i=-5 , b=:AAE=:`)!;
    expect(members.get('a')).toEqual({
      kind: 'list',
      text: String.raw`("x" "y z");n="q\"\\";i=-5`,
      items: ['x', 'y z'],
      parameters: new Map<string, string | number>([
        ['n', 'q"\\'],
        ['i', -5],
      ]),
    });
    expect(members.get('b')).toEqual({ kind: 'bytes', bytes: Buffer.of(0, 1) });
  });

  it.each(['', 'a', 'a=', 'a=1', 'a=(x)', 'a=("x"', 'a=("x""y")', 'a=("x");n', 'a=:&:', 'a=:AA==:,', 'A=:AA==:'])(
    'is not %j',
    (text) => {
      expect(parseDictionary(text)).toBeNull();
    },
  );
});

describe('the memory of nonces', () => {
  it('forgets them in their time', () => {
    const nonces = new NonceCache(20);
    expect(nonces.take('a', 100)).toBe(true);
    expect(nonces.take('b', 119)).toBe(true);
    expect(nonces.take('a', 119.9)).toBe(false);
    expect(nonces.take('a', 120)).toBe(true);
    expect(nonces.size).toBe(2);
  });
});
