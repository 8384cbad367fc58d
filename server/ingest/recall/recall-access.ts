import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../pipeline/index.ts';
import { NonceCache } from '../../access/nonce-cache.ts';
import { isSameSecret } from '../../access/same-secret.ts';
import { headerOf, type SignedRequest } from '../audiohook/http-signature.ts';

export interface RecallAccessOptions {
  /** The workspace's verification secret, `whsec_…`. Undefined: no signature is required. */
  readonly secret: string | undefined;
  /** The required value of the address's `token`. Undefined: no token is required. */
  readonly token: string | undefined;
  /** Whether each signature admits only one connection. */
  readonly signatureOnce: boolean;
  readonly clock: Clock;
}

/** How far a signature's time may be from the server's, in s. Standard Webhooks recommends this value. */
const MAX_AGE_S = 300;
const SECRET_PREFIX = 'whsec_';

/**
 * Decides whether Recall.ai may connect: by the workspace's signature over the upgrade
 * (https://docs.recall.ai/docs/authenticating-requests-from-recallai), and by a token in the address.
 */
export class RecallAccess {
  readonly #options: RecallAccessOptions;
  readonly #key: Buffer | null;
  readonly #used = new NonceCache(2 * MAX_AGE_S);

  constructor(options: RecallAccessOptions) {
    const { secret } = options;
    this.#options = options;
    this.#key = secret === undefined ? null : Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  }

  /** True if neither a signature nor a token is required. */
  get isOpen(): boolean {
    return this.#key === null && this.#options.token === undefined;
  }

  allows(request: SignedRequest): boolean {
    const { token } = this.#options;
    if (token !== undefined) {
      const presented = new URL(request.url, 'ws://any').searchParams.get('token');
      if (!isSameSecret(presented, token)) return false;
    }
    return this.#key === null || this.#isSigned(request, this.#key);
  }

  #isSigned({ headers }: SignedRequest, key: Buffer): boolean {
    const { clock, signatureOnce } = this.#options;
    const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((part) =>
      headerOf(headers, `webhook-${part}`),
    ) as [string | null, string | null, string | null];
    const nowS = clock.scheduler.now() / 1000;
    if (id === null || timestamp === null || signatures === null || !/^\d{1,12}$/.test(timestamp)) return false;
    if (Math.abs(nowS - Number(timestamp)) > MAX_AGE_S) return false;
    // An upgrade request has no body.
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).digest();
    const isSigned = signatures.split(' ').some((signature) => isVersion1(signature, expected));
    return isSigned && (!signatureOnce || this.#used.take(expected.toString('base64'), nowS));
  }
}

/** While a secret is being replaced, Recall.ai signs with both the old and the new one. */
function isVersion1(signature: string, expected: Buffer): boolean {
  if (!signature.startsWith('v1,')) return false;
  const presented = Buffer.from(signature.slice(3), 'base64');
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}
