import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../../client-sdk/protocol/index.ts';
import { parseTwilioMessage } from '../../../../server/ingest/twilio/twilio-message.ts';
import { isTwilioSignature } from '../../../../server/ingest/twilio/twilio-signature.ts';

const documented = JSON.parse(
  readFileSync(new URL('../../../fixtures/twilio/documented-messages.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, unknown>>[];

describe('a message of Twilio', () => {
  it('is read as its documentation shows it', () => {
    expect(documented.map(parseTwilioMessage)).toEqual([
      { event: 'connected', sequence: null },
      {
        event: 'start',
        sequence: 1,
        accountSid: 'ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX',
        streamSid: 'MZXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX',
        callSid: 'CAXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX',
        tracks: ['inbound'],
        parameters: { FirstName: 'Jane', LastName: 'Doe', RemoteParty: 'Bob' },
      },
      {
        event: 'media',
        sequence: 3,
        track: 'outbound',
        timestampMs: 5,
        payload: Buffer.from('no+JhoaJjpzSHxAKBgYJ', 'base64'),
      },
      { event: 'other', sequence: 5 },
      { event: 'other', sequence: 4 },
      { event: 'stop', sequence: 5 },
    ]);
  });

  it.each([
    ['no object', []],
    ['no event', {}],
    ['a start without a call', { event: 'start', start: { streamSid: 'MZ1' } }],
    ['a start in another encoding', withFormat({ encoding: 'audio/opus', sampleRate: 8000, channels: 1 })],
    ['a start at another rate', withFormat({ encoding: 'audio/x-mulaw', sampleRate: 16_000, channels: 1 })],
    ['media without a time', { event: 'media', media: { track: 'inbound', payload: '' } }],
    ['media on no track', { event: 'media', media: { track: 'both', timestamp: '5', payload: '' } }],
    ['media without sound', { event: 'media', media: { track: 'inbound', timestamp: '5' } }],
  ])('is refused when it is %s', (_what, message) => {
    expect(() => parseTwilioMessage(message)).toThrow(ProtocolError);
  });
});

function withFormat(mediaFormat: object) {
  const start = documented[1]!;
  return { ...start, start: { ...start.start, mediaFormat } };
}

describe('the signature of Twilio', () => {
  const token = 'an-auth-token';
  const sign = (url: string, key = token) => createHmac('sha1', key).update(url).digest('base64');
  const url = 'wss://calls.example.com/v1/twilio';

  it('is known in each way that Twilio spells the address', () => {
    for (const spelling of [url, `${url}/`, url.replace('wss', 'https'), `${url.replace('wss', 'https')}/`]) {
      expect(isTwilioSignature(sign(spelling), url, token)).toBe(true);
      expect(isTwilioSignature(sign(url), spelling, token)).toBe(true);
    }
  });

  it('is known with and without the port, as Twilio’s own library knows it', () => {
    const withPort = 'wss://calls.example.com:8443/v1/twilio';
    for (const spelling of [withPort, url, withPort.replace('wss', 'https'), `${withPort}/`]) {
      expect(isTwilioSignature(sign(spelling), withPort, token)).toBe(true);
    }
    for (const port of [443, 80]) {
      expect(isTwilioSignature(sign(`wss://calls.example.com:${port}/v1/twilio`), url, token)).toBe(true);
    }
    expect(isTwilioSignature(sign(withPort), url, token)).toBe(false);
    expect(isTwilioSignature(sign('wss://calls.example.com:9/v1/twilio'), withPort, token)).toBe(false);
    const local = 'wss://[::1]:7700/v1/twilio';
    expect(isTwilioSignature(sign(local), local, token)).toBe(true);
  });

  it('covers the query, and the hash of the body in it, which must be that of no body', () => {
    const empty = createHash('sha256').digest('hex');
    const hashed = `${url}?bodySHA256=${empty}`;
    expect(isTwilioSignature(sign(hashed), hashed, token)).toBe(true);
    expect(isTwilioSignature(sign(url), hashed, token)).toBe(false);
    const other = `${url}?bodySHA256=${createHash('sha256').update('x').digest('hex')}`;
    expect(isTwilioSignature(sign(other), other, token)).toBe(false);
    const query = `${url}?a=1&b=%20x`;
    expect(isTwilioSignature(sign(query.replace('?', '/?')), query, token)).toBe(true);
    expect(isTwilioSignature(sign(`${url}?b=%20x&a=1`), query, token)).toBe(false);
  });

  it('may be an HMAC of SHA-256', () => {
    const sha256 = (key: string) => createHmac('sha256', key).update(url).digest('base64');
    expect(isTwilioSignature(sha256(token), url, token)).toBe(true);
    expect(isTwilioSignature(sha256('another'), url, token)).toBe(false);
  });

  it('is not known when it is for another address, by another key, cut or none', () => {
    for (const wrong of [sign('wss://other.example.com/v1/twilio'), sign(url, 'another'), sign(url).slice(0, 9), '']) {
      expect(isTwilioSignature(wrong, url, token)).toBe(false);
    }
  });
});
