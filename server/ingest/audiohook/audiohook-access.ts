import type { Clock } from '../../../pipeline/index.ts';
import { NonceCache } from '../../access/nonce-cache.ts';
import { isSameSecret } from '../../access/same-secret.ts';
import { signedHost } from '../telephony/public-address.ts';
import { headerOf, isSigned, type SignedRequest } from './http-signature.ts';

export interface AudioHookAccessOptions {
  /** Required value of `X-API-KEY`. Undefined: every client that can reach the server may connect. */
  readonly apiKey: string | undefined;
  /** Client secret, base64. Undefined: no signature is required. */
  readonly clientSecret: string | undefined;
  /** The server's address as configured at the client. */
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  /** How long a request may have waited to be read, in ms. Default: not at all. */
  readonly longestLagMs?: () => number;
}

/** What a signature must cover: https://developer.genesys.cloud/devapps/audiohook/security */
const REQUIRED = [
  '@request-target',
  '@authority',
  'audiohook-organization-id',
  'audiohook-session-id',
  'audiohook-correlation-id',
  'x-api-key',
] as const;
const MAX_AGE_S = 10;
/** A request that waited in a busy server is judged by the time of its arrival, up to this long ago. */
const MAX_WAIT_S = 30;
/** How long a nonce is remembered: as long as its signature could be accepted, clock differences included. */
const NONCE_TTL_S = 2 * MAX_AGE_S + MAX_WAIT_S;

/** Decides whether an AudioHook client may connect: by its API key, and by its signature if there is a secret. */
export class AudioHookAccess {
  readonly #options: AudioHookAccessOptions;
  readonly #secret: Buffer | null;
  readonly #nonces = new NonceCache(NONCE_TTL_S);

  constructor(options: AudioHookAccessOptions) {
    const { clientSecret } = options;
    this.#options = options;
    this.#secret = clientSecret === undefined ? null : Buffer.from(clientSecret, 'base64');
  }

  allows(request: SignedRequest): boolean {
    const { apiKey, clock, publicUrl, longestLagMs } = this.#options;
    const presented = headerOf(request.headers, 'x-api-key');
    if (apiKey !== undefined && !isSameSecret(presented, apiKey)) return false;
    if (this.#secret === null) return true;
    const authority = signedHost(request.headers, publicUrl);
    if (authority === null) return false;
    return isSigned(request, {
      keyId: presented ?? '',
      key: this.#secret,
      required: REQUIRED,
      nowS: clock.scheduler.now() / 1000,
      maxAgeS: MAX_AGE_S + Math.min(MAX_WAIT_S, (longestLagMs?.() ?? 0) / 1000),
      authority,
      nonces: this.#nonces,
    });
  }
}
