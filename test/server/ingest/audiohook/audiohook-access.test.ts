import { describe, expect, it } from 'vitest';
import { AudioHookAccess } from '../../../../server/ingest/audiohook/audiohook-access.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';
import { signatureHeaders } from '../../../support/telephony/audiohook-peer.ts';

const SECRET = Buffer.from('the client secret of an integration').toString('base64');
const SIGNED_S = 1_700_000_000;
const VALUES = {
  '@request-target': '/v1/audiohook',
  '@authority': 'calls.example.com',
  'audiohook-organization-id': 'd7934305-0972-4844-938e-9060eef73d05',
  'audiohook-session-id': 'e160e428-53e2-487c-977d-96989bf5c99d',
  'audiohook-correlation-id': '74b2dc43-21c4-46d9-a3bd-6b2dc8e1d9f4',
  'x-api-key': 'SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh',
};

/** A client's request is read `ageS` after it was signed, by a server that was up to `lagMs` late. */
function setUp({ ageS, lagMs }: { ageS: number; lagMs: number }) {
  const clock = new ManualClock();
  clock.scheduler.frame = (SIGNED_S + ageS) * 1000;
  const access = new AudioHookAccess({
    apiKey: VALUES['x-api-key'],
    clientSecret: SECRET,
    publicUrl: 'https://calls.example.com',
    clock,
    longestLagMs: () => lagMs,
  });
  const signature = signatureHeaders(VALUES, VALUES['x-api-key'], SECRET, { createdS: SIGNED_S });
  const { '@request-target': url, '@authority': host, ...headers } = VALUES;
  const request = { url, headers: { host, ...headers, ...signature } };
  return { clock, allows: () => access.allows(request) };
}

describe('who may connect as an AudioHook client', () => {
  it.each([
    ['a request that is read at once', 1, 0, true],
    ['a request that is too old', 11, 0, false],
    ['a request that waited in a busy server', 25, 20_000, true],
    ['a request that was too old when it came to a busy server', 32, 20_000, false],
    ['a request that would have waited for longer than a client does', 45, 3_600_000, false],
  ])('%s: signed %d s ago, at a lag of up to %d ms', (_, ageS, lagMs, expected) => {
    expect(setUp({ ageS, lagMs }).allows()).toBe(expected);
  });

  it('is nobody who sends a request again, however long the server is late', () => {
    const { clock, allows } = setUp({ ageS: 0, lagMs: 30_000 });
    expect(allows()).toBe(true);
    for (let i = 0; i < 50; i += 1) {
      clock.advance(1000);
      expect(allows()).toBe(false);
    }
  });
});
