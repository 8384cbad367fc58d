import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../../config/is-loopback.ts';

/**
 * The host that a platform's signature may cover: that of the configured address. If none is configured, the request's
 * own host, provided it names this machine, because nobody else can send a platform there. Senders can set `Host` and
 * `X-Forwarded-Host` to anything, so they are trusted for nothing else. Null: no such host.
 */
export function signedHost(headers: IncomingHttpHeaders, publicUrl: string | undefined): string | null {
  if (publicUrl !== undefined) return new URL(publicUrl).host;
  const { host = '' } = headers;
  if (!URL.canParse(`http://${host}`)) return null;
  return isLoopback(new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')) ? host : null;
}
