import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

export interface OriginPolicyOptions {
  /** Whether requests must bring a credential. If so, any host name is accepted. */
  readonly hasToken: boolean;
  /** Web origins allowed besides the server's own, as `URL.origin` spells them. */
  readonly allowedOrigins: readonly string[];
  /** Host name that the server listens on. */
  readonly host: string;
}

/** Decides from the headers of a request or an upgrade which web pages may talk to the server. */
export interface OriginPolicy {
  /**
   * False for a page of another origin that is not on the list. Without a token, also false for a foreign host name.
   */
  allows(headers: IncomingHttpHeaders): boolean;
  /** True for a foreign origin that is on the list. It gets CORS headers. */
  isListed(origin: string): boolean;
}

export function createOriginPolicy({ hasToken, allowedOrigins, host: ownHost }: OriginPolicyOptions): OriginPolicy {
  const listed = new Set(allowedOrigins);
  const listedHosts = new Set(allowedOrigins.map((origin) => new URL(origin).host));

  // Without a token, a foreign host name means DNS rebinding: a web page made its own name point at this server.
  const isOwnHost = (host: string): boolean => {
    if (hasToken || listedHosts.has(host)) return true;
    const name = hostName(host);
    return name === 'localhost' || name === ownHost || isIP(name) !== 0;
  };

  return {
    allows({ host = '', origin }) {
      if (!isOwnHost(host)) return false;
      if (origin === undefined || listed.has(origin)) return true;
      return URL.canParse(origin) && new URL(origin).host === host;
    },
    isListed: (origin) => listed.has(origin),
  };
}

function hostName(host: string): string {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}
