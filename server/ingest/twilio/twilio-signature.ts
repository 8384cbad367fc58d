import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** SHA-256 of an empty body, in hexadecimal. */
const EMPTY_BODY = createHash('sha256').digest('hex');
/** The HMAC per length of the signature, in bytes. */
const ALGORITHMS: Readonly<Record<number, 'sha1' | 'sha256'>> = { 20: 'sha1', 32: 'sha256' };

/**
 * Whether `signature` (the header `X-Twilio-Signature`) is Twilio's signature for opening this WebSocket: an HMAC with
 * the account's auth token over the URL in the TwiML, with its query.
 *
 * Twilio signs the URL with the scheme `wss`. Some of its libraries use `https`, add a slash at the end of the path, or
 * name the port or leave it out. Each variant is tried, as Twilio's own library does. This is safe: the secret and the host
 * are the same. A `bodySHA256` in the query must be that of the body, which is empty.
 *
 * @param url - of the endpoint as Twilio knows it, such as `wss://calls.example.com/v1/twilio`.
 */
export function isTwilioSignature(signature: string, url: string, authToken: string): boolean {
  const presented = Buffer.from(signature, 'base64');
  const algorithm = ALGORITHMS[presented.length];
  if (algorithm === undefined || !URL.canParse(url)) return false;
  const { searchParams } = new URL(url);
  const bodyHash = searchParams.get('bodySHA256');
  if (bodyHash !== null && bodyHash.toLowerCase() !== EMPTY_BODY) return false;
  return spellingsOf(url).some((spelling) =>
    timingSafeEqual(createHmac(algorithm, authToken).update(spelling).digest(), presented),
  );
}

/** `scheme://host[:port]path[?query]`. The parts are kept as they are written, because the signature covers them so. */
const URL_PARTS = /^\w+:\/\/([^/?#]*?)(:\d+)?(\/[^?#]*)?(\?.*)?$/;

function spellingsOf(url: string): string[] {
  const [, host = '', port, path = '', query = ''] = URL_PARTS.exec(url) ?? [];
  const bare = path.replace(/\/$/, '');
  const spellings = new Set<string>();
  for (const scheme of ['wss', 'https']) {
    // Without a port, Twilio's library adds that of HTTPS, and for other schemes that of HTTP.
    for (const spelledPort of port === undefined ? ['', ':443', ':80'] : [port, '']) {
      for (const spelledPath of [bare, `${bare}/`])
        spellings.add(`${scheme}://${host}${spelledPort}${spelledPath}${query}`);
    }
  }
  return [...spellings];
}
