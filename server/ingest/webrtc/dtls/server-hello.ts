import { EXTENSION } from './client-hello.ts';
import { CERTIFICATE_SCHEMES } from './client-proof.ts';
import { DTLS_1_2 } from './dtls-record.ts';
import { type Group, P256, type SrtpProfile, SUITE, X25519 } from './negotiation.ts';
import { numbersOf, TlsReader, vectorOf } from './tls-reader.ts';

const NAMED_CURVE = 3;
const SRTP_PROFILES: readonly number[] = [7, 1] satisfies SrtpProfile[];

/** What a server chose from {@link clientHello}. */
export interface ServerHello {
  /** 32 bytes. */
  readonly random: Buffer;
  readonly srtpProfile: SrtpProfile;
  readonly hasExtendedMasterSecret: boolean;
}

/** A server's half of the key exchange, with its signature. */
export interface ServerKeyExchange {
  readonly group: Group;
  readonly publicKey: Buffer;
  /** The signed bytes. */
  readonly parameters: Buffer;
  /** The scheme and the signature. */
  readonly signature: Buffer;
}

/** Body of this side's ClientHello: it offers only what this side accepts. */
export function clientHello(random: Buffer, cookie: Buffer): Buffer {
  const extension = (type: number, content: Buffer) => Buffer.concat([numbersOf(type), vectorOf(2, content)]);
  return Buffer.concat([
    numbersOf(DTLS_1_2),
    random,
    vectorOf(1),
    vectorOf(1, cookie),
    vectorOf(2, numbersOf(SUITE, RSA_SUITE)),
    vectorOf(1, Buffer.alloc(1)),
    vectorOf(
      2,
      extension(EXTENSION.supportedGroups, vectorOf(2, numbersOf(X25519, P256))),
      extension(EXTENSION.pointFormats, vectorOf(1, Buffer.alloc(1))),
      extension(EXTENSION.signatureAlgorithms, vectorOf(2, numbersOf(...CERTIFICATE_SCHEMES))),
      extension(EXTENSION.useSrtp, Buffer.concat([vectorOf(2, numbersOf(...SRTP_PROFILES)), vectorOf(1)])),
      extension(EXTENSION.extendedMasterSecret, Buffer.alloc(0)),
      extension(EXTENSION.renegotiationInfo, vectorOf(1)),
    ),
  ]);
}

/** TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: the same ciphers, for a peer whose certificate is of RSA. */
const RSA_SUITE = 0xc02f;

/** Null if the server chose something that was not offered. */
export function readServerHello(body: Buffer): ServerHello | null {
  try {
    const reader = new TlsReader(body);
    const version = reader.number(2);
    const random = reader.take(32);
    reader.vector(1);
    const suite = reader.number(2);
    const compression = reader.number(1);
    if (version !== DTLS_1_2 || (suite !== SUITE && suite !== RSA_SUITE) || compression !== 0) return null;
    let srtpProfile: number | null = null;
    let hasExtendedMasterSecret = false;
    const extensions = new TlsReader(reader.left === 0 ? Buffer.alloc(0) : reader.vector(2));
    while (extensions.left > 0) {
      const [type, content] = [extensions.number(2), extensions.vector(2)];
      if (type === EXTENSION.useSrtp) srtpProfile = new TlsReader(content).numbers(2)[0] ?? null;
      else if (type === EXTENSION.extendedMasterSecret) hasExtendedMasterSecret = true;
    }
    if (srtpProfile === null || !SRTP_PROFILES.includes(srtpProfile)) return null;
    return { random, srtpProfile: srtpProfile as SrtpProfile, hasExtendedMasterSecret };
  } catch {
    return null;
  }
}

export function readServerKeyExchange(body: Buffer): ServerKeyExchange | null {
  try {
    const reader = new TlsReader(body);
    const [type, group] = [reader.number(1), reader.number(2)];
    const publicKey = reader.vector(1);
    if (type !== NAMED_CURVE || (group !== X25519 && group !== P256)) return null;
    const parameters = body.subarray(0, body.length - reader.left);
    return { group, publicKey, parameters, signature: reader.take(reader.left) };
  } catch {
    return null;
  }
}
