import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import { TOKEN_SUBPROTOCOL_PREFIX } from '../../client-sdk/protocol/index.ts';
import type { Clock } from '../../pipeline/index.ts';
import type { AddressedRequest, ClientAddresses } from '../limits/client-address.ts';
import { type AuditEntry, AuditLog } from './audit-log.ts';
import { allows, type Grant, grantOfEverything, type Scope } from './grant.ts';
import { JsonWebTokens, MIN_KEY_BYTES, type ReadToken } from './json-web-token.ts';
import { NonceCache } from './nonce-cache.ts';
import type { Platform } from './platform.ts';
import type { ScopedAccess, Way } from './route-access.ts';
import { isSameSecret } from './same-secret.ts';
import { type RefusedCredential, WrongCredentials } from './wrong-credentials.ts';

/** Settings of access control. */
export interface AccessSettings {
  /** Shared secret. It also signs JSON Web Tokens. Undefined: everyone who can reach the server is admitted. */
  readonly secret: string | undefined;
  /** Longest time until a JSON Web Token expires, in s. */
  readonly maxTokenSeconds: number;
  /** Required values of the claims `aud` and `iss` of a JSON Web Token. Undefined: the claim is not checked. */
  readonly audience: string | undefined;
  readonly issuer: string | undefined;
}

export interface AccessControlOptions extends AccessSettings {
  readonly addresses: ClientAddresses;
  readonly clock: Clock;
  readonly log: Logger;
  /** Counts each credential that was refused. */
  readonly onRefused: (way: Way, reason: RefusedCredential) => void;
}

/**
 * Why a request is refused. `unauthorized`: its credential is missing, wrong, or for something else. `too-fast`: too
 * many wrong credentials came from its address, so this one was not checked. `overloaded`: the server is checking too
 * many credentials; another try may succeed.
 */
export type AccessRefusal = 'unauthorized' | 'too-fast' | 'overloaded';

/** JSON Web Tokens that may be checked at once. More are refused. One check takes well under a millisecond. */
const MAX_READING = 256;

const SERVER_TOKEN = grantOfEverything('server-token');
const ANONYMOUS = grantOfEverything('anonymous');

/** Turns the credentials of every way in into grants, and counts the wrong ones. */
export class AccessControl {
  readonly #secret: string | undefined;
  readonly #tokens: JsonWebTokens | null;
  readonly #clock: Clock;
  readonly #addresses: ClientAddresses;
  readonly #wrong: WrongCredentials;
  readonly #audit: AuditLog;
  /** Names of single-use tokens that were used. */
  readonly #used: NonceCache;
  #reading = 0;

  constructor(options: AccessControlOptions) {
    const { secret, maxTokenSeconds, audience, issuer, addresses, clock, log, onRefused } = options;
    this.#secret = secret;
    this.#clock = clock;
    this.#addresses = addresses;
    this.#wrong = new WrongCredentials({ clock, log, onRefused });
    this.#audit = new AuditLog(log, clock);
    if (secret !== undefined && Buffer.byteLength(secret) < MIN_KEY_BYTES) {
      log.warn(`UNDERTONE_TOKEN has fewer than ${MIN_KEY_BYTES} characters: JSON Web Tokens are refused`);
    }
    this.#used = new NonceCache(maxTokenSeconds);
    this.#tokens =
      secret === undefined || Buffer.byteLength(secret) < MIN_KEY_BYTES
        ? null
        : new JsonWebTokens({ secret, maxTokenSeconds, audience, issuer });
  }

  /**
   * Returns what the holder of a request's credential may do, if that includes the route's scope. The request uses up a
   * single-use token, unless the route continues an earlier request.
   */
  async admit(request: AddressedRequest, asked: ScopedAccess, way: Way): Promise<Grant | AccessRefusal> {
    if (this.#secret === undefined) return ANONYMOUS;
    const presented = presentedToken(request.headers);
    if (presented === undefined) return this.#missing(way);
    if (this.#reading >= MAX_READING) return 'overloaded';
    const address = this.#addresses.of(request);
    if (!this.#wrong.allows(address, presented, way)) return 'too-fast';
    const nowS = this.#clock.scheduler.now() / 1000;
    const read = await this.#read(presented, this.#secret, nowS);
    const isAllowed = read !== null && allows(read.grant, scopeOf(request, asked));
    const isUsed = isAllowed && !asked.continues && !this.#useUp(read, nowS);
    if (read === null || isUsed) this.#wrong.wrong(address, presented, way);
    else this.#wrong.right(address, presented);
    return isAllowed && !isUsed ? read.grant : 'unauthorized';
  }

  /**
   * Checks the server's own token, for platforms that send it in their own way. Without a secret, everyone is admitted.
   */
  proveToken(request: AddressedRequest, way: Platform, token: string | undefined): Grant | AccessRefusal {
    const secret = this.#secret;
    if (secret === undefined) return ANONYMOUS;
    if (token === undefined) return this.#missing(way);
    return this.prove(request, way, () => (isSameSecret(token, secret) ? SERVER_TOKEN : null), token);
  }

  /**
   * Checks a platform's own proof, and returns the grant that it gives. A failure counts like a wrong token.
   *
   * @param check - checks the proof. Returns null if it fails.
   * @param credential - what was presented. Default: the platform's name, because its signatures differ each time.
   */
  prove(
    request: AddressedRequest,
    way: Way,
    check: () => Grant | null,
    credential: string = way,
  ): Grant | AccessRefusal {
    const address = this.#addresses.of(request);
    if (!this.#wrong.allows(address, credential, way)) return 'too-fast';
    const grant = check();
    if (grant === null) this.#wrong.wrong(address, credential, way);
    else this.#wrong.right(address, credential);
    return grant ?? 'unauthorized';
  }

  /** Logs what the holder of a grant did with a session. `sessionId` null: with the list of all sessions. */
  audit(action: AuditEntry['action'], request: AddressedRequest, grant: Grant, sessionId: string | null): void {
    this.#audit.record({ action, sessionId, grant, address: this.#addresses.of(request) });
  }

  /** Stops its timers. */
  close(): void {
    this.#wrong.close();
  }

  #missing(way: Way): 'unauthorized' {
    this.#wrong.missing(way);
    return 'unauthorized';
  }

  async #read(presented: string, secret: string, nowS: number): Promise<ReadToken | null> {
    if (isSameSecret(presented, secret)) return { grant: SERVER_TOKEN, onceUntilS: null };
    if (this.#tokens === null) return null;
    this.#reading += 1;
    try {
      return await this.#tokens.read(presented, nowS);
    } finally {
      this.#reading -= 1;
    }
  }

  /** False when a single-use token was used before. */
  #useUp({ grant, onceUntilS }: ReadToken, nowS: number): boolean {
    return onceUntilS === null || this.#used.take(grant.holder, nowS, onceUntilS);
  }
}

function scopeOf({ headers }: AddressedRequest, { scope, ofStreams = scope }: ScopedAccess): Scope {
  return acceptsEventStream(headers) ? ofStreams : scope;
}

/** Whether a request asks for server-sent events. */
export function acceptsEventStream({ accept = '' }: IncomingHttpHeaders): boolean {
  return accept.includes('text/event-stream');
}

/** The token of a request, from the header or, as browsers send it, from a subprotocol. */
export function presentedToken(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  for (const offered of (headers['sec-websocket-protocol'] ?? '').split(',')) {
    const name = offered.trim();
    if (name.startsWith(TOKEN_SUBPROTOCOL_PREFIX)) return name.slice(TOKEN_SUBPROTOCOL_PREFIX.length);
  }
  return undefined;
}
