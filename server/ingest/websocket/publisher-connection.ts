import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import type { WebSocket } from 'ws';
import {
  CLOSE_CODES,
  type CloseReason,
  decodeMediaPacket,
  type Participant,
  type ParticipantInfo,
  ProtocolError,
  type PublisherMessage,
  type PublisherReply,
  parseJson,
  parsePublisherMessage,
  REFUSAL_CODES,
  type RefusalCode,
  type SessionEndReason,
  type SessionStart,
  type TrackAdd,
} from '../../../client-sdk/protocol/index.ts';
import type { Clock } from '../../../pipeline/index.ts';
import { ServiceError, type ServiceErrorCode } from '../../service-error.ts';
import type { CallPart } from '../call-part.ts';
import type { IngestMeter } from '../ingest-meter.ts';
import type { IngestPort } from '../ingest-port.ts';
import { TokenBucket } from '../token-bucket.ts';
import { PublishedTrack } from './published-track.ts';

/** Limits of one publisher; the names are those of the configuration. */
export interface PublisherLimits {
  readonly maxPacketBytes: number;
  readonly maxMessageBytes: number;
  readonly maxMessagesPerSecond: number;
  readonly maxBytesPerSecond: number;
  readonly maxTracksPerSession: number;
  readonly jitterMs: number;
  readonly helloTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export interface PublisherConnectionOptions {
  readonly socket: WebSocket;
  readonly port: IngestPort;
  readonly limits: PublisherLimits;
  readonly clock: Clock;
  readonly meter: IngestMeter;
  readonly log: Logger;
}

/** Answers to refused packets a second; more are counted, not sent. */
const MAX_REFUSALS_PER_SECOND = 20;

/** Time a socket has to answer the close frame before it is cut, in ms. */
const CLOSE_TIMEOUT_MS = 2000;

/** How the end of a session is told to its publishers; null: the normal close. */
const CLOSE_REASON_OF_END: Readonly<Record<SessionEndReason, CloseReason | null>> = {
  completed: null,
  disconnected: null,
  idle: 'idle',
  shutdown: 'shutdown',
  failed: 'internal',
};

/** Why the port did not let a publisher in. */
const CLOSE_REASON_OF_ERROR: Readonly<Partial<Record<ServiceErrorCode, CloseReason>>> = {
  'session-exists': 'session-taken',
  'session-limit': 'overloaded',
  'shutting-down': 'shutdown',
};

/** One publisher's WebSocket: checks what comes, in the order of what the checks cost, and hands it to a session. */
export class PublisherConnection {
  readonly #options: PublisherConnectionOptions;
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #refusals: TokenBucket;
  readonly #tracks = new Map<number, PublishedTrack>();
  #joined: CallPart | null = null;
  #lastHeardMs: number;
  #timer: Subscription;
  #closing = false;

  constructor(options: PublisherConnectionOptions) {
    const { socket, clock, limits } = options;
    const now = clock.now();
    this.#options = options;
    this.#messages = new TokenBucket(limits.maxMessagesPerSecond, 2 * limits.maxMessagesPerSecond, now);
    const byteBurst = Math.max(2 * limits.maxBytesPerSecond, limits.maxPacketBytes);
    this.#bytes = new TokenBucket(limits.maxBytesPerSecond, byteBurst, now);
    this.#refusals = new TokenBucket(MAX_REFUSALS_PER_SECOND, MAX_REFUSALS_PER_SECOND, now);
    this.#lastHeardMs = now;
    this.#timer = clock.scheduler.schedule(() => this.#fail('idle'), limits.helloTimeoutMs);
    socket.on('message', (data, isBinary) => {
      if (!this.#closing) this.#onMessage(data as Buffer, isBinary);
    });
    socket.on('close', () => this.#onClosed());
    // ws closes the socket itself after a framing error; without a listener the error would end the process.
    socket.on('error', () => {});
  }

  #onMessage(bytes: Buffer, isBinary: boolean): void {
    const { clock, limits, meter } = this.#options;
    const now = clock.now();
    this.#lastHeardMs = now;
    meter.received(isBinary ? 'packet' : 'message', bytes.byteLength);
    if (!this.#messages.take(1, now) || !this.#bytes.take(bytes.byteLength, now)) {
      this.#fail('too-fast');
    } else if (bytes.byteLength > (isBinary ? limits.maxPacketBytes : limits.maxMessageBytes)) {
      this.#fail('too-large');
    } else {
      this.#handle(bytes, isBinary);
    }
  }

  #handle(bytes: Buffer, isBinary: boolean): void {
    try {
      if (isBinary) this.#onPacket(bytes);
      else this.#onControl(parsePublisherMessage(parseJson(bytes.toString('utf8'))));
    } catch (error) {
      if (error instanceof ProtocolError) {
        this.#fail(error.closeReason, error.message);
      } else if (error instanceof ServiceError) {
        this.#fail(CLOSE_REASON_OF_ERROR[error.code] ?? 'overloaded', error.message);
      } else {
        const sessionId = this.#joined?.session.id;
        this.#options.log.error({ err: error, sessionId }, 'a message of a publisher could not be handled');
        this.#fail('internal');
      }
    }
  }

  #onControl(message: PublisherMessage): void {
    const joined = this.#joined;
    if (message.type === 'session.start') {
      if (joined === null) this.#start(message);
      else this.#fail('unexpected-message', 'session.start may come only once.');
    } else if (joined === null) {
      this.#fail('unexpected-message', 'session.start must come first.');
    } else if (message.type === 'session.end') {
      joined.end();
    } else if (message.type === 'track.add') {
      this.#addTrack(joined, message);
    } else if (message.type === 'transcript') {
      const track = this.#tracks.get(message.track);
      this.#refuse(track === undefined ? 'unknown-track' : track.takeTranscript(message));
    } else {
      this.#endTrack(message.track);
    }
  }

  #onPacket(bytes: Buffer): void {
    if (this.#joined === null) {
      this.#fail('unexpected-message', 'session.start must come before media.');
      return;
    }
    try {
      const packet = decodeMediaPacket(bytes);
      const track = this.#tracks.get(packet.track);
      this.#refuse(track === undefined ? 'unknown-track' : track.takePacket(packet));
    } catch (error) {
      // Another version means that every packet is unreadable; anything else is wrong with this one alone.
      if (!(error instanceof ProtocolError) || error.code === 'unsupported-version') throw error;
      this.#refuse('malformed-packet', error.message);
    }
  }

  #start(message: SessionStart): void {
    const { port, limits } = this.#options;
    const joined = port.join(message);
    const { session } = joined;
    this.#joined = joined;
    this.#lookAgainIn(limits.idleTimeoutMs);
    void session.finished.then((reason) => this.#onSessionFinished(reason));
    const { maxPacketBytes, maxMessageBytes, maxTracksPerSession: maxTracks, jitterMs } = limits;
    this.#reply({
      type: 'session.ready',
      sessionId: session.id,
      traceparent: session.traceparent,
      mediaTimeMs: joined.originMs,
      limits: { maxPacketBytes, maxMessageBytes, maxTracks, jitterMs },
    });
  }

  #addTrack(joined: CallPart, { track: name, participant, media }: TrackAdd): void {
    const added = this.#tracks.has(name)
      ? 'duplicate-track'
      : joined.addTrack({ media: media.kind, participant: toParticipant(participant) });
    if (typeof added === 'string') {
      this.#refuse(added);
    } else {
      this.#tracks.set(name, new PublishedTrack(added, media));
      this.#reply({ type: 'track.ready', track: name });
    }
  }

  #endTrack(name: number): void {
    const track = this.#tracks.get(name);
    track?.end();
    this.#tracks.delete(name);
    if (track === undefined) this.#refuse('unknown-track');
  }

  /** Tells that a message or packet alone was dropped; null: it was not. */
  #refuse(code: RefusalCode | null, message?: string): void {
    if (code === null) return;
    const { clock, meter } = this.#options;
    meter.refused(code);
    if (!this.#refusals.take(1, clock.now())) return;
    this.#reply({ type: 'error', code, message: message ?? REFUSAL_CODES[code], fatal: false });
  }

  /** Nothing more is taken from this publisher. */
  #fail(reason: CloseReason, message: string = CLOSE_CODES[reason].meaning): void {
    this.#reply({ type: 'error', code: reason, message, fatal: true });
    this.#close(reason);
  }

  #close(reason: CloseReason | null): void {
    const { socket, clock, meter } = this.#options;
    this.#closing = true;
    if (reason !== null) meter.closed(reason);
    socket.close(reason === null ? 1000 : CLOSE_CODES[reason].code, reason ?? '');
    this.#timer.unsubscribe();
    this.#timer = clock.scheduler.schedule(() => socket.terminate(), CLOSE_TIMEOUT_MS);
    this.#leave(reason === 'idle' ? 'idle' : 'disconnected');
  }

  #onSessionFinished(reason: SessionEndReason): void {
    if (this.#closing) return;
    const closeReason = CLOSE_REASON_OF_END[reason];
    if (closeReason === null) this.#close(null);
    else this.#fail(closeReason);
  }

  #onClosed(): void {
    this.#closing = true;
    this.#timer.unsubscribe();
    this.#leave('disconnected');
  }

  #leave(reason: 'idle' | 'disconnected'): void {
    this.#joined?.leave(reason);
    this.#joined = null;
  }

  /** One timer a period of silence, none a packet. */
  #lookAgainIn(delayMs: number): void {
    this.#timer.unsubscribe();
    this.#timer = this.#options.clock.scheduler.schedule(() => this.#closeIfIdle(), delayMs);
  }

  #closeIfIdle(): void {
    const { clock, limits } = this.#options;
    const leftMs = limits.idleTimeoutMs - (clock.now() - this.#lastHeardMs);
    // While the last utterances are finished it is the publisher who waits.
    if (this.#joined?.session.ending === true) this.#lookAgainIn(limits.idleTimeoutMs);
    else if (leftMs > 0) this.#lookAgainIn(leftMs);
    else this.#fail('idle');
  }

  #reply(reply: PublisherReply): void {
    this.#options.socket.send(JSON.stringify(reply));
  }
}

function toParticipant({ id, role, displayName }: ParticipantInfo): Participant {
  return { id, role: role ?? 'unknown', displayName: displayName ?? null };
}
