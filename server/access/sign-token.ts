import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Grant, Scope } from './grant.ts';

/** What a token is to say. */
export interface TokenClaims extends Pick<Grant, 'session' | 'participant' | 'role'> {
  /** Default: `publish` alone. */
  readonly scopes?: readonly Scope[];
  /** Name of the token; it works once. Default: as often as it is shown. */
  readonly onceId?: string;
}

/** A JSON Web Token with HMAC-SHA-256 by the server's secret. `expiresAtS`: seconds since 1970. */
export function signToken(secret: string, claims: TokenClaims, expiresAtS: number): Promise<string> {
  const { scopes = ['publish'], onceId, ...grant } = claims;
  return new SignJWT({
    ...grant,
    scope: scopes.join(' '),
    jti: onceId ?? randomUUID(),
    ...(onceId !== undefined && { once: true }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setExpirationTime(expiresAtS)
    .sign(new TextEncoder().encode(secret));
}
