import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { PARTICIPANT_ROLES } from '../../../client-sdk/protocol/index.ts';
import { readPublishToken, signPublishToken, withinGrant } from '../../../server/policy/publish-token.ts';

const SECRET = 'a-secret-of-some-length';
const NOW_S = 1_800_000_000;

/** A token as an integrator makes it, with a library of theirs. */
function issued(claims: Record<string, unknown>, { alg = 'HS256', secret = SECRET } = {}): Promise<string> {
  return new SignJWT({ scope: 'publish', exp: NOW_S + 60, ...claims })
    .setProtectedHeader({ alg })
    .sign(new TextEncoder().encode(secret));
}

const read = (token: string, nowS = NOW_S) => readPublishToken(SECRET, token, nowS);

describe('a publisher’s own token', () => {
  it.each(PARTICIPANT_ROLES)(
    'grants the role %s, a session and a participant that another library signed',
    async (role) => {
      const grant = { session: 'call-1', participant: 'ann', role };
      expect(read(await issued({ ...grant, iss: 'crm', iat: NOW_S }))).toEqual(grant);
      expect(read(signPublishToken(SECRET, grant, NOW_S + 1))).toEqual(grant);
    },
  );

  it('grants anything to publish where it names nothing', async () => {
    expect(read(await issued({}))).toEqual({});
  });

  it.each<[string, Record<string, unknown>, { alg?: string; secret?: string }?]>([
    ['is signed by another secret', {}, { secret: 'another-secret-of-some-length' }],
    ['is signed by another algorithm', {}, { alg: 'HS512' }],
    ['has expired', { exp: NOW_S }],
    ['never expires', { exp: undefined }],
    ['is not valid yet', { nbf: NOW_S + 1 }],
    ['is for something else', { scope: 'subscribe' }],
    ['has no scope', { scope: undefined }],
    ['names a role that there is not', { role: 'emperor' }],
    ['names a session that is no id', { session: 'a b' }],
    ['names a participant that is no text', { participant: 7 }],
  ])('grants nothing when it %s', async (_what, claims, how) => {
    expect(read(await issued(claims, how))).toBeNull();
  });

  it('grants nothing when a byte of it is another, or a part is missing', async () => {
    const token = await issued({ role: 'customer' });
    for (let at = 0; at < token.length - 1; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A';
      expect(read(token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
    }
    const [header, claims] = token.split('.');
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    for (const text of [
      '',
      '.',
      '..',
      `${header}.${claims}`,
      `${header}.${claims}.`,
      `${unsigned}.${claims}.`,
      `${token}.x`,
    ]) {
      expect(read(text)).toBeNull();
    }
  });
});

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
