import { sign } from 'node:crypto';
import { type ClientHello, EXTENSION } from './client-hello.ts';
import { CERTIFICATE_SCHEMES } from './client-proof.ts';
import type { DtlsIdentity } from './dtls-identity.ts';
import { DTLS_1_0, DTLS_1_2 } from './dtls-record.ts';
import {
  CERTIFICATE,
  CERTIFICATE_REQUEST,
  type HandshakeMessage,
  HELLO_VERIFY_REQUEST,
  SERVER_HELLO,
  SERVER_HELLO_DONE,
  SERVER_KEY_EXCHANGE,
} from './handshake-message.ts';
import { ECDSA_SHA256, type Negotiated, SUITE } from './negotiation.ts';
import { numbersOf, vectorOf } from './tls-reader.ts';

const NAMED_CURVE = 3;
/** Certificate types that a client may use: ECDSA, RSA. */
const CERTIFICATE_TYPES = Buffer.from([64, 1]);

/** Asks a client to repeat its hello with this cookie. That proves that the client receives at its address. */
export function helloVerifyRequest(cookie: Buffer): HandshakeMessage {
  // RFC 6347, 4.2.1: this message always has version DTLS 1.0.
  return { type: HELLO_VERIFY_REQUEST, sequence: 0, body: Buffer.concat([numbersOf(DTLS_1_0), vectorOf(1, cookie)]) };
}

export interface ServerFlightOptions {
  readonly hello: ClientHello;
  readonly negotiated: Negotiated;
  /** 32 bytes. */
  readonly random: Buffer;
  /** The server's half of the key exchange. */
  readonly publicKey: Buffer;
  readonly identity: DtlsIdentity;
}

/** The server's answer to a hello: its hello, certificate and key, and the request for the client's certificate. */
export function serverFlight(options: ServerFlightOptions): HandshakeMessage[] {
  const bodies = [
    [SERVER_HELLO, serverHello(options)],
    [CERTIFICATE, vectorOf(3, vectorOf(3, options.identity.certificate))],
    [SERVER_KEY_EXCHANGE, serverKeyExchange(options)],
    [CERTIFICATE_REQUEST, certificateRequest()],
    [SERVER_HELLO_DONE, Buffer.alloc(0)],
  ] as const;
  // The cookie request was message 0.
  return bodies.map(([type, body], index) => ({ type, sequence: index + 1, body }));
}

function serverHello({ hello, negotiated, random }: ServerFlightOptions): Buffer {
  const extension = (type: number, content: Buffer) => Buffer.concat([numbersOf(type), vectorOf(2, content)]);
  const extensions = [
    extension(EXTENSION.useSrtp, Buffer.concat([vectorOf(2, numbersOf(negotiated.srtpProfile)), vectorOf(1)])),
  ];
  if (hello.hasExtendedMasterSecret) extensions.push(extension(EXTENSION.extendedMasterSecret, Buffer.alloc(0)));
  if (hello.hasRenegotiationInfo) extensions.push(extension(EXTENSION.renegotiationInfo, vectorOf(1)));
  if (hello.hasPointFormats) extensions.push(extension(EXTENSION.pointFormats, vectorOf(1, Buffer.alloc(1))));
  // No session id, because sessions are not resumed. No compression.
  const fixed = [numbersOf(DTLS_1_2), random, vectorOf(1), numbersOf(SUITE), Buffer.alloc(1)];
  return Buffer.concat([...fixed, vectorOf(2, ...extensions)]);
}

function serverKeyExchange({ hello, negotiated, random, publicKey, identity }: ServerFlightOptions): Buffer {
  const parameters = Buffer.concat([Buffer.from([NAMED_CURVE]), numbersOf(negotiated.group), vectorOf(1, publicKey)]);
  const signature = sign('sha256', Buffer.concat([hello.random, random, parameters]), identity.privateKey);
  return Buffer.concat([parameters, numbersOf(ECDSA_SHA256), vectorOf(2, signature)]);
}

function certificateRequest(): Buffer {
  return Buffer.concat([vectorOf(1, CERTIFICATE_TYPES), vectorOf(2, numbersOf(...CERTIFICATE_SCHEMES)), vectorOf(2)]);
}
