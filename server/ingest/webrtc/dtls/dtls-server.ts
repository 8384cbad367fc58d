import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../../pipeline/index.ts';
import type { Fingerprint } from '../sdp/offer.ts';
import { type ClientHello, readClientHello } from './client-hello.ts';
import { isSignedBy, readClientCertificate } from './client-proof.ts';
import { DtlsFlight } from './dtls-flight.ts';
import type { DtlsIdentity } from './dtls-identity.ts';
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
import { KeySchedule, type SrtpKeys } from './key-schedule.ts';
import { createKeyShare, type KeyShare } from './key-share.ts';
import { MessageAssembly } from './message-assembly.ts';
import { CLOSE_NOTIFY, DECRYPT_ERROR, HANDSHAKE_FAILURE, type Negotiated, negotiate } from './negotiation.ts';
import { type DirectionKeys, openRecord, sealRecord } from './record-cipher.ts';
import { ReplayWindow } from './replay-window.ts';
import { helloVerifyRequest, serverFlight } from './server-messages.ts';
import { TlsReader } from './tls-reader.ts';

/** Why a datagram, or a record of one, came to nothing. */
export type DtlsDrop =
  /** No DTLS, or a handshake message that cannot be read. */
  | 'dtls-malformed'
  /** In the clear where all must be encrypted, or an alert, which must always be. */
  | 'dtls-plaintext'
  /** Encrypted with other keys, or a client's flight that proves nothing. */
  | 'dtls-unauthentic'
  /** It came before. */
  | 'dtls-replayed'
  /** Genuine, and of no use at its time: a renegotiation, data before the handshake is done. */
  | 'dtls-unexpected';

export interface DtlsServerOptions {
  readonly identity: DtlsIdentity;
  /** Those of the offer: the client must bear a certificate that one of them names. */
  readonly fingerprints: readonly Fingerprint[];
  readonly clock: Clock;
  readonly send: (datagram: Buffer) => void;
  /** The client has proved who it is. */
  readonly onConnected: (keys: SrtpKeys) => void;
  /** One record of the authenticated client. */
  readonly onData: (bytes: Buffer) => void;
  /** Something came that only the client can have sent. */
  readonly onAlive: () => void;
  /** The client said that it leaves, or failed to prove who it is. Told once, unless {@link DtlsServer.close} was first. */
  readonly onEnded: (end: 'closed' | 'failed') => void;
  readonly onDropped: (reason: DtlsDrop) => void;
}

/** Flights that are checked with the client's own certificate: each costs this server a signature. */
const MAX_PROOFS = 16;
/** Records behind the newest that are told from repeated ones. */
const REPLAY_WINDOW = 256;
/** Sequences of a client's messages: two hellos, then its proof, then its Finished. */
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

/** What a handshake has come to. */
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
  /** All messages so far, as RFC 6347, 4.2.6 has them. */
  readonly transcript: Buffer[];
}

interface Keys {
  readonly schedule: KeySchedule;
  readonly client: DirectionKeys;
  readonly server: DirectionKeys;
}

/**
 * The server's side of DTLS 1.2 (RFC 6347) with one client, which must prove that it has the key of the certificate that
 * its offer names: nothing of it is taken before. Whatever an attacker on another address sends comes to nothing, since
 * no plaintext message ends a handshake or a connection: what does not fit is dropped, and the client repeats itself.
 */
export class DtlsServer {
  readonly #options: DtlsServerOptions;
  readonly #cookieKey = randomBytes(32);
  readonly #assembly = new MessageAssembly();
  readonly #replays = new ReplayWindow(REPLAY_WINDOW);
  readonly #flight: DtlsFlight;
  #state: State = { name: 'hello' };
  #proofs = 0;
  #plainSequence = 0;
  #sealedSequence = 0;

  constructor(options: DtlsServerOptions) {
    this.#options = options;
    this.#flight = new DtlsFlight(options);
  }

  get isConnected(): boolean {
    return this.#state.name === 'connected';
  }

  /** A datagram that came from the client's address. */
  receive(datagram: Buffer): void {
    const records = readRecords(datagram);
    if (records.length === 0) this.#options.onDropped('dtls-malformed');
    for (const record of records) {
      if (this.#state.name === 'closed') return;
      if (record.epoch === 0) this.#receivePlain(record);
      else this.#receiveSealed(record);
    }
  }

  /** Sends data; dropped while nothing is connected. */
  send(bytes: Buffer): void {
    if (this.#state.name === 'connected') {
      this.#options.send(this.#seal(this.#state.keys, APPLICATION_DATA, bytes));
    }
  }

  /** Says goodbye to a client that is connected. No handler is called after it. */
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
      // A change of ciphers tells nothing that the epoch does not.
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
      // The client has missed the answer to it.
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

  /** All three messages are checked together: one that somebody forged costs no more than a repetition. */
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
    const bearer = readClientCertificate(certificate.body, this.#options.fingerprints);
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
    // Before the keys are made it is of no use: the client sends it again.
    if (state.name !== 'finished' && state.name !== 'connected') return;
    if (record.epoch !== 1) {
      onDropped('dtls-unauthentic');
      return;
    }
    // A Finished may come again, and werift's clients give its number to their first data too.
    const isHandshake = record.type === HANDSHAKE;
    if (!isHandshake && !this.#replays.isNew(record.sequence)) {
      onDropped('dtls-replayed');
      return;
    }
    const plain = openRecord(state.keys.client, record);
    if (plain === null) {
      onDropped('dtls-unauthentic');
      return;
    }
    if (isHandshake) {
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
    // A warning other than the goodbye changes nothing.
    if (alert[0] === FATAL || alert[1] === CLOSE_NOTIFY) this.#end('closed');
  }

  #receiveFinished({ exchange, keys }: Extract<State, { name: 'finished' }>, plain: Buffer): void {
    const transcript = Buffer.concat(exchange.transcript);
    const body = keys.schedule.verifyData('client', transcript);
    const expected = writeMessage({ type: FINISHED, sequence: FINISHED_SEQUENCE, body });
    // It was encrypted with the keys: a forger cannot have sent it.
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
