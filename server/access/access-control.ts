import type { IncomingHttpHeaders } from 'node:http';
import { TOKEN_SUBPROTOCOL_PREFIX } from '../../client-sdk/protocol/index.ts';
import type { Clock } from '../../pipeline/index.ts';
import { allows, type Grant, grantOfEverything } from './grant.ts';
import { JsonWebTokens, MIN_KEY_BYTES } from './json-web-token.ts';
import { NonceCache } from './nonce-cache.ts';
import type { ScopedAccess } from './route-access.ts';
import { isSameSecret } from './same-secret.ts';

/** Settings of who may come in; the names are those of the configuration. */
export interface AccessConfig {
  /** Shared secret; undefined lets everyone in who can reach the server. */
  readonly token?: string | undefined;
  readonly maxTokenSeconds: number;
  readonly jwtAudience?: string | undefined;
  readonly jwtIssuer?: string | undefined;
}

export interface AccessControlOptions {
  readonly config: AccessConfig;
  readonly clock: Clock;
}

/**
 * Why a request is not let in. `unauthorized`: its credential is missing, wrong, or allows something else. `overloaded`:
 * too many credentials are being read; another try may succeed.
 */
export type AccessRefusal = 'unauthorized' | 'overloaded';

/** Credentials that are read at once; more are refused. Reading one takes well under a millisecond. */
const MAX_READING = 256;

const SERVER_TOKEN = grantOfEverything('server-token');
const ANONYMOUS = grantOfEverything('anonymous');

/** Turns the credentials of every way in into grants. */
export class AccessControl {
  readonly #secret: string | undefined;
  readonly #tokens: JsonWebTokens | null;
  readonly #clock: Clock;
  /** Names of tokens that work once, and did. */
  readonly #used: NonceCache;
  #reading = 0;

  constructor({ config, clock }: AccessControlOptions) {
    const { token: secret, maxTokenSeconds, jwtAudience: audience, jwtIssuer: issuer } = config;
    this.#secret = secret;
    this.#clock = clock;
    this.#used = new NonceCache(maxTokenSeconds);
    this.#tokens =
      secret === undefined || !isKey(secret) ? null : new JsonWebTokens({ secret, maxTokenSeconds, audience, issuer });
  }

  /**
   * What the holder of a request's credential may do, where that includes the route's scope. A token that works once is
   * used up by it, unless the route goes on with an earlier request.
   */
  async admit(
    headers: IncomingHttpHeaders,
    { scope, continues = false }: ScopedAccess,
  ): Promise<Grant | AccessRefusal> {
    const presented = presentedToken(headers);
    const own = this.admitToken(presented);
    if (own !== null || presented === undefined || this.#tokens === null) return own ?? 'unauthorized';
    if (this.#reading >= MAX_READING) return 'overloaded';
    const nowS = this.#clock.scheduler.now() / 1000;
    this.#reading += 1;
    const token = await this.#tokens.read(presented, nowS).finally(() => {
      this.#reading -= 1;
    });
    if (token === null || !allows(token.grant, scope)) return 'unauthorized';
    const { grant, onceUntilS } = token;
    if (onceUntilS !== null && !continues && !this.#used.take(grant.holder, nowS, onceUntilS)) return 'unauthorized';
    return grant;
  }

  /** The grant of the server's own token, wherever it came from; null for any other. Where none is set, everyone's. */
  admitToken(token: string | undefined): Grant | null {
    if (this.#secret === undefined) return ANONYMOUS;
    return token !== undefined && isSameSecret(token, this.#secret) ? SERVER_TOKEN : null;
  }

  /** {@link admitToken} for a token in the headers. */
  admitTokenOf(headers: IncomingHttpHeaders): Grant | null {
    return this.admitToken(presentedToken(headers));
  }
}

/** Whether a secret is long enough to sign tokens with. */
export function isKey(secret: string): boolean {
  return Buffer.byteLength(secret) >= MIN_KEY_BYTES;
}

function presentedToken(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  for (const offered of (headers['sec-websocket-protocol'] ?? '').split(',')) {
    const name = offered.trim();
    if (name.startsWith(TOKEN_SUBPROTOCOL_PREFIX)) return name.slice(TOKEN_SUBPROTOCOL_PREFIX.length);
  }
  return undefined;
}
