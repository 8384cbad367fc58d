import { Event, type RTCDtlsTransport, RTCSctpTransport } from 'werift';
import type { Clock } from '../../../../pipeline/index.ts';
import { TokenBucket } from '../../../limits/token-bucket.ts';
import type { PeerGuard } from '../../../peer-guard.ts';
import type { MessageChannel } from '../transport/media-transport.ts';
import { type SctpDrop, SctpGate } from './sctp-gate.ts';

export interface SctpAssociationOptions {
  readonly remotePort: number;
  /** Largest message that is read, in bytes. */
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  readonly guard: PeerGuard;
  /** Sends a packet to the peer, encrypted. */
  readonly send: (packet: Buffer) => void;
  readonly onChannel: (channel: MessageChannel) => void;
  readonly onDropped: (reason: SctpAssociationDrop) => void;
}

export type SctpAssociationDrop =
  | SctpDrop
  /** More packets than a publisher sends for words. */
  | 'sctp-too-fast'
  /** A reply was dropped because the peer does not acknowledge earlier ones. */
  | 'sctp-reply';

/** The server's SCTP port. There is one association per connection. */
const LOCAL_PORT = 5000;
/** Smallest receive window that is announced to a peer, in bytes. */
const MIN_WINDOW_BYTES = 128 * 1024;
/** Packets per second. Words need only a few. A sender repeats dropped packets, more slowly. */
const MAX_PACKETS_PER_SECOND = 500;
/** Chunks of replies that may wait until the peer acknowledges earlier ones. */
const MAX_WAITING_CHUNKS = 64;
/** Payload protocols (RFC 8831, 8) and control messages (RFC 8832). */
const CONTROL = 50;
const TEXT = 51;
const EMPTY_TEXT = 56;
const OPEN = 3;
const ACKNOWLEDGE = Buffer.from([2]);
const OPEN_BYTES = 12;
const MAX_LABEL_BYTES = 256;

/** The parts of werift's association that this class uses, including private ones. */
interface Inside {
  readonly associationState: number;
  readonly localVerificationTag: number;
  readonly localTsn: number;
  readonly inboundStreams: Record<number, { readonly reassembly: readonly { readonly userData: Buffer }[] }>;
  readonly outboundQueue: readonly unknown[];
  advertisedRwnd: number;
  handleData(packet: Buffer): Promise<void>;
}

/** werift's `SCTP_STATE.ESTABLISHED`. */
const ESTABLISHED = 4;

/**
 * Data channels of one authenticated peer. werift handles the association. Each packet passes {@link SctpGate} first.
 * If werift still throws, the peer is at fault.
 */
export class SctpAssociation {
  readonly #options: SctpAssociationOptions;
  readonly #sctp: RTCSctpTransport['sctp'];
  readonly #inside: Inside;
  readonly #gate: SctpGate;
  readonly #packets: TokenBucket;
  readonly #listeners = new Map<number, (text: string | null) => void>();
  #isClosed = false;

  constructor(options: SctpAssociationOptions) {
    const { remotePort, maxMessageBytes, clock, guard, send, onDropped } = options;
    this.#options = options;
    const transport = new RTCSctpTransport(LOCAL_PORT, maxMessageBytes);
    // The part of DTLS that werift's association uses.
    const dtls = {
      id: '',
      iceTransport: { role: 'controlled' },
      onStateChange: new Event(),
      dataReceiver: () => {},
      sendData: async (packet: Buffer) => send(packet),
    };
    transport.setDtlsTransport(dtls as unknown as RTCDtlsTransport);
    this.#sctp = transport.sctp;
    // werift's own data channels throw in promises that nobody awaits, so they are replaced.
    this.#sctp.onReceive.allUnsubscribe();
    this.#sctp.onReconfigStreams.allUnsubscribe();
    this.#sctp.stateChanged.connected.allUnsubscribe();
    this.#sctp.stateChanged.closed.allUnsubscribe();
    this.#sctp.onSackReceived = async () => {};
    this.#sctp.onReceive.subscribe((stream, protocol, data) => this.#onMessage(stream, protocol, data));
    this.#sctp.onReconfigStreams.subscribe((streams) => {
      for (const stream of streams) this.#listeners.delete(stream);
    });
    const inside = insideOf(this.#sctp);
    this.#inside = inside;
    const windowBytes = Math.max(MIN_WINDOW_BYTES, 2 * maxMessageBytes);
    inside.advertisedRwnd = windowBytes;
    this.#gate = new SctpGate({
      localPort: LOCAL_PORT,
      remotePort,
      windowBytes,
      onDropped,
      inside: {
        get verificationTag() {
          return inside.localVerificationTag;
        },
        get isEstablished() {
          return inside.associationState === ESTABLISHED;
        },
        get nextTsn() {
          return inside.localTsn;
        },
        get heldBytes() {
          return windowBytes - inside.advertisedRwnd;
        },
        get heldChunks() {
          return Object.values(inside.inboundStreams).reduce((sum, { reassembly }) => sum + reassembly.length, 0);
        },
        hasStream: (id) => inside.inboundStreams[id] !== undefined,
        get streams() {
          return Object.keys(inside.inboundStreams).length;
        },
      },
    });
    this.#packets = new TokenBucket(MAX_PACKETS_PER_SECOND, 2 * MAX_PACKETS_PER_SECOND, clock.now());
    this.#sctp.isServer = true;
    this.#sctp.start(remotePort).catch((error: unknown) => guard.fault(error));
  }

  /** Handles a packet from the peer. */
  receive(bytes: Buffer): void {
    const { clock, guard, onDropped } = this.#options;
    if (this.#isClosed) return;
    if (!this.#packets.take(1, clock.now())) {
      onDropped('sctp-too-fast');
      return;
    }
    const packet = this.#gate.pass(bytes);
    if (packet !== null) this.#inside.handleData(packet).catch((error: unknown) => guard.fault(error));
  }

  /** Shuts the association down. No handler is called afterwards. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sctp.onReceive.allUnsubscribe();
    this.#listeners.clear();
    this.#sctp.stop().catch((error: unknown) => this.#options.guard.fault(error));
  }

  #onMessage(stream: number, protocol: number, data: Buffer): void {
    if (protocol === CONTROL) this.#onControl(stream, data);
    else if (protocol === TEXT) this.#listeners.get(stream)?.(data.toString('utf8'));
    else this.#listeners.get(stream)?.(protocol === EMPTY_TEXT ? '' : null);
  }

  #onControl(stream: number, data: Buffer): void {
    if (data[0] !== OPEN || data.length < OPEN_BYTES) return;
    const labelBytes = data.readUInt16BE(8);
    if (labelBytes > MAX_LABEL_BYTES || OPEN_BYTES + labelBytes > data.length) return;
    this.#send(stream, CONTROL, ACKNOWLEDGE);
    if (this.#listeners.has(stream)) return;
    this.#listeners.set(stream, () => {});
    const label = data.toString('utf8', OPEN_BYTES, OPEN_BYTES + labelBytes);
    this.#options.onChannel({
      label,
      listen: (onText) => {
        if (this.#listeners.has(stream)) this.#listeners.set(stream, onText);
      },
      send: (text) => {
        if (this.#listeners.has(stream)) this.#send(stream, TEXT, Buffer.from(text));
      },
    });
  }

  #send(stream: number, protocol: number, data: Buffer): void {
    const { guard, onDropped } = this.#options;
    if (this.#isClosed) return;
    if (this.#inside.outboundQueue.length >= MAX_WAITING_CHUNKS) onDropped('sctp-reply');
    else this.#sctp.send(stream, protocol, data).catch((error: unknown) => guard.fault(error));
  }
}

/** @throws TypeError if this version of werift has other private parts. */
function insideOf(sctp: RTCSctpTransport['sctp']): Inside {
  const inside = sctp as unknown as Inside;
  const { localVerificationTag, localTsn, inboundStreams, outboundQueue, advertisedRwnd, handleData } = inside;
  const isKnown =
    [localVerificationTag, localTsn, advertisedRwnd].every((value) => typeof value === 'number') &&
    typeof inboundStreams === 'object' &&
    Array.isArray(outboundQueue) &&
    typeof handleData === 'function';
  if (!isKnown) throw new TypeError('this version of werift has a different SCTP implementation');
  return inside;
}
