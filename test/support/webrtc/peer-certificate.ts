import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { fingerprintOf } from '../../../server/ingest/webrtc/dtls/dtls-identity.ts';

/** A certificate and its private key. */
export interface PeerCertificate {
  readonly der: Buffer;
  readonly privateKey: KeyObject;
  readonly fingerprint: string;
  readonly kind: 'ecdsa' | 'rsa';
}

/** Kinds of keys: RSA of 2048 bits, or a curve of ECDSA by OpenSSL's name. */
export type KeyKind = 'rsa' | 'prime256v1' | 'secp224r1' | 'secp384r1' | 'secp521r1' | 'secp256k1';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** ecdsa-with-SHA256 and sha256WithRSAEncryption. */
const ALGORITHMS = {
  ecdsa: Buffer.from('300a06082a8648ce3d040302', 'hex'),
  rsa: Buffer.from('300d06092a864886f70d01010b0500', 'hex'),
};
/** A name with the common name "peer". */
const NAME = Buffer.from('300f310d300b06035504030c0470656572', 'hex');

/** Makes a self-signed certificate (X.509), as WebRTC peers have. Its dates are long past: only its fingerprint counts. */
export function makeCertificate(kind: KeyKind = 'prime256v1'): PeerCertificate {
  const { publicKey, privateKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: kind });
  const family = kind === 'rsa' ? 'rsa' : 'ecdsa';
  const algorithm = ALGORITHMS[family];
  const version = der(0xa0, der(INTEGER, Buffer.from([2])));
  const serial = der(INTEGER, Buffer.from([1]), randomBytes(4));
  const time = der(0x17, Buffer.from('200101000000Z'));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const content = der(SEQUENCE, version, serial, algorithm, NAME, der(SEQUENCE, time, time), NAME, spki);
  const signature = der(0x03, Buffer.from([0]), sign('sha256', content, privateKey));
  const certificate = der(SEQUENCE, content, algorithm, signature);
  return { der: certificate, privateKey, fingerprint: fingerprintOf(certificate, 'sha256'), kind: family };
}

/** One DER value. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(3);
  length[0] = 0x82;
  length.writeUInt16BE(body.length, 1);
  const head =
    body.length < 128 ? Buffer.from([body.length]) : body.length < 256 ? Buffer.from([0x81, body.length]) : length;
  return Buffer.concat([Buffer.from([tag]), head, body]);
}
