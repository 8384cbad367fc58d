import { hash, randomBytes, sign } from 'node:crypto';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE,
  readRecords,
  writeRecord,
} from '../../../server/ingest/webrtc/dtls/dtls-record.ts';
import {
  CERTIFICATE,
  CERTIFICATE_VERIFY,
  CLIENT_HELLO,
  CLIENT_KEY_EXCHANGE,
  FINISHED,
  type HandshakeMessage,
  HELLO_VERIFY_REQUEST,
  SERVER_HELLO,
  SERVER_HELLO_DONE,
  SERVER_KEY_EXCHANGE,
  writeMessage,
} from '../../../server/ingest/webrtc/dtls/handshake-message.ts';
import { KeySchedule, type SrtpKeys } from '../../../server/ingest/webrtc/dtls/key-schedule.ts';
import { createKeyShare } from '../../../server/ingest/webrtc/dtls/key-share.ts';
import { MessageAssembly } from '../../../server/ingest/webrtc/dtls/message-assembly.ts';
import type { Group, SrtpProfile } from '../../../server/ingest/webrtc/dtls/negotiation.ts';
import { openRecord, sealRecord } from '../../../server/ingest/webrtc/dtls/record-cipher.ts';
import { numbersOf, TlsReader, vectorOf } from '../../../server/ingest/webrtc/dtls/tls-reader.ts';
import type { PeerCertificate } from './peer-certificate.ts';

/** How a client deviates from an honest one. */
export interface DtlsDeviations {
  readonly version?: number;
  readonly versions?: readonly number[];
  readonly suites?: readonly number[];
  readonly groups?: readonly number[];
  readonly signatureSchemes?: readonly number[];
  readonly srtpProfiles?: readonly number[];
  readonly hasExtendedMasterSecret?: boolean;
  /** Body of its Certificate message. */
  readonly certificate?: Buffer;
  /** Its public key in the key exchange. */
  readonly publicKey?: Buffer;
  /** Makes the body of its CertificateVerify message from the data to sign. Null leaves the message out. */
  readonly certificateVerify?: ((transcript: Buffer) => Buffer) | null;
  /** Makes the content of its Finished message from the correct one. */
  readonly verifyData?: (honest: Buffer) => Buffer;
  /** Sends its Finished message unencrypted. */
  readonly plainFinished?: boolean;
  /** Largest fragment of a message, in bytes. */
  readonly fragmentBytes?: number;
  /** Changes the messages that prove its identity before they are sent. */
  readonly proof?: (messages: HandshakeMessage[]) => HandshakeMessage[];
}

export interface DtlsClientOptions {
  readonly certificate: PeerCertificate;
  readonly deviations?: DtlsDeviations;
  readonly send: (datagram: Buffer) => void;
  readonly onConnected?: (keys: SrtpKeys) => void;
  readonly onData?: (bytes: Buffer) => void;
  readonly onAlert?: (alert: Buffer) => void;
}

type Keys = ReturnType<KeySchedule['recordKeys']>;

/** A DTLS 1.2 client with configurable deviations. It repeats its last flight when {@link repeat} is called. */
export class DtlsClient {
  readonly #options: DtlsClientOptions;
  readonly #random = randomBytes(32);
  readonly #assembly = new MessageAssembly();
  readonly #server: HandshakeMessage[] = [];
  #transcript: Buffer[] = [];
  #keys: Keys | null = null;
  #schedule: KeySchedule | null = null;
  #flight: (() => Buffer[]) | null = null;
  #next = 0;
  #plainSequence = 0;
  #sealedSequence = 0;
  isConnected = false;

  constructor(options: DtlsClientOptions) {
    this.#options = options;
  }

  start(): void {
    this.#sendHello(0, Buffer.alloc(0));
  }

  /** Sends its last flight again. */
  repeat(): void {
    for (const datagram of this.#flight?.() ?? []) this.#options.send(datagram);
  }

  receive(datagram: Buffer): void {
    for (const record of readRecords(datagram)) {
      if (record.epoch === 0) {
        if (record.type === HANDSHAKE) this.#take(record.fragment);
        else if (record.type === ALERT) this.#options.onAlert?.(record.fragment);
        continue;
      }
      const plain = this.#keys === null ? null : openRecord(this.#keys.server, record);
      if (plain === null) continue;
      if (record.type === HANDSHAKE) this.#takeFinished(plain);
      else if (record.type === APPLICATION_DATA) this.#options.onData?.(plain);
      else if (record.type === ALERT) this.#options.onAlert?.(plain);
    }
  }

  /** Sends an encrypted record of any type. */
  sendRecord(type: number, content: Buffer): void {
    this.#options.send(this.sealed(type, content));
  }

  sealed(type: number, content: Buffer): Buffer {
    return sealRecord(this.#keys!.client, type, 1, this.#sealedSequence++, content);
  }

  #take(fragments: Buffer): void {
    this.#assembly.take(fragments, (sequence) => sequence >= this.#next);
    for (let message = this.#assembly.get(this.#next); message !== null; message = this.#assembly.get(this.#next)) {
      this.#next += 1;
      if (message.type === HELLO_VERIFY_REQUEST) this.#sendHello(1, message.body.subarray(3));
      else this.#server.push(message);
      if (message.type === SERVER_HELLO_DONE) this.#prove();
    }
  }

  #sendHello(sequence: number, cookie: Buffer): void {
    const { deviations = {} } = this.#options;
    const extension = (type: number, content: Buffer) => Buffer.concat([numbersOf(type), vectorOf(2, content)]);
    const {
      versions,
      groups = [29, 23],
      signatureSchemes = [0x0403, 0x0804, 0x0401],
      srtpProfiles = [7, 1],
    } = deviations;
    const extensions = [
      extension(10, vectorOf(2, numbersOf(...groups))),
      extension(11, vectorOf(1, Buffer.from([0]))),
      extension(13, vectorOf(2, numbersOf(...signatureSchemes))),
      extension(0xff01, vectorOf(1)),
    ];
    if (srtpProfiles.length > 0) {
      extensions.push(extension(14, Buffer.concat([vectorOf(2, numbersOf(...srtpProfiles)), vectorOf(1)])));
    }
    if (deviations.hasExtendedMasterSecret !== false) extensions.push(extension(23, Buffer.alloc(0)));
    if (versions !== undefined) extensions.push(extension(43, vectorOf(1, numbersOf(...versions))));
    const body = Buffer.concat([
      numbersOf(deviations.version ?? 0xfefd),
      this.#random,
      vectorOf(1),
      vectorOf(1, cookie),
      vectorOf(2, numbersOf(...(deviations.suites ?? [0xc02b]))),
      vectorOf(1, Buffer.from([0])),
      vectorOf(2, ...extensions),
    ]);
    const message = { type: CLIENT_HELLO, sequence, body };
    this.#transcript = [writeMessage(message)];
    this.#sendFlight(() => [this.#records(message)]);
  }

  #prove(): void {
    const { certificate, deviations = {} } = this.#options;
    const exchange = this.#server.find(({ type }) => type === SERVER_KEY_EXCHANGE)!;
    const hello = this.#server.find(({ type }) => type === SERVER_HELLO)!;
    const reader = new TlsReader(exchange.body);
    reader.number(1);
    const share = createKeyShare(reader.number(2) as Group);
    const serverKey = reader.vector(1);
    this.#transcript.push(...this.#server.map(writeMessage));
    const messages: HandshakeMessage[] = [];
    const add = (type: number, body: Buffer): void => {
      const message = { type, sequence: 2 + messages.length, body };
      messages.push(message);
      this.#transcript.push(writeMessage(message));
    };
    add(CERTIFICATE, deviations.certificate ?? vectorOf(3, vectorOf(3, certificate.der)));
    add(CLIENT_KEY_EXCHANGE, vectorOf(1, deviations.publicKey ?? share.publicKey));
    const session = Buffer.concat(this.#transcript);
    const random = hello.body.subarray(2, 34);
    this.#schedule = new KeySchedule(
      share.agree(serverKey),
      { client: this.#random, server: random },
      deviations.hasExtendedMasterSecret === false ? null : session,
    );
    this.#keys = this.#schedule.recordKeys();
    if (deviations.certificateVerify !== null) {
      const honest = (transcript: Buffer) => signedBy(certificate, transcript);
      add(CERTIFICATE_VERIFY, (deviations.certificateVerify ?? honest)(session));
    }
    const transcript = Buffer.concat(this.#transcript);
    const data = this.#schedule.verifyData('client', transcript);
    const body = deviations.verifyData?.(data) ?? data;
    const finished = writeMessage({ type: FINISHED, sequence: 2 + messages.length, body });
    const sent = deviations.proof?.(messages) ?? messages;
    this.#sendFlight(() => [
      ...sent.map((message) => this.#records(message)),
      writeRecord(CHANGE_CIPHER_SPEC, 0, this.#plainSequence++, Buffer.from([1])),
      deviations.plainFinished === true
        ? writeRecord(HANDSHAKE, 0, this.#plainSequence++, finished)
        : this.sealed(HANDSHAKE, finished),
    ]);
  }

  #takeFinished(plain: Buffer): void {
    if (plain[0] !== FINISHED || this.isConnected) return;
    this.isConnected = true;
    const hello = new TlsReader(this.#server[0]!.body);
    hello.take(34);
    hello.vector(1);
    hello.take(3);
    const extensions = new TlsReader(hello.vector(2));
    while (extensions.left > 0) {
      const [type, content] = [extensions.number(2), extensions.vector(2)];
      if (type === 14) this.#options.onConnected?.(this.#schedule!.srtpKeys(content.readUInt16BE(2) as SrtpProfile));
    }
  }

  #sendFlight(flight: () => Buffer[]): void {
    this.#flight = flight;
    this.repeat();
  }

  #records(message: HandshakeMessage): Buffer {
    const whole = writeMessage(message);
    const size = this.#options.deviations?.fragmentBytes ?? 1100;
    const records: Buffer[] = [];
    for (let at = 0; at === 0 || at < message.body.length; at += size) {
      const part = message.body.subarray(at, at + size);
      const header = Buffer.from(whole.subarray(0, 12));
      header.writeUIntBE(at, 6, 3);
      header.writeUIntBE(part.length, 9, 3);
      records.push(writeRecord(HANDSHAKE, 0, this.#plainSequence++, Buffer.concat([header, part])));
    }
    return Buffer.concat(records);
  }
}

/** The hashes' numbers in TLS 1.2. */
const HASH_NUMBERS: Readonly<Record<string, number>> = { sha256: 4, sha384: 5, sha512: 6 };

/** Body of an honest CertificateVerify message. */
export function signedBy({ kind, privateKey }: PeerCertificate, transcript: Buffer, digest = 'sha256'): Buffer {
  const scheme = (HASH_NUMBERS[digest]! << 8) | (kind === 'ecdsa' ? 3 : 1);
  return Buffer.concat([numbersOf(scheme), vectorOf(2, sign(digest, transcript, privateKey))]);
}

/** A hash of `seed`, used as a meaningless signature or key. */
export const nonsense = (seed: string): Buffer => hash('sha512', seed, 'buffer');
