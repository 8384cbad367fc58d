import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { PARTICIPANT_ROLES } from '../../../client-sdk/protocol/index.ts';
import { JsonWebTokens } from '../../../server/access/json-web-token.ts';
import { signToken } from '../../../server/access/sign-token.ts';

const SECRET = 'a-secret-of-some-length-and-more';
const NOW_S = 1_800_000_000;
const MAX_TOKEN_SECONDS = 3600;
const tokens = new JsonWebTokens({ secret: SECRET, maxTokenSeconds: MAX_TOKEN_SECONDS });

/** A token as an integrator makes it, with a library of theirs. */
function issued(claims: Record<string, unknown>, header: Record<string, unknown> = {}, secret = SECRET) {
  return new SignJWT({ scope: 'publish', exp: NOW_S + 60, ...claims })
    .setProtectedHeader({ alg: 'HS256', ...header })
    .sign(new TextEncoder().encode(secret));
}

/** A token of any text at all, with a right signature: what no library would make. */
function forged(header: string, claims: string, secret = SECRET): string {
  const content = [header, claims].map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}
const HEADER = '{"alg":"HS256"}';
const claims = (text: string) => `{"scope":"publish","exp":${NOW_S + 60}${text}}`;

const read = (token: string, nowS = NOW_S) => tokens.read(token, nowS);

describe('a JSON Web Token', () => {
  it.each(PARTICIPANT_ROLES)('grants the role %s, a session and a participant, whoever signed it', async (role) => {
    const identity = { session: 'call-1', participant: 'ann', role };
    const byThem = await read(await issued({ ...identity, iss: 'crm', aud: 'undertone', sub: 'ann', iat: NOW_S }));
    expect(byThem?.grant).toMatchObject({ ...identity, scopes: new Set(['publish']) });
    expect((await read(await signToken(SECRET, identity, NOW_S + 1)))?.grant).toMatchObject(identity);
  });

  it('grants the scopes that it names and the server knows, and no other', async () => {
    const scopesOf = async (scope: string) => (await read(await issued({ scope })))?.grant.scopes;
    expect(await scopesOf('publish')).toEqual(new Set(['publish']));
    expect(await scopesOf('read subscribe emperor')).toEqual(new Set(['read', 'subscribe']));
    for (const scope of ['', 'emperor', 'PUBLISH', 'publish,read', 'publish:x', 'xpublish', '*']) {
      expect(await scopesOf(scope)).toEqual(new Set());
    }
  });

  it('is held by its id, or by what it says, and never by itself', async () => {
    expect((await read(await issued({ jti: 'ticket-7' })))?.grant.holder).toBe('jwt:ticket-7');
    const [one, same, other] = await Promise.all([issued({}), issued({}), issued({ iss: 'crm' })]);
    const holder = async (token: string) => (await read(token))?.grant.holder;
    expect(await holder(one)).toMatch(/^jwt:[\w-]{16}$/);
    expect(await holder(one)).toBe(await holder(same));
    expect(await holder(one)).not.toBe(await holder(other));
    expect(one).not.toContain((await holder(one))?.slice(4));
  });

  it('works once where it says so, and is remembered until it expires', async () => {
    expect(await read(await issued({ jti: 'a', once: true }))).toMatchObject({ onceUntilS: NOW_S + 60 });
    expect(await read(await issued({ jti: 'a', once: false }))).toMatchObject({ onceUntilS: null });
    expect(await read(await issued({ once: true }))).toBeNull();
  });

  it('takes a clock that is a little ahead', async () => {
    expect(await read(await issued({ iat: NOW_S + 30, exp: NOW_S + MAX_TOKEN_SECONDS + 30 }))).not.toBeNull();
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>?, string?]>([
    ['is signed by another secret', {}, {}, 'another-secret-of-some-length-and-more'],
    ['is signed by another algorithm', {}, { alg: 'HS512' }],
    ['has expired', { exp: NOW_S }],
    ['never expires', { exp: undefined }],
    ['expires too late', { exp: NOW_S + MAX_TOKEN_SECONDS + 61 }],
    ['expires at the end of time', { exp: Number.MAX_SAFE_INTEGER }],
    ['is not valid yet', { nbf: NOW_S + 1 }],
    ['is valid only once it has expired', { nbf: NOW_S + 70, exp: NOW_S + 60 }],
    ['was issued in the future', { iat: NOW_S + 3600 }],
    ['has no scope', { scope: undefined }],
    ['has scopes in a list', { scope: ['publish'] }],
    ['has a scope that is nothing', { scope: null }],
    ['names a role that there is not', { role: 'emperor' }],
    ['names a session that is no id', { session: 'a b' }],
    ['names a session that is nothing', { session: null }],
    ['names a session that is a folder up', { session: '..' }],
    ['names a participant that is no text', { participant: 7 }],
    ['has an id that is no text', { jti: 7 }],
    ['has an id with a line break', { jti: 'a\nb' }],
    ['has an id without end', { jti: 'a'.repeat(129) }],
    ['works once by a text', { jti: 'a', once: 'true' }],
    ['has an issuer that is no text', { iss: 7 }],
    ['is of another type', {}, { typ: 'JOSE' }],
    ['is an access token of another kind', {}, { typ: 'at+jwt' }],
  ])('grants nothing when it %s', async (_what, own, header, secret) => {
    expect(await read(await issued(own, header, secret))).toBeNull();
  });

  it.each([
    ['an extension that must be known', forged('{"alg":"HS256","crit":["exp"],"exp":1}', claims(''))],
    ['an extension that the library knows', forged('{"alg":"HS256","crit":["b64"],"b64":true}', claims(''))],
    ['no extensions, but a list for them', forged('{"alg":"HS256","crit":[]}', claims(''))],
    ['a list of extensions that is none', forged('{"alg":"HS256","crit":null}', claims(''))],
    ['no algorithm', forged('{}', claims(''))],
    ['the algorithm none', forged('{"alg":"none"}', claims(''))],
    ['the algorithm in small letters', forged('{"alg":"hs256"}', claims(''))],
    ['a claim twice', forged(HEADER, claims(',"role":"agent","role":"customer"'))],
    ['a claim twice, once in escapes', forged(HEADER, claims(',"\\u0073cope":"read"'))],
    ['a claim twice, with room before the colon', forged(HEADER, claims(`,"scope"${' '.repeat(200)}:"read"`))],
    ['the algorithm twice', forged('{"alg":"none","alg":"HS256"}', claims(''))],
    ['a time without end', forged(HEADER, '{"scope":"publish","exp":1e999}')],
    ['a time as text', forged(HEADER, `{"scope":"publish","exp":"${NOW_S + 60}"}`)],
    ['a time before which it does not hold that is text', forged(HEADER, claims(',"nbf":"0"'))],
    ['a time before which it does not hold that never comes', forged(HEADER, claims(',"nbf":1e999'))],
    ['claims in a list', forged(HEADER, '[1]')],
    ['claims that are nothing', forged(HEADER, 'null')],
    ['claims that are no JSON', forged(HEADER, '{"scope":"publish"')],
    ['a header that is no JSON', forged('{', claims(''))],
    ['a header in a list', forged('["HS256"]', claims(''))],
    ['an inherited expiry', forged(HEADER, `{"scope":"publish","__proto__":{"exp":${NOW_S + 60}}}`)],
    ['more than is read', forged(HEADER, claims(`,"x":"${'x'.repeat(4096)}"`))],
  ])('grants nothing when it has %s', async (_what, token) => {
    expect(await read(token)).toBeNull();
  });

  it('grants nothing when a byte of it is another, or a part is missing', async () => {
    const token = await issued({ role: 'customer' });
    // The last character has bits that no byte is made of.
    for (let at = 0; at < token.length - 1; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A';
      expect(await read(token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
    }
    const [header, payload, signature] = token.split('.');
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    for (const text of [
      '',
      '.',
      '..',
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${unsigned}.${payload}.`,
      `${unsigned}.${payload}.${signature}`,
      `${token}.x`,
      ` ${token}`,
      `${token}=`,
      `${token}\n`,
    ]) {
      expect(await read(text)).toBeNull();
    }
  });

  it('grants nothing for text of any kind, and throws nothing', async () => {
    const part = fc.oneof(fc.string(), fc.json(), fc.constantFrom(HEADER, claims('')));
    await fc.assert(
      fc.asyncProperty(part, part, fc.string(), async (header, payload, signature) => {
        const encode = (text: string) => Buffer.from(text).toString('base64url');
        expect(await read(`${encode(header)}.${encode(payload)}.${encode(signature)}`)).toBeNull();
        expect(await read(header)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('is for the audience and by the issuer of the configuration', async () => {
    const options = { secret: SECRET, maxTokenSeconds: MAX_TOKEN_SECONDS };
    const strict = new JsonWebTokens({ ...options, audience: 'undertone', issuer: 'crm' });
    const holds = async (own: Record<string, unknown>) => (await strict.read(await issued(own), NOW_S)) !== null;
    expect(await holds({ aud: 'undertone', iss: 'crm' })).toBe(true);
    expect(await holds({ aud: ['crm', 'undertone'], iss: 'crm' })).toBe(true);
    for (const own of [
      {},
      { aud: 'undertone' },
      { iss: 'crm' },
      { aud: 'another', iss: 'crm' },
      { aud: [], iss: 'crm' },
      { aud: { 0: 'undertone' }, iss: 'crm' },
      { aud: 'undertone', iss: 'another' },
      { aud: 'undertone', iss: ['crm'] },
    ]) {
      expect(await holds(own)).toBe(false);
    }
  });

  it('is signed by no key of fewer than 32 bytes', () => {
    expect(() => new JsonWebTokens({ secret: 'a'.repeat(31), maxTokenSeconds: 60 })).toThrow(RangeError);
  });
});
