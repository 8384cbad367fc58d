import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether `signature` (the header `X-Twilio-Signature`) is Twilio's for a WebSocket that it was told to open: HMAC-SHA1
 * with the account's auth token over the URL as the TwiML has it.
 *
 * Twilio signs the URL with the scheme `wss`; some of its libraries were seen with `https`, and with a slash at the
 * end. Each is tried: it is the same secret and the same address.
 *
 * @param url - of the endpoint as Twilio knows it, such as `wss://calls.example.com/v1/twilio`.
 */
export function isTwilioSignature(signature: string, url: string, authToken: string): boolean {
  const presented = Buffer.from(signature, 'base64');
  return spellingsOf(url)
    .map((spelling) => createHmac('sha1', authToken).update(spelling).digest())
    .some((expected) => presented.length === expected.length && timingSafeEqual(presented, expected));
}

function spellingsOf(url: string): string[] {
  const rest = url.replace(/^\w+:/, '').replace(/\/$/, '');
  return ['wss', 'https'].flatMap((scheme) => [`${scheme}:${rest}`, `${scheme}:${rest}/`]);
}
