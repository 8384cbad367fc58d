import type { WebSocket } from 'ws';
import {
  CLOSE_CODES,
  type CloseReason,
  decodeMediaPacket,
  type MediaPacket,
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
  type TranscriptResult,
} from '../../../client-sdk/protocol/index.ts';
import type { Grant } from '../../access/grant.ts';
import { TokenBucket } from '../../limits/token-bucket.ts';
import type { CallPart } from '../admission/call-part.ts';
import type { IngestPort } from '../admission/ingest-port.ts';
import { PictureError } from '../pictures/picture-error.ts';
import {
  type SourceContext,
  type SourceDescription,
  type SourceHandler,
  type SourceLimits,
  SourceSocket,
} from '../sockets/source-socket.ts';
import { SpeakerTracks } from '../transcripts/speaker-tracks.ts';
import { TranscriptSource } from '../transcripts/transcript-source.ts';
import { PublishedTrack } from './published-track.ts';

/** Limits of one publisher. The names are those of the configuration. */
export interface PublisherLimits extends SourceLimits {
  readonly maxTracksPerSession: number;
  readonly jitterMs: number;
}

export interface PublisherConnectionOptions extends SourceContext {
  readonly socket: WebSocket;
  readonly ingest: IngestPort;
  readonly limits: PublisherLimits;
  /** What the publisher may do. */
  readonly grant: Grant;
}

/** Answers to refused packets per second. Further refusals are only counted. */
const MAX_REFUSALS_PER_SECOND = 20;

/** Close reason per reason for which the session ended. Null: the normal close. */
const CLOSE_REASON_OF_END: Readonly<Record<SessionEndReason, CloseReason | null>> = {
  completed: null,
  disconnected: null,
  idle: 'idle',
  shutdown: 'shutdown',
  overloaded: 'overloaded',
  failed: 'internal',
};

/** A session whose newest media is older than this has none at the moment, in ms. */
const STALE_MEDIA_MS = 5000;

/** The media time of now: that of the newest media, or the session's age where only words come. */
function currentMediaMs({ newestFrameMs, elapsedMs }: CallPart['session']): number {
  return newestFrameMs >= elapsedMs - STALE_MEDIA_MS ? newestFrameMs : elapsedMs;
}

/** One recogniser whose messages a publisher passes on. */
interface Recogniser {
  readonly source: TranscriptSource;
  readonly speakers: SpeakerTracks;
}

/** One publisher's WebSocket: reads messages and packets, and passes their content to a session. */
export class PublisherConnection implements SourceHandler {
  readonly #options: PublisherConnectionOptions;
  readonly #socket: SourceSocket;
  readonly #refusals: TokenBucket;
  readonly #tracks = new Map<number, PublishedTrack>();
  readonly #recognisers = new Map<string, Recogniser>();
  #joined: CallPart | null = null;
  #leaveReason: SessionEndReason = 'disconnected';

  constructor(options: PublisherConnectionOptions) {
    this.#options = options;
    this.#refusals = new TokenBucket(MAX_REFUSALS_PER_SECOND, MAX_REFUSALS_PER_SECOND, options.clock.now());
    const traffic = options.ingest.trafficOf(options.grant);
    this.#socket = new SourceSocket({ ...options, traffic, handler: this });
  }

  get about(): SourceDescription {
    return { source: 'publisher', sessionId: this.#joined?.session.id };
  }

  isStranger(): boolean {
    return this.#joined === null;
  }

  onDropped(reason: RefusalCode, message: string): void {
    this.#joined?.session.refused({ reason });
    this.#tell(reason, message);
  }

  onMessage(bytes: Buffer, isBinary: boolean): void {
    if (isBinary) this.#onPacket(bytes);
    else this.#onText(bytes.toString('utf8'));
  }

  onTrouble(reason: CloseReason, message: string): void {
    this.#fail(reason, message);
  }

  onGone(): void {
    this.#joined?.leave(this.#leaveReason);
  }

  isFull(): boolean {
    return this.#joined?.session.isFull === true;
  }

  /** While the last utterances are being finished, the publisher may be silent. */
  isWaiting(): boolean {
    return this.#joined?.session.ending === true;
  }

  #onText(text: string): void {
    try {
      this.#onControl(parsePublisherMessage(parseJson(text)));
    } catch (error) {
      if (!(error instanceof ProtocolError && error.code === 'unknown-source') || this.#joined === null) throw error;
      // A newer client may know more recognisers. All their messages are refused, and are no run of bad messages.
      this.#refuseUnread('unknown-source', error.message);
    }
  }

  #onControl(message: PublisherMessage): void {
    const joined = this.#joined;
    if (message.type === 'session.start') {
      if (joined === null) this.#start(message);
      else throw new ProtocolError('unexpected-message', 'session.start may be sent only once.');
    } else if (joined === null) {
      throw new ProtocolError('unexpected-message', 'session.start must be sent first.');
    } else if (message.type === 'session.end') {
      this.#end(joined);
    } else if (message.type === 'track.add') {
      this.#addTrack(joined, message);
    } else if (message.type === 'transcript') {
      const track = this.#tracks.get(message.track);
      if (track === undefined) this.#refuseUnread('unknown-track');
      else this.#refuse(track.takeTranscript(message));
    } else if (message.type === 'transcript.result') {
      this.#onResult(joined, message);
    } else {
      this.#endTrack(message.track);
    }
  }

  #onResult(joined: CallPart, { source: name, tracks, result, offsetMs = 0 }: TranscriptResult): void {
    // The source's name and its first track identify the recogniser.
    const [first] = tracks;
    const key = `${name} ${first}`;
    const firstTrack = this.#tracks.get(first ?? -1);
    if (firstTrack === undefined) {
      this.#refuseUnread('unknown-track');
      return;
    }
    const recogniser = this.#recognisers.get(key) ?? {
      source: new TranscriptSource(name, firstTrack.trackId),
      speakers: new SpeakerTracks(),
    };
    this.#recognisers.set(key, recogniser);
    const taken = recogniser.source.take(result, offsetMs, currentMediaMs(joined.session));
    if (taken === null) this.#refuseUnread('unreadable-result');
    for (const segment of taken ?? []) {
      for (const { track: number, words } of recogniser.speakers.place(segment, tracks)) {
        const track = this.#tracks.get(number ?? -1);
        if (track === undefined) this.#refuseUnread('unknown-track');
        else this.#refuse(track.takeTranscript(words));
      }
    }
  }

  #onPacket(bytes: Buffer): void {
    if (this.#joined === null) {
      throw new ProtocolError('unexpected-message', 'session.start must be sent before media.');
    }
    const packet = this.#decode(bytes);
    if (packet === null) return;
    const track = this.#tracks.get(packet.track);
    const refusal = track?.takePacket(packet);
    if (refusal === undefined) {
      this.#refuseUnread('unknown-track');
    } else if (refusal instanceof PictureError) {
      this.#options.meter.pictureDropped(refusal.code);
      this.#refuse('bad-image', refusal.message);
    } else {
      this.#refuse(refusal);
    }
  }

  #decode(bytes: Buffer): MediaPacket | null {
    try {
      return decodeMediaPacket(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#socket.drop(error, 'malformed-packet');
      return null;
    }
  }

  #start(message: SessionStart): void {
    const { ingest, limits, grant } = this.#options;
    const joined = ingest.join(message, grant);
    const { session } = joined;
    this.#joined = joined;
    this.#socket.introduced();
    void session.finished.then((reason) => this.#onSessionFinished(reason));
    const { maxPacketBytes, maxMessageBytes, maxTracksPerSession: maxTracks, jitterMs } = limits;
    this.#reply({
      type: 'session.ready',
      sessionId: session.id,
      epoch: session.events.epoch,
      traceparent: session.traceparent,
      mediaTimeMs: joined.originMs,
      limits: { maxPacketBytes, maxMessageBytes, maxTracks, jitterMs },
    });
  }

  #addTrack(joined: CallPart, { track: name, participant, media }: TrackAdd): void {
    const { id, role, displayName = null } = participant;
    const added = this.#tracks.has(name)
      ? 'duplicate-track'
      : joined.addTrack({ media: media.kind, participant: { id, role: role ?? 'unknown', displayName } });
    if (typeof added === 'string') {
      if (added === 'duplicate-track') this.#refuseUnread(added);
      else this.#refuse(added);
    } else {
      this.#tracks.set(name, new PublishedTrack(added, media, joined.time));
      this.#reply({ type: 'track.ready', track: name });
    }
  }

  /** A publisher that may not end the session for others leaves it. Its socket closes as if the session had ended. */
  #end(joined: CallPart): void {
    if (!joined.end()) this.#socket.close(1000, '');
  }

  #endTrack(name: number): void {
    const track = this.#tracks.get(name);
    track?.end();
    this.#tracks.delete(name);
    if (track === undefined) this.#refuseUnread('unknown-track');
  }

  /** Refuses data that reached no track. A track reports its own refusals to the session. */
  #refuseUnread(reason: RefusalCode, message?: string): void {
    this.#joined?.session.refused({ reason });
    this.#refuse(reason, message);
  }

  /** Replies that one message or packet was dropped. Null: it was accepted. */
  #refuse(code: RefusalCode | null, message?: string): void {
    if (code === null) return;
    this.#options.meter.refused(code);
    this.#tell(code, message ?? REFUSAL_CODES[code]);
  }

  /** Replies that something was dropped, unless that was said too often. */
  #tell(code: RefusalCode, message: string): void {
    if (!this.#refusals.take(1, this.#options.clock.now())) return;
    this.#reply({ type: 'error', code, message, fatal: false });
  }

  /** Reports a fatal error and closes. Nothing more is accepted from this publisher. */
  #fail(reason: CloseReason, message: string = CLOSE_CODES[reason].meaning): void {
    this.#reply({ type: 'error', code: reason, message, fatal: true });
    if (reason === 'idle') this.#leaveReason = 'idle';
    this.#socket.close(CLOSE_CODES[reason].code, reason);
  }

  #onSessionFinished(reason: SessionEndReason): void {
    if (this.#socket.closing) return;
    const closeReason = CLOSE_REASON_OF_END[reason];
    if (closeReason === null) this.#socket.close(1000, '');
    else this.#fail(closeReason);
  }

  #reply(reply: PublisherReply): void {
    this.#socket.send(JSON.stringify(reply));
  }
}
