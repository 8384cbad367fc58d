import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** Whether, and how, an address that somebody else names may be connected to. */
export type OutgoingAccess =
  | {
      readonly allowed: true;
      /** Finds the address to connect to. Undefined for an origin that the operator named: it is reached as it is. */
      readonly lookup: LookupFunction | undefined;
    }
  | { readonly allowed: false };

/** Looks a name up: all of its addresses. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

const REFUSED: OutgoingAccess = { allowed: false };
const SECURE = ['https:', 'wss:'];
/** A name as the public DNS has it, whose last label is no number: no dot at the end, no escapes, nothing but ASCII. */
const NAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Spellings that `URL` would change: each address is connected to as it is written. */
const AUTHORITY = /^[a-z]+:\/\/([^/?#\\]*)/i;

/**
 * Whether `url` may be connected to. Redirects must not be followed: each address is asked about here.
 *
 * @param servers - names, and `*.` with a domain for all names below it, reached with TLS on port 443 at public addresses;
 * origins such as `ws://127.0.0.1:9000`, reached as they are, because the operator wrote them.
 */
export function accessTo(url: string, servers: readonly string[], resolve: Resolve = resolveAll): OutgoingAccess {
  if (!URL.canParse(url)) return REFUSED;
  const { protocol, hostname, host, port, username, password } = new URL(url);
  if (username !== '' || password !== '') return REFUSED;
  if (servers.some((server) => server.includes('://') && new URL(server).origin === `${protocol}//${host}`)) {
    return { allowed: true, lookup: undefined };
  }
  const written = AUTHORITY.exec(url)?.[1]?.toLowerCase().replace(/:443$/, '');
  if (!SECURE.includes(protocol) || port !== '' || written !== hostname) return REFUSED;
  if (!NAME.test(hostname) || hostname.length > 253 || hostname.split('.').some((label) => label.startsWith('xn--'))) {
    return REFUSED;
  }
  const isNamed = servers.some((server) =>
    server.startsWith('*.') ? hostname.endsWith(server.slice(1)) : hostname === server,
  );
  return isNamed ? { allowed: true, lookup: publicLookup(resolve) } : REFUSED;
}

/**
 * A `lookup` for sockets: the name is resolved once, every address of it is checked, and the socket connects to one of
 * those. It fails where any of them is not public: a name may point anywhere.
 */
function publicLookup(resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    const fail = (error: Error) => callback(error, options.all === true ? [] : '', 0);
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined) fail(new Error('the server’s name has no address'));
        else if (!addresses.every(isPublic))
          fail(new Error('the server’s name points to an address that is not public'));
        else if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => fail(new Error('the server’s name could not be resolved', { cause: error })),
    );
  };
}

/** The family must be the address's own: it decides how the text is read. */
function isPublic({ address, family }: LookupAddress): boolean {
  return isIP(address) === family && isPublicAddress(address);
}

function resolveAll(hostname: string): Promise<readonly LookupAddress[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly LookupAddress[]>();
  dnsLookup(hostname, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
  return promise;
}
