import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { TOKEN_SUBPROTOCOL_PREFIX } from '../../client-sdk/protocol/index.ts';
import { type PublishGrant, readPublishToken } from './publish-token.ts';

/** `unauthorized`: the token is missing or wrong. `forbidden-origin`: a web page that may not connect, or a foreign host name. */
export type AccessDecision = 'allowed' | 'unauthorized' | 'forbidden-origin';

export interface AccessPolicyOptions {
  /** Shared secret; undefined lets everyone in who can reach the server. */
  readonly token?: string | undefined;
  /** Web origins allowed besides the server's own, as `URL.origin` spells them. */
  readonly allowedOrigins: readonly string[];
  /** Host name the server was told to listen on. */
  readonly host: string;
}

export interface AccessPolicy {
  /** Whether the request may come from where it comes from. Costs no work worth counting. */
  checkOrigin(headers: IncomingHttpHeaders): AccessDecision;
  /** {@link checkOrigin}, and the token if there is one. */
  check(headers: IncomingHttpHeaders): AccessDecision;
  /**
   * What the request may publish, wherever it comes from: anything with the token, or where none is set; what a publisher's
   * own token grants; null for nothing.
   */
  publishGrant(headers: IncomingHttpHeaders): PublishGrant | null;
  /** Whether a token that came by another way than the headers is the right one; true where none is set. */
  accepts(token: string | undefined): boolean;
  /** True for a foreign origin that is on the list: it gets CORS headers. */
  isListedOrigin(origin: string): boolean;
}

/** Decides who may talk to the server, from the headers of a request or an upgrade alone. */
export function createAccessPolicy(options: AccessPolicyOptions): AccessPolicy {
  const listed = new Set(options.allowedOrigins);
  const listedHosts = new Set(options.allowedOrigins.map((origin) => new URL(origin).host));
  const expected = options.token === undefined ? null : digest(options.token);

  // Without a token a foreign host name means DNS rebinding: a web page that made its own name point at this server.
  const isOwnHost = (host: string): boolean => {
    if (expected !== null || listedHosts.has(host)) return true;
    const name = hostName(host);
    return name === 'localhost' || name === options.host || isIP(name) !== 0;
  };

  const checkOrigin = (headers: IncomingHttpHeaders): AccessDecision => {
    const host = headers.host ?? '';
    if (!isOwnHost(host)) return 'forbidden-origin';
    const { origin } = headers;
    if (origin === undefined || listed.has(origin)) return 'allowed';
    return URL.canParse(origin) && new URL(origin).host === host ? 'allowed' : 'forbidden-origin';
  };

  const accepts = (token: string | undefined): boolean =>
    expected === null || (token !== undefined && timingSafeEqual(digest(token), expected));

  return {
    checkOrigin,
    check(headers) {
      const origin = checkOrigin(headers);
      if (origin !== 'allowed') return origin;
      return accepts(presentedToken(headers)) ? 'allowed' : 'unauthorized';
    },
    publishGrant(headers) {
      const { token } = options;
      const presented = presentedToken(headers);
      if (token === undefined || accepts(presented)) return {};
      return presented === undefined ? null : readPublishToken(token, presented, Date.now() / 1000);
    },
    accepts,
    isListedOrigin: (origin) => listed.has(origin),
  };
}

/** Equal lengths for the comparison in constant time, whatever was presented. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
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

function hostName(host: string): string {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}
