import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Grant, Scope } from './grant.ts';

/** The claims of a new token. */
export interface TokenClaims extends Pick<Grant, 'session' | 'participant' | 'role'> {
  /** Default: only `publish`. */
  readonly scopes?: readonly Scope[];
  /** Name of a single-use token. Default: the token may be used repeatedly. */
  readonly onceId?: string;
}

/** Signs a JSON Web Token with HMAC-SHA-256 and the server's secret. `expiresAtS`: seconds since 1970. */
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
