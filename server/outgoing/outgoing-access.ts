import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** Whether and how the server may connect to an address that somebody else named. */
export type OutgoingAccess =
  | {
      readonly allowed: true;
      /** Finds the address to connect to. Undefined for an origin that the operator listed, which needs no check. */
      readonly lookup: LookupFunction | undefined;
    }
  | { readonly allowed: false };

/** Resolves a name to all of its addresses. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

const REFUSED: OutgoingAccess = { allowed: false };
const SECURE = ['https:', 'wss:'];
/** A name as in the public DNS: only ASCII, no escapes, no dot at the end, and a last label that is not a number. */
const NAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Matches the host as it is written. Spellings that `URL` would change are refused. */
const AUTHORITY = /^[a-z]+:\/\/([^/?#\\]*)/i;

/**
 * Whether the server may connect to `url`. Redirects must not be followed, because every address has to be checked
 * here.
 *
 * @param servers - names, or `*.` with a domain for all names below it: reached with TLS on port 443 at public
 * addresses. Or origins such as `ws://127.0.0.1:9000`: reached as they are, because the operator wrote them.
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
 * A `lookup` for sockets. The name is resolved once, all of its addresses are checked, and the socket connects to one
 * of them. The lookup fails if any address is not public, because a name may point anywhere.
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

/** The family must be that of the address, because it decides how the text is read. */
function isPublic({ address, family }: LookupAddress): boolean {
  return isIP(address) === family && isPublicAddress(address);
}

function resolveAll(hostname: string): Promise<readonly LookupAddress[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly LookupAddress[]>();
  dnsLookup(hostname, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
  return promise;
}
