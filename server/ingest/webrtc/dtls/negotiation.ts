import type { ClientHello } from './client-hello.ts';
import { DTLS_1_2 } from './dtls-record.ts';

/** TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, the only supported suite. */
export const SUITE = 0xc02b;
/** Key exchange groups in order of preference: X25519, then P-256. */
export const X25519 = 29;
export const P256 = 23;
const GROUPS = [X25519, P256] as const;
/** ECDSA with SHA-256, the server’s signature scheme. */
export const ECDSA_SHA256 = 0x0403;
/** AEAD_AES_128_GCM (RFC 7714), then AES128_CM_HMAC_SHA1_80 (RFC 5764). */
const SRTP_PROFILES = [7, 1] as const;

export type Group = (typeof GROUPS)[number];
export type SrtpProfile = (typeof SRTP_PROFILES)[number];

/** What both sides agreed on. */
export interface Negotiated {
  readonly group: Group;
  readonly srtpProfile: SrtpProfile;
}

/** Descriptions of alerts (RFC 5246, 7.2). */
export const CLOSE_NOTIFY = 0;
export const HANDSHAKE_FAILURE = 40;
export const DECRYPT_ERROR = 51;
export const ALERT_PROTOCOL_VERSION = 70;

/** Negotiates with a client, or returns the alert that refuses it. Nothing weaker is accepted. */
export function negotiate(hello: ClientHello): Negotiated | { readonly alert: number } {
  const speaks = hello.versions === null ? hello.version === DTLS_1_2 : hello.versions.includes(DTLS_1_2);
  if (!speaks) return { alert: ALERT_PROTOCOL_VERSION };
  const group = GROUPS.find((wanted) => hello.groups.includes(wanted));
  const srtpProfile = SRTP_PROFILES.find((wanted) => hello.srtpProfiles.includes(wanted));
  const isSpoken =
    hello.suites.includes(SUITE) && hello.compressions.includes(0) && hello.signatureSchemes.includes(ECDSA_SHA256);
  return isSpoken && group !== undefined && srtpProfile !== undefined
    ? { group, srtpProfile }
    : { alert: HANDSHAKE_FAILURE };
}
