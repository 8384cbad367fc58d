import { randomBytes, sign, timingSafeEqual } from 'node:crypto';
import { isSignedBy, readPeerCertificate } from './client-proof.ts';
import type { DtlsEndpoint, DtlsOptions } from './dtls-endpoint.ts';
import { DtlsFlight } from './dtls-flight.ts';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  type DtlsRecord,
  HANDSHAKE,
  readRecords,
  writeRecord,
} from './dtls-record.ts';
import {
  CERTIFICATE,
  CERTIFICATE_REQUEST,
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
} from './handshake-message.ts';
import { KeySchedule } from './key-schedule.ts';
import { createKeyShare } from './key-share.ts';
import { MessageAssembly } from './message-assembly.ts';
import { CLOSE_NOTIFY, DECRYPT_ERROR, ECDSA_SHA256, HANDSHAKE_FAILURE, type SrtpProfile } from './negotiation.ts';
import { openSealed } from './open-sealed.ts';
import { type DirectionKeys, sealRecord } from './record-cipher.ts';
import { ReplayWindow } from './replay-window.ts';
import { clientHello, readServerHello, readServerKeyExchange, type ServerHello } from './server-hello.ts';
import { TlsReader, vectorOf } from './tls-reader.ts';

/** Server flights that are checked in full. Each check costs a signature verification. */
const MAX_PROOFS = 16;
const REPLAY_WINDOW = 256;
/** Messages of a server's flight: hello, certificate, key exchange, request for a certificate, done. */
const MAX_FLIGHT = 6;
const FATAL = 2;
const WARNING = 1;

interface Keys {
  readonly schedule: KeySchedule;
  readonly client: DirectionKeys;
  readonly server: DirectionKeys;
  readonly srtpProfile: SrtpProfile;
  /** All messages, up to this client's Finished. */
  readonly transcript: Buffer;
}

type State =
  | { readonly name: 'idle' | 'hello' | 'closed' }
  | { readonly name: 'finished' | 'connected'; readonly keys: Keys };

/**
 * The client's side of DTLS 1.2 (RFC 6347) with one peer that offered to be the server, as FFmpeg does. The peer must prove
 * that it has the key of the certificate that its offer names. No data is accepted before that. No plaintext message ends
 * a handshake or a connection, so an attacker on another address cannot do so.
 */
export class DtlsClient implements DtlsEndpoint {
  readonly #options: DtlsOptions;
  readonly #random = randomBytes(32);
  readonly #assembly = new MessageAssembly();
  readonly #replays = new ReplayWindow(REPLAY_WINDOW);
  readonly #flight: DtlsFlight;
  #state: State = { name: 'idle' };
  #hello: HandshakeMessage;
  /** Number of the server's next message. */
  #next = 0;
  #proofs = 0;
  #plainSequence = 0;
  #sealedSequence = 0;

  constructor(options: DtlsOptions) {
    this.#options = options;
    this.#flight = new DtlsFlight(options);
    this.#hello = this.#helloWith(0, Buffer.alloc(0));
  }

  get isConnected(): boolean {
    return this.#state.name === 'connected';
  }

  /** The peer can be reached. Begins the handshake, once. */
  begin(): void {
    if (this.#state.name !== 'idle') return;
    this.#state = { name: 'hello' };
    this.#sendHello();
  }

  receive(datagram: Buffer): void {
    const records = readRecords(datagram);
    if (records.length === 0) this.#options.onDropped('dtls-malformed');
    for (const record of records) {
      if (this.#state.name === 'closed') return;
      if (record.epoch === 0) this.#receivePlain(record);
      else this.#receiveSealed(record);
    }
  }

  send(bytes: Buffer): void {
    if (this.#state.name === 'connected') this.#options.send(this.#seal(this.#state.keys, APPLICATION_DATA, bytes));
  }

  close(): void {
    if (this.#state.name === 'connected') {
      this.#options.send(this.#seal(this.#state.keys, ALERT, Buffer.from([WARNING, CLOSE_NOTIFY])));
    }
    this.#state = { name: 'closed' };
    this.#flight.close();
    this.#assembly.clear();
  }

  #receivePlain({ type, fragment }: DtlsRecord): void {
    const { name } = this.#state;
    if (type === HANDSHAKE && name === 'hello') {
      this.#assembly.take(fragment, (sequence) => sequence >= this.#next && sequence < this.#next + MAX_FLIGHT);
      this.#readFlight();
    } else if (type !== CHANGE_CIPHER_SPEC && (type !== HANDSHAKE || name === 'connected')) {
      this.#options.onDropped('dtls-plaintext');
    }
  }

  /** Acts once the whole flight of the server is there. */
  #readFlight(): void {
    const messages: HandshakeMessage[] = [];
    for (let sequence = this.#next; ; sequence += 1) {
      const message = this.#assembly.get(sequence);
      if (message === null) return;
      if (message.type === HELLO_VERIFY_REQUEST) {
        this.#repeatHello(message);
        return;
      }
      messages.push(message);
      if (message.type === SERVER_HELLO_DONE) break;
    }
    const keys = this.#keysOf(messages);
    if (keys === null) {
      // It may be forged. The genuine server repeats its flight.
      for (const { sequence } of messages) this.#assembly.delete(sequence);
      this.#options.onDropped('dtls-unauthentic');
      if (this.#proofs >= MAX_PROOFS) this.#fail(HANDSHAKE_FAILURE);
      return;
    }
    this.#next += messages.length;
    this.#flight.stop();
    this.#flight.start(keys.flight);
    this.#flight.repeat();
    this.#state = { name: 'finished', keys: keys.keys };
  }

  /** The server asks for its cookie. Only its first request counts. */
  #repeatHello({ sequence, body }: HandshakeMessage): void {
    this.#assembly.delete(sequence);
    const reader = new TlsReader(body);
    if (sequence !== 0 || reader.left < 3) return;
    reader.take(2);
    const length = reader.number(1);
    if (length !== reader.left) return;
    this.#hello = this.#helloWith(1, reader.take(length));
    this.#next = 1;
    this.#flight.stop();
    this.#sendHello();
  }

  #sendHello(): void {
    const hello = this.#hello;
    this.#flight.start([() => this.#plain(hello)]);
    this.#flight.repeat();
  }

  #helloWith(sequence: number, cookie: Buffer): HandshakeMessage {
    return { type: CLIENT_HELLO, sequence, body: clientHello(this.#random, cookie) };
  }

  #keysOf(messages: readonly HandshakeMessage[]): { keys: Keys; flight: (() => Buffer)[] } | null {
    const find = (type: number) => messages.find((message) => message.type === type);
    const [hello, certificate, exchange] = [SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE].map(find);
    if (!hello || !certificate || !exchange) return null;
    const told = readServerHello(hello.body);
    const offered = readServerKeyExchange(exchange.body);
    const bearer = readPeerCertificate(certificate.body, this.#options.fingerprints);
    if (told === null || offered === null || bearer === null) return null;
    this.#proofs += 1;
    const signed = Buffer.concat([this.#random, told.random, offered.parameters]);
    if (!isSignedBy(bearer, offered.signature, signed)) return null;
    const share = createKeyShare(offered.group);
    let shared: Buffer;
    try {
      shared = share.agree(offered.publicKey);
    } catch {
      return null;
    }
    return this.#answer(messages, told, shared, share.publicKey);
  }

  #answer(received: readonly HandshakeMessage[], told: ServerHello, shared: Buffer, publicKey: Buffer) {
    const { identity } = this.#options;
    const isAsked = received.some(({ type }) => type === CERTIFICATE_REQUEST);
    const first = this.#hello.sequence + 1;
    const messages: HandshakeMessage[] = [];
    const add = (type: number, body: Buffer) => messages.push({ type, sequence: first + messages.length, body });
    if (isAsked) add(CERTIFICATE, vectorOf(3, vectorOf(3, identity.certificate)));
    add(CLIENT_KEY_EXCHANGE, vectorOf(1, publicKey));
    const transcriptOf = () => Buffer.concat([this.#hello, ...received, ...messages].map(writeMessage));
    const session = transcriptOf();
    const randoms = { client: this.#random, server: told.random };
    const schedule = new KeySchedule(shared, randoms, told.hasExtendedMasterSecret ? session : null);
    if (isAsked) {
      const scheme = Buffer.alloc(2);
      scheme.writeUInt16BE(ECDSA_SHA256);
      add(CERTIFICATE_VERIFY, Buffer.concat([scheme, vectorOf(2, sign('sha256', session, identity.privateKey))]));
    }
    const body = schedule.verifyData('client', transcriptOf());
    const finished = { type: FINISHED, sequence: first + messages.length, body };
    const transcript = Buffer.concat([transcriptOf(), writeMessage(finished)]);
    const keys: Keys = { schedule, ...schedule.recordKeys(), srtpProfile: told.srtpProfile, transcript };
    const flight = [
      ...messages.map((message) => () => this.#plain(message)),
      () => writeRecord(CHANGE_CIPHER_SPEC, 0, this.#plainSequence++, Buffer.from([1])),
      () => this.#seal(keys, HANDSHAKE, writeMessage(finished)),
    ];
    return { keys, flight };
  }

  #receiveSealed(record: DtlsRecord): void {
    const { onDropped } = this.#options;
    const state = this.#state;
    if (state.name !== 'finished' && state.name !== 'connected') return;
    const plain = openSealed(record, state.keys.server, this.#replays, onDropped);
    if (plain === null) return;
    if (record.type === HANDSHAKE) {
      if (state.name === 'finished') this.#receiveFinished(state.keys, plain);
      else if (plain[0] !== FINISHED) onDropped('dtls-unexpected');
      return;
    }
    this.#replays.note(record.sequence);
    this.#options.onAlive();
    // Warnings other than the close alert change nothing.
    if (record.type === ALERT && (plain[0] === FATAL || plain[1] === CLOSE_NOTIFY)) this.#end('closed');
    else if (record.type === APPLICATION_DATA && state.name === 'connected') this.#options.onData(plain);
    else if (record.type !== ALERT) onDropped('dtls-unexpected');
  }

  #receiveFinished(keys: Keys, plain: Buffer): void {
    const body = keys.schedule.verifyData('server', keys.transcript);
    const expected = writeMessage({ type: FINISHED, sequence: this.#next, body });
    // Only the peer has the keys that encrypted this record, so it is not forged.
    if (plain.length !== expected.length || !timingSafeEqual(plain, expected)) {
      this.#fail(DECRYPT_ERROR);
      return;
    }
    this.#flight.close();
    this.#assembly.clear();
    this.#state = { name: 'connected', keys };
    this.#options.onAlive();
    this.#options.onConnected(keys.schedule.srtpKeys(keys.srtpProfile));
  }

  #plain(message: HandshakeMessage): Buffer {
    return writeRecord(HANDSHAKE, 0, this.#plainSequence++, writeMessage(message));
  }

  #seal({ client }: Keys, type: number, content: Buffer): Buffer {
    return sealRecord(client, type, 1, this.#sealedSequence++, content);
  }

  #fail(description: number): void {
    const alert = Buffer.from([FATAL, description]);
    const { send } = this.#options;
    if (this.#state.name === 'finished') send(this.#seal(this.#state.keys, ALERT, alert));
    else send(writeRecord(ALERT, 0, this.#plainSequence++, alert));
    this.#end('failed');
  }

  #end(end: 'closed' | 'failed'): void {
    this.close();
    this.#options.onEnded(end);
  }
}
