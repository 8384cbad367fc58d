import { createPrivateKey, hash, type KeyObject, X509Certificate } from 'node:crypto';
import { RTCDtlsTransport } from 'werift';
import type { Fingerprint } from '../sdp/offer.ts';

/** This server's certificate and its key. */
export interface DtlsIdentity {
  /** DER. */
  readonly certificate: Buffer;
  /** Of P-256. */
  readonly privateKey: KeyObject;
  readonly fingerprint: Fingerprint;
}

/** Creates a self-signed certificate, once per process. The first call takes some milliseconds. */
export async function createDtlsIdentity(): Promise<DtlsIdentity> {
  const { certPem, privateKey } = await RTCDtlsTransport.SetupCertificate();
  const certificate = new X509Certificate(certPem).raw;
  return {
    certificate,
    privateKey: createPrivateKey(privateKey),
    fingerprint: { algorithm: 'sha-256', value: fingerprintOf(certificate, 'sha256') },
  };
}

/** A fingerprint in SDP notation (RFC 8122). */
export function fingerprintOf(certificate: Buffer, algorithm: string): string {
  return hash(algorithm, certificate, 'hex').toUpperCase().match(/../g)!.join(':');
}
