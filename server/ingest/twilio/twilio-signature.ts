import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether `signature` (the header `X-Twilio-Signature`) is Twilio's signature for opening this WebSocket: HMAC-SHA1
 * with the account's auth token over the URL in the TwiML.
 *
 * Twilio signs the URL with the scheme `wss`. Some of its libraries use `https` or add a slash at the end. Each variant
 * is tried, which is safe: the secret and the address are the same.
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
