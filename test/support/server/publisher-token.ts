import { createHmac, randomUUID } from 'node:crypto';

/** A secret that is long enough to sign tokens. */
export const SECRET = 'a-secret-of-32-characters-or-more';

export interface PublisherClaims {
  readonly session?: string;
  readonly participant?: string;
  readonly role?: string;
  /** Default: `publish`. */
  readonly scope?: string;
  readonly jti?: string;
}

/**
 * A publisher's own token, as a back end would make it. Each call makes a different one. It is valid for one minute.
 */
export function publisherToken(claims: PublisherClaims = {}, secret = SECRET): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 60;
  const body = { scope: 'publish', jti: randomUUID(), exp, ...claims };
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(body)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
