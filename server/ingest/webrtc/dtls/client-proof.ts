import { constants, type KeyObject, timingSafeEqual, verify, X509Certificate } from 'node:crypto';
import type { Fingerprint } from '../sdp/offer.ts';
import { fingerprintOf } from './dtls-identity.ts';
import { ECDSA_SHA256 } from './negotiation.ts';
import { TlsReader } from './tls-reader.ts';

/** How a peer may sign to prove its key, by the scheme's number in TLS 1.2. There ECDSA's schemes name a hash, but no curve. */
const SCHEMES = {
  [ECDSA_SHA256]: { key: 'ec', hash: 'sha256' },
  // rsa_pss_rsae_sha256 and rsa_pkcs1_sha256. GStreamer and some other clients have RSA certificates.
  2052: { key: 'rsa', hash: 'sha256', isPss: true },
  1025: { key: 'rsa', hash: 'sha256' },
  // GnuTLS and OpenSSL take the longer hashes for keys on P-384 and P-521.
  1283: { key: 'ec', hash: 'sha384' },
  1539: { key: 'ec', hash: 'sha512' },
} as const satisfies Record<number, { key: 'ec' | 'rsa'; hash: string; isPss?: true }>;
/** Signature schemes that a peer may use to prove its key, the preferred one first. */
export const CERTIFICATE_SCHEMES = [ECDSA_SHA256, 0x0804, 0x0401, 0x0503, 0x0603] as const;

/** Curves of a peer's ECDSA key: P-256 as browsers have, P-224 as FFmpeg with GnuTLS has, P-384 and P-521. */
const CURVES = ['prime256v1', 'secp224r1', 'secp384r1', 'secp521r1'];
/** Sizes of RSA keys, in bits. Shorter keys are broken, longer ones cost too much to check. */
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
/** Hashes that a fingerprint may use, strongest first. SHA-1 and MD5 prove nothing. */
const HASHES = [
  ['sha-512', 'sha512'],
  ['sha-384', 'sha384'],
  ['sha-256', 'sha256'],
] as const;

/** Whether an offer's fingerprints can prove anything. */
export function hasUsableFingerprint(fingerprints: readonly Fingerprint[]): boolean {
  return strongest(fingerprints) !== null;
}

/** Reads a peer's certificate. Null if it does not match the offer's fingerprint. */
export function readPeerCertificate(body: Buffer, fingerprints: readonly Fingerprint[]): X509Certificate | null {
  const used = strongest(fingerprints);
  if (used === null) return null;
  try {
    // The first certificate in the list is the peer's own.
    const der = new TlsReader(new TlsReader(body).vector(3)).vector(3);
    const print = Buffer.from(fingerprintOf(der, used.hash));
    return used.values.some((value) => value.length === print.length && timingSafeEqual(Buffer.from(value), print))
      ? new X509Certificate(der)
      : null;
  } catch {
    return null;
  }
}

/** Whether the certificate's key made this signature over these bytes. `body`: the scheme and the signature. */
export function isSignedBy(certificate: X509Certificate, body: Buffer, transcript: Buffer): boolean {
  try {
    const reader = new TlsReader(body);
    const scheme = reader.number(2);
    const signature = reader.vector(2);
    const { publicKey: key } = certificate;
    const used: { key: string; hash: string; isPss?: true } | undefined = SCHEMES[scheme as keyof typeof SCHEMES];
    if (used === undefined || used.key !== key.asymmetricKeyType || !isStrong(key)) return false;
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    return verify(used.hash, transcript, { key, ...(used.isPss && pss) }, signature);
  } catch {
    return false;
  }
}

function isStrong(key: KeyObject): boolean {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ec') return CURVES.includes(namedCurve);
  return modulusLength >= MIN_RSA_BITS && modulusLength <= MAX_RSA_BITS;
}

/** The fingerprints with the strongest hash. A weaker hash must not replace it (RFC 8122, 5). */
function strongest(fingerprints: readonly Fingerprint[]): { hash: string; values: string[] } | null {
  for (const [name, hash] of HASHES) {
    const values = fingerprints
      .filter(({ algorithm }) => algorithm.toLowerCase() === name)
      .map(({ value }) => value.toUpperCase());
    if (values.length > 0) return { hash, values };
  }
  return null;
}
