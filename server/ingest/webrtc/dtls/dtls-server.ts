import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type ClientHello, readClientHello } from './client-hello.ts';
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
  CERTIFICATE_VERIFY,
  CLIENT_HELLO,
  CLIENT_KEY_EXCHANGE,
  FINISHED,
  type HandshakeMessage,
  writeMessage,
} from './handshake-message.ts';
import { KeySchedule } from './key-schedule.ts';
import { createKeyShare, type KeyShare } from './key-share.ts';
import { MessageAssembly } from './message-assembly.ts';
import { CLOSE_NOTIFY, DECRYPT_ERROR, HANDSHAKE_FAILURE, type Negotiated, negotiate } from './negotiation.ts';
import { openSealed } from './open-sealed.ts';
import { type DirectionKeys, sealRecord } from './record-cipher.ts';
import { ReplayWindow } from './replay-window.ts';
import { helloVerifyRequest, serverFlight } from './server-messages.ts';
import { TlsReader } from './tls-reader.ts';

/** Client flights that are checked in full. Each check costs this server a signature verification. */
const MAX_PROOFS = 16;
/** Record numbers, counted back from the newest, that are checked for replay. Older records count as replayed. */
const REPLAY_WINDOW = 256;
/** Sequence numbers of a client's messages: two hellos, then its proof, then its Finished. */
const HELLO = 0;
const COOKIED_HELLO = 1;
const PROOF = [
  [2, CERTIFICATE],
  [3, CLIENT_KEY_EXCHANGE],
  [4, CERTIFICATE_VERIFY],
] as const;
const FINISHED_SEQUENCE = 5;
const FATAL = 2;
const WARNING = 1;

/** State of the handshake. */
type State =
  | { readonly name: 'hello' }
  | { readonly name: 'proof'; readonly exchange: Exchange }
  | { readonly name: 'finished'; readonly exchange: Exchange; readonly keys: Keys }
  | { readonly name: 'connected'; readonly keys: Keys }
  | { readonly name: 'closed' };

interface Exchange {
  readonly hello: ClientHello;
  readonly negotiated: Negotiated;
  readonly random: Buffer;
  readonly share: KeyShare;
  /** All messages so far, in the form of RFC 6347, 4.2.6. */
  readonly transcript: Buffer[];
}

interface Keys {
  readonly schedule: KeySchedule;
  readonly client: DirectionKeys;
  readonly server: DirectionKeys;
}

/**
 * The server's side of DTLS 1.2 (RFC 6347) with one client. The client must prove that it has the key of the
 * certificate that its offer names. No data is accepted before that. No plaintext message ends a handshake or a
 * connection, so an attacker on another address cannot do so. Messages that do not fit are dropped, and the client
 * repeats its own.
 */
export class DtlsServer implements DtlsEndpoint {
  readonly #options: DtlsOptions;
  readonly #cookieKey = randomBytes(32);
  readonly #assembly = new MessageAssembly();
  readonly #replays = new ReplayWindow(REPLAY_WINDOW);
  readonly #flight: DtlsFlight;
  #state: State = { name: 'hello' };
  #proofs = 0;
  #plainSequence = 0;
  #sealedSequence = 0;

  constructor(options: DtlsOptions) {
    this.#options = options;
    this.#flight = new DtlsFlight(options);
  }

  get isConnected(): boolean {
    return this.#state.name === 'connected';
  }

  /** Handles a datagram from the client's address. */
  receive(datagram: Buffer): void {
    const records = readRecords(datagram);
    if (records.length === 0) this.#options.onDropped('dtls-malformed');
    for (const record of records) {
      if (this.#state.name === 'closed') return;
      if (record.epoch === 0) this.#receivePlain(record);
      else this.#receiveSealed(record);
    }
  }

  /** Sends data. Drops it if no client is connected. */
  send(bytes: Buffer): void {
    if (this.#state.name === 'connected') {
      this.#options.send(this.#seal(this.#state.keys, APPLICATION_DATA, bytes));
    }
  }

  /** Sends a close alert to a connected client. No handler is called afterwards. */
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
    if (type === HANDSHAKE && (name === 'hello' || name === 'proof')) {
      const isWanted = (sequence: number) =>
        name === 'hello' ? sequence <= COOKIED_HELLO : sequence >= COOKIED_HELLO && sequence < FINISHED_SEQUENCE;
      const whole = this.#assembly.take(fragment, isWanted);
      for (const sequence of whole) this.#receiveMessage(this.#assembly.get(sequence));
    } else if (type !== CHANGE_CIPHER_SPEC && (type !== HANDSHAKE || name === 'connected')) {
      // A change of ciphers adds nothing to the epoch.
      this.#options.onDropped('dtls-plaintext');
    }
  }

  #receiveMessage(message: HandshakeMessage | null): void {
    if (message === null) return;
    if (message.type === CLIENT_HELLO) this.#receiveHello(message);
    else if (this.#state.name === 'proof') this.#receiveProof(this.#state.exchange);
    else this.#assembly.delete(message.sequence);
  }

  #receiveHello(message: HandshakeMessage): void {
    this.#assembly.delete(message.sequence);
    if (this.#state.name === 'proof') {
      // The client missed the answer.
      if (message.sequence === COOKIED_HELLO) this.#flight.send();
      return;
    }
    const hello = helloOf(message);
    if (hello === null) {
      this.#options.onDropped('dtls-malformed');
      return;
    }
    const cookie = createHmac('sha256', this.#cookieKey).update(hello.uncookied).digest().subarray(0, 20);
    if (message.sequence === HELLO) {
      this.#options.send(this.#plain(helloVerifyRequest(cookie)));
    } else if (hello.cookie.length !== cookie.length || !timingSafeEqual(hello.cookie, cookie)) {
      this.#options.onDropped('dtls-unauthentic');
    } else {
      this.#answerHello(hello, message);
    }
  }

  #answerHello(hello: ClientHello, message: HandshakeMessage): void {
    const negotiated = negotiate(hello);
    if ('alert' in negotiated) {
      this.#fail(negotiated.alert);
      return;
    }
    const share = createKeyShare(negotiated.group);
    const random = randomBytes(32);
    const { identity } = this.#options;
    const flight = serverFlight({ hello, negotiated, random, publicKey: share.publicKey, identity });
    const transcript = [message, ...flight].map(writeMessage);
    this.#state = { name: 'proof', exchange: { hello, negotiated, random, share, transcript } };
    this.#assembly.clear();
    this.#flight.start(flight.map((each) => () => this.#plain(each)));
    this.#flight.repeat();
  }

  /** Checks all three messages together. A forged one costs only a repetition. */
  #receiveProof(exchange: Exchange): void {
    const messages = PROOF.map(([sequence]) => this.#assembly.get(sequence));
    const [certificate, keyExchange, signature] = messages;
    if (!certificate || !keyExchange || !signature) return;
    for (const [sequence] of PROOF) this.#assembly.delete(sequence);
    const isProof = PROOF.every(([, type], index) => messages[index]!.type === type);
    const keys = isProof ? this.#keysOf(exchange, certificate, keyExchange, signature) : null;
    if (keys === null) {
      this.#options.onDropped('dtls-unauthentic');
      if (this.#proofs === MAX_PROOFS) this.#fail(HANDSHAKE_FAILURE);
      return;
    }
    exchange.transcript.push(...[certificate, keyExchange, signature].map(writeMessage));
    this.#state = { name: 'finished', exchange, keys };
    this.#flight.stop();
  }

  #keysOf(
    { hello, random, share, transcript }: Exchange,
    certificate: HandshakeMessage,
    keyExchange: HandshakeMessage,
    signature: HandshakeMessage,
  ): Keys | null {
    const bearer = readPeerCertificate(certificate.body, this.#options.fingerprints);
    if (bearer === null) return null;
    this.#proofs += 1;
    const signed = Buffer.concat([...transcript, writeMessage(certificate), writeMessage(keyExchange)]);
    if (!isSignedBy(bearer, signature.body, signed)) return null;
    const shared = sharedSecret(share, keyExchange.body);
    if (shared === null) return null;
    const randoms = { client: hello.random, server: random };
    const schedule = new KeySchedule(shared, randoms, hello.hasExtendedMasterSecret ? signed : null);
    return { schedule, ...schedule.recordKeys() };
  }

  #receiveSealed(record: DtlsRecord): void {
    const { onDropped } = this.#options;
    const state = this.#state;
    // Encrypted records are useless before the keys exist. The client sends them again.
    if (state.name !== 'finished' && state.name !== 'connected') return;
    const plain = openSealed(record, state.keys.client, this.#replays, onDropped);
    if (plain === null) return;
    if (record.type === HANDSHAKE) {
      if (state.name === 'finished') this.#receiveFinished(state, plain);
      else if (plain[0] === FINISHED) this.#flight.send();
      else onDropped('dtls-unexpected');
      return;
    }
    this.#replays.note(record.sequence);
    this.#options.onAlive();
    if (record.type === ALERT) this.#receiveAlert(plain);
    else if (record.type === APPLICATION_DATA && state.name === 'connected') this.#options.onData(plain);
    else onDropped('dtls-unexpected');
  }

  #receiveAlert(alert: Buffer): void {
    // Warnings other than the close alert change nothing.
    if (alert[0] === FATAL || alert[1] === CLOSE_NOTIFY) this.#end('closed');
  }

  #receiveFinished({ exchange, keys }: Extract<State, { name: 'finished' }>, plain: Buffer): void {
    const transcript = Buffer.concat(exchange.transcript);
    const body = keys.schedule.verifyData('client', transcript);
    const expected = writeMessage({ type: FINISHED, sequence: FINISHED_SEQUENCE, body });
    // Only the client has the keys that encrypted this record, so it is not forged.
    if (plain.length !== expected.length || !timingSafeEqual(plain, expected)) {
      this.#fail(DECRYPT_ERROR);
      return;
    }
    this.#state = { name: 'connected', keys };
    this.#options.onAlive();
    const own = writeMessage({
      type: FINISHED,
      sequence: FINISHED_SEQUENCE + 1,
      body: keys.schedule.verifyData('server', Buffer.concat([transcript, expected])),
    });
    this.#flight.start([
      () => writeRecord(CHANGE_CIPHER_SPEC, 0, this.#plainSequence++, Buffer.from([1])),
      () => this.#seal(keys, HANDSHAKE, own),
    ]);
    this.#options.onConnected(keys.schedule.srtpKeys(exchange.negotiated.srtpProfile));
  }

  #plain(message: HandshakeMessage): Buffer {
    return writeRecord(HANDSHAKE, 0, this.#plainSequence++, writeMessage(message));
  }

  #seal({ server }: Keys, type: number, content: Buffer): Buffer {
    return sealRecord(server, type, 1, this.#sealedSequence++, content);
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

function helloOf(message: HandshakeMessage): ClientHello | null {
  try {
    return readClientHello(message.body);
  } catch {
    return null;
  }
}

function sharedSecret(share: KeyShare, body: Buffer): Buffer | null {
  try {
    return share.agree(new TlsReader(body).vector(1));
  } catch {
    return null;
  }
}
