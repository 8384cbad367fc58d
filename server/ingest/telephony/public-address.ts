import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../../config.ts';

/**
 * Host that a platform's signature may be over: that of the configured address. Where none is configured, the request's
 * own, if it names this machine: nobody else can send a platform there. `Host` and `X-Forwarded-Host` say whatever their
 * sender likes, and are trusted for nothing else. Null: there is none.
 */
export function signedHost(headers: IncomingHttpHeaders, publicUrl: string | undefined): string | null {
  if (publicUrl !== undefined) return new URL(publicUrl).host;
  const { host = '' } = headers;
  if (!URL.canParse(`http://${host}`)) return null;
  return isLoopback(new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')) ? host : null;
}
