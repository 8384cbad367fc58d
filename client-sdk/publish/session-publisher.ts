import { ClientError } from '../connection/client-error.ts';
import { connect, type ServerAddress, type WebSocketLike } from '../connection/web-socket.ts';
import {
  encodeMediaPacket,
  type MediaPacket,
  type ParticipantInfo,
  PROTOCOL_VERSION,
  ProtocolError,
  PUBLISH_SUBPROTOCOL,
  type PublisherMessage,
  type PublisherReply,
  parseJson,
  parsePublisherMessage,
  parsePublisherReply,
  type RefusalCode,
  type ServerError,
  type SessionReady,
  type TrackMedia,
  type TranscriptMessage,
} from '../protocol/index.ts';
import { PacedSender } from './paced-sender.ts';
import { encodePcm } from './pcm.ts';
import type { OutgoingKind } from './send-queue.ts';

/** Where to publish, and as what. */
export interface SessionOptions extends ServerAddress {
  /** 1…64 of `A-Z a-z 0-9 . _ -`; the server chooses one when it is left out. */
  readonly sessionId?: string;
  /** Up to 200 characters, shown in the dashboard. */
  readonly title?: string;
  /** W3C trace context that every event of the session repeats. */
  readonly traceparent?: string;
  /** Aborting hangs up, before the session is open or after. */
  readonly signal?: AbortSignal;
  /** Most bytes that wait for a slow connection. Above it the oldest pictures, then the oldest audio, are dropped. Default 2 MiB. */
  readonly maxWaitingBytes?: number;
  /** Called when the server dropped a message or packet and goes on. */
  readonly onRefused?: (error: ServerError) => void;
}

/** Words for {@link SessionPublisher.sendTranscript}. */
export type TranscriptWords = Omit<TranscriptMessage, 'type' | 'track'>;

/**
 * An open session. Media times are ms since a zero that the publisher chooses, the same for all its tracks. The
 * `send` methods never wait; they throw RangeError when the track or the media does not fit, and
 * {@link ClientError} `closed` once the session is over.
 */
export interface SessionPublisher {
  readonly sessionId: string;
  /** Epoch of the session's event log; null if the server sends none. If it differs from before, the session is a new one. */
  readonly epoch: string | null;
  readonly traceparent: string;
  /** The session's media time when this publisher joined, in ms; 0 for the publisher that opened it. */
  readonly mediaTimeMs: number;
  readonly limits: SessionReady['limits'];
  /** Packets given up so far because the connection was too slow. */
  readonly dropped: { readonly audioPackets: number; readonly videoPackets: number };
  /** Resolves when the session has ended normally or was closed on this side; rejects with {@link ClientError}. */
  readonly closed: Promise<void>;
  /**
   * Announces a track. A participant has at most one of a kind.
   *
   * @returns the track's number, once the server is ready for it.
   * @throws {@link ClientError} `track-refused`, with the server's reason in the message; RangeError.
   */
  addTrack(participant: ParticipantInfo, media: TrackMedia): Promise<number>;
  /**
   * Sends audio in the encoding of the track.
   *
   * @param samples - −1…1, channels interleaved, in the rate of the track; the caller keeps the buffer. In 16 bits,
   *   values beyond are clipped and what is not a number becomes silence.
   * @param mediaTimeMs - of the first sample.
   */
  sendAudio(track: number, samples: Float32Array, mediaTimeMs: number): void;
  /**
   * Sends one picture.
   *
   * @param bytes - one whole picture in the encoding of the track; the caller keeps the buffer.
   * @param mediaTimeMs - when it was taken.
   */
  sendImage(track: number, bytes: Uint8Array, mediaTimeMs: number): void;
  /** Sends interim or final words. A repeated `segmentId` replaces the segment. */
  sendTranscript(track: number, words: TranscriptWords): void;
  /** Nothing more follows on the track. */
  endTrack(track: number): void;
  /**
   * Ends the session and waits until the server has finished the open utterances. If others are in it and the token may not
   * end it for them, only this publisher leaves.
   */
  end(): Promise<void>;
  /** Leaves the session to its other publishers; resolves when the connection is closed. */
  leave(): Promise<void>;
  /** Hangs up at once, without ending the session. */
  close(): void;
}

const DEFAULT_MAX_WAITING_BYTES = 2 * 1024 * 1024;
const NORMAL_CLOSURE = 1000;
const TRACK_REFUSALS: readonly string[] = [
  'duplicate-track',
  'participant-taken',
  'too-many-tracks',
  'too-many-participants',
] satisfies RefusalCode[];

/**
 * Connects and opens a session (or joins a live one).
 *
 * @throws TypeError or RangeError when an option is unusable; {@link ClientError} when the server refuses or cannot be
 *   reached; the signal's reason when it aborts.
 */
export function openSession(options: SessionOptions): Promise<SessionPublisher> {
  return new Promise((resolve, reject) => {
    options.signal?.throwIfAborted();
    const publisher: WebSocketPublisher = new WebSocketPublisher(options, () => resolve(publisher));
    publisher.closed.then(() => reject(options.signal?.reason ?? ClientError.closed()), reject);
  });
}

interface PendingTrack {
  readonly track: number;
  resolve(track: number): void;
  reject(error: ClientError): void;
}

class WebSocketPublisher implements SessionPublisher {
  readonly closed: Promise<void>;
  readonly #socket: WebSocketLike;
  readonly #sender: PacedSender;
  readonly #onRefused: ((error: ServerError) => void) | undefined;
  readonly #onReady: () => void;
  readonly #settle: { resolve(): void; reject(error: ClientError): void };
  readonly #disconnected = Promise.withResolvers<void>();
  readonly #tracks = new Map<number, TrackMedia>();
  readonly #signal: AbortSignal | undefined;
  #pendingTracks: PendingTrack[] = [];
  #nextTrack = 0;
  #ready: SessionReady | null = null;
  #opened = false;
  #over = false;

  constructor(options: SessionOptions, onReady: () => void) {
    const { sessionId, title, traceparent, maxWaitingBytes = DEFAULT_MAX_WAITING_BYTES } = options;
    if (!(maxWaitingBytes > 0)) throw new RangeError('maxWaitingBytes must be above 0');
    const start = checked({
      type: 'session.start',
      version: PROTOCOL_VERSION,
      ...(sessionId !== undefined && { sessionId }),
      ...(title !== undefined && { title }),
      ...(traceparent !== undefined && { traceparent }),
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.closed = promise;
    // A caller who does not watch `closed` learns of the end from the next call.
    this.closed.catch(() => {});
    this.#settle = { resolve, reject };
    this.#onRefused = options.onRefused;
    this.#onReady = onReady;
    this.#signal = options.signal;
    this.#socket = connect(options, 'v1/publish', PUBLISH_SUBPROTOCOL, {
      opened: () => {
        this.#opened = true;
        this.#sendMessage(start);
      },
      message: (data) => this.#receive(data),
      closed: (code) => {
        this.#disconnected.resolve();
        if (code === NORMAL_CLOSURE) this.#finish(null);
        else this.#finish(this.#opened ? ClientError.fromClose(code) : ClientError.connectionFailed());
      },
    });
    this.#sender = new PacedSender(this.#socket, maxWaitingBytes);
    this.#signal?.addEventListener('abort', this.#abort);
  }

  get sessionId(): string {
    return this.#readiness.sessionId;
  }

  get epoch(): string | null {
    return this.#readiness.epoch ?? null;
  }

  get traceparent(): string {
    return this.#readiness.traceparent;
  }

  get mediaTimeMs(): number {
    return this.#readiness.mediaTimeMs ?? 0;
  }

  get limits(): SessionReady['limits'] {
    return this.#readiness.limits;
  }

  get dropped(): { readonly audioPackets: number; readonly videoPackets: number } {
    return { audioPackets: this.#sender.droppedAudioPackets, videoPackets: this.#sender.droppedVideoPackets };
  }

  addTrack(participant: ParticipantInfo, media: TrackMedia): Promise<number> {
    return new Promise((resolve, reject) => {
      const track = this.#nextTrack;
      const message = checked({ type: 'track.add', track, participant, media });
      this.#sendMessage(message);
      this.#nextTrack += 1;
      this.#tracks.set(track, media);
      this.#pendingTracks.push({ track, resolve, reject });
    });
  }

  sendAudio(track: number, samples: Float32Array, mediaTimeMs: number): void {
    const media = this.#tracks.get(track);
    if (media?.kind !== 'audio') throw new RangeError('track must be an audio track');
    this.#sendPacket({ kind: 'audio', track, mediaTimeMs, payload: encodePcm(samples, media.encoding) });
  }

  sendImage(track: number, bytes: Uint8Array, mediaTimeMs: number): void {
    if (this.#tracks.get(track)?.kind !== 'video') throw new RangeError('track must be a video track');
    this.#sendPacket({ kind: 'video', track, mediaTimeMs, payload: bytes });
  }

  sendTranscript(track: number, words: TranscriptWords): void {
    if (this.#tracks.get(track)?.kind !== 'transcript') throw new RangeError('track must be a transcript track');
    this.#sendMessage(checked({ type: 'transcript', track, ...words }));
  }

  endTrack(track: number): void {
    if (!this.#tracks.delete(track)) throw new RangeError('track must be one that is open');
    this.#sendMessage({ type: 'track.end', track });
  }

  end(): Promise<void> {
    if (!this.#over) this.#sendMessage({ type: 'session.end' });
    return this.closed;
  }

  leave(): Promise<void> {
    this.close();
    return this.#disconnected.promise;
  }

  close(): void {
    this.#finish(null);
    this.#socket.close(NORMAL_CLOSURE);
  }

  get #readiness(): SessionReady {
    if (this.#ready === null) throw new TypeError('the session is not open yet');
    return this.#ready;
  }

  readonly #abort = () => this.close();

  #receive(data: unknown): void {
    if (this.#over) return;
    try {
      this.#handle(parsePublisherReply(parseJson(String(data))));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#fail(ClientError.protocolViolation(error));
    }
  }

  #handle(reply: PublisherReply): void {
    if (reply.type === 'session.ready') {
      this.#ready = reply;
      this.#onReady();
    } else if (reply.type === 'track.ready') {
      const ready = this.#pendingTracks.find(({ track }) => track === reply.track);
      this.#pendingTracks = this.#pendingTracks.filter((pending) => pending !== ready);
      ready?.resolve(reply.track);
    } else if (!reply.fatal) {
      // The server answers in order: the refusal of a track is about the oldest one that waits for an answer.
      const refused = TRACK_REFUSALS.includes(reply.code) ? this.#pendingTracks.shift() : undefined;
      if (refused === undefined) {
        this.#onRefused?.(reply);
      } else {
        this.#tracks.delete(refused.track);
        refused.reject(new ClientError('track-refused', reply.message));
      }
    }
  }

  #sendMessage(message: PublisherMessage): void {
    this.#send('control', JSON.stringify(message));
  }

  #sendPacket(packet: MediaPacket): void {
    const bytes = encodeMediaPacket(packet);
    const { maxPacketBytes } = this.#readiness.limits;
    if (bytes.byteLength > maxPacketBytes) throw new RangeError(`a packet must have at most ${maxPacketBytes} bytes`);
    this.#send(packet.kind, bytes);
  }

  #send(kind: OutgoingKind, data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#over) throw ClientError.closed();
    if (!this.#sender.send(kind, data)) {
      this.#fail(
        new ClientError('congested', 'The connection accepts no more data: the server or the network is too slow.', {
          retry: true,
        }),
      );
    }
  }

  #fail(error: ClientError): void {
    this.#finish(error);
    this.#socket.close(NORMAL_CLOSURE);
  }

  #finish(error: ClientError | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#sender.stop();
    for (const pending of this.#pendingTracks) pending.reject(error ?? ClientError.closed());
    this.#pendingTracks = [];
    if (error === null) this.#settle.resolve();
    else this.#settle.reject(error);
  }
}

/** Applies the protocol's own rules to a message before it is sent: breaking them is the caller's mistake. */
function checked(message: PublisherMessage): PublisherMessage {
  try {
    return parsePublisherMessage(message);
  } catch (error) {
    throw new RangeError((error as ProtocolError).message);
  }
}
