import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { NonceCache } from '../../access/nonce-cache.ts';
import { type DictionaryMember, parseDictionary } from './structured-fields.ts';

export interface SignedRequest {
  readonly headers: IncomingHttpHeaders;
  /** Request target as sent, such as `/v1/audiohook`. */
  readonly url: string;
}

export interface SignatureCheck {
  readonly keyId: string;
  readonly key: Uint8Array;
  /** Components that the signature must cover. */
  readonly required: readonly string[];
  /** Wall-clock time, in s. */
  readonly nowS: number;
  readonly maxAgeS: number;
  /** Host name as configured at the client. */
  readonly authority: string;
  readonly nonces: NonceCache;
}

/** How far a client's clock may be ahead of the server's, in s. */
const MAX_SKEW_S = 3;
const MIN_NONCE_LENGTH = 22;

/**
 * Whether one of the request's HTTP message signatures (RFC 9421, HMAC-SHA256) was made with the key, covers all
 * required components, is fresh, and has not been seen before. Only the nonce of a valid signature is remembered, so
 * strangers cannot fill the memory.
 */
export function isSigned(request: SignedRequest, check: SignatureCheck): boolean {
  const inputs = parseDictionary(headerOf(request.headers, 'signature-input') ?? '');
  const signatures = parseDictionary(headerOf(request.headers, 'signature') ?? '');
  if (inputs === null || signatures === null) return false;
  for (const [label, input] of inputs) {
    const signature = signatures.get(label);
    if (input.kind !== 'list' || signature?.kind !== 'bytes') continue;
    const nonce = input.parameters.get('nonce');
    if (typeof nonce !== 'string' || nonce.length < MIN_NONCE_LENGTH || !isAcceptable(input, check)) continue;
    const base = signatureBase(request, input, check.authority);
    if (base === null) continue;
    const expected = createHmac('sha256', check.key).update(base).digest();
    if (expected.length === signature.bytes.length && timingSafeEqual(expected, signature.bytes))
      return check.nonces.take(nonce, check.nowS);
  }
  return false;
}

type Input = Extract<DictionaryMember, { kind: 'list' }>;

function isAcceptable({ items, parameters }: Input, { keyId, required, nowS, maxAgeS }: SignatureCheck): boolean {
  const created = parameters.get('created');
  const expires = parameters.get('expires');
  return (
    new Set(items).size === items.length &&
    required.every((name) => items.includes(name)) &&
    parameters.get('keyid') === keyId &&
    (parameters.get('alg') ?? 'hmac-sha256') === 'hmac-sha256' &&
    typeof created === 'number' &&
    created <= nowS + MAX_SKEW_S &&
    nowS - created <= maxAgeS &&
    (expires === undefined || (typeof expires === 'number' && expires > nowS))
  );
}

/**
 * The signature base (RFC 9421, section 2.5). Null if a covered component is missing.
 *
 * @param authority - host name as configured at the client.
 */
export function signatureBase(request: SignedRequest, { items, text }: Input, authority: string): string | null {
  const lines: string[] = [];
  for (const name of items) {
    const value = componentOf(request, name, authority);
    if (value === null) return null;
    lines.push(`"${name}": ${value}`);
  }
  return [...lines, `"@signature-params": ${text}`].join('\n');
}

function componentOf({ headers, url }: SignedRequest, name: string, authority: string): string | null {
  if (name === '@request-target') return url;
  if (name === '@authority') return authority.toLowerCase();
  if (name === '@method') return 'GET';
  return name.startsWith('@') ? null : headerOf(headers, name);
}

/** A header's value as it is signed: trimmed, several values joined by commas. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  if (value === undefined) return null;
  return (Array.isArray(value) ? value : [value]).map((part) => part.trim()).join(', ');
}
