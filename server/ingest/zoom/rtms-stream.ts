import type { Subscription } from 'rxjs';
import { ProtocolError, type RefusalCode, type SessionEndReason } from '../../../client-sdk/protocol/index.ts';
import type { Attendee } from '../meetings/attendee.ts';
import type { Meeting } from '../meetings/meeting.ts';
import type { SourceContext, SourceLimits } from '../sockets/source-socket.ts';
import { ASKED_AUDIO, type GrantedAudio } from './granted-audio.ts';
import { GrantedSound } from './granted-sound.ts';
import {
  eventSubscription,
  mediaRequest,
  type RtmsCredentials,
  type RtmsMediaServer,
  type RtmsMessage,
  readyMessage,
  STREAM_TERMINATED,
  signalingRequest,
  signHandshake,
} from './rtms-message.ts';
import { RtmsSocket, type RtmsSocketOptions } from './rtms-socket.ts';
import { timedRtmsWords } from './rtms-words.ts';
import type { ZoomStreamName } from './zoom-webhook.ts';

export interface RtmsStreamOptions extends SourceContext {
  readonly name: ZoomStreamName;
  /** Address of the signaling server. */
  readonly serverUrl: string;
  readonly credentials: RtmsCredentials;
  readonly servers: readonly string[];
  readonly limits: SourceLimits;
  readonly meeting: Meeting;
  /** Called once when the stream is over. */
  readonly onEnd: () => void;
}

const PNG_FIRST_BYTE = 0x89;
/** Wait before the first reconnect, in ms. Each further wait is twice as long. */
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 10_000;
/** Zoom waits this long for a broken connection, then ends the stream, in ms. */
const GIVE_UP_MS = 60_000;
/** A connection that lasted this long counts as stable, in ms. The next loss starts with the first wait again. */
const STABLE_MS = 10_000;

/** `RTMS_STATUS_CODE`s that may be retried: Zoom still holds the last connection, or Zoom failed. */
const RETRIED_STATUS = new Set([8, 15, 16, 45]);

/**
 * One RTMS stream of a meeting. A signaling connection gives the address of the media connection. A lost connection is
 * reopened until Zoom would have ended the stream. The session continues meanwhile.
 */
export class RtmsStream {
  readonly #options: RtmsStreamOptions;
  readonly #signature: string;
  #serverUrl: string;
  #mediaServer: RtmsMediaServer | null = null;
  #signaling: RtmsSocket | null = null;
  #media: RtmsSocket | null = null;
  #retry: Subscription | null = null;
  #retries = 0;
  /** When the stream was interrupted. Null while media flows. */
  #interruptedMs: number | null;
  #flowingMs = 0;
  #onCamera: string | null = null;
  #sound = new GrantedSound(ASKED_AUDIO);
  /** Zoom's time of the newest sound, in ms. */
  #newestMs: number | null = null;
  #isOver = false;

  constructor(options: RtmsStreamOptions) {
    const { name, credentials, clock, meeting } = options;
    this.#options = options;
    this.#serverUrl = options.serverUrl;
    this.#signature = signHandshake(name, credentials);
    this.#interruptedMs = clock.now();
    void meeting.session.finished.then(() => this.end('completed'));
    this.#connectSignaling();
  }

  get meeting(): Meeting {
    return this.#options.meeting;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Zoom reports that the signaling connection broke, or names a new server because the last one failed. A repeated or
   * late report must not break a working connection, because a stream has only one.
   */
  restart(serverUrl: string = this.#serverUrl): void {
    if (this.#isOver || (serverUrl === this.#serverUrl && this.#signaling?.isHeard === true)) return;
    this.#serverUrl = serverUrl;
    this.#interrupted();
    this.#retries = 0;
    this.#connectSignaling();
  }

  end(reason: SessionEndReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#retry?.unsubscribe();
    this.#closeSockets();
    this.#sound.close();
    this.#options.meeting.leave(reason);
    this.#options.onEnd();
  }

  #connectSignaling(): void {
    this.#retry?.unsubscribe();
    this.#closeSockets();
    this.#signaling = this.#open(this.#serverUrl, {
      greeting: signalingRequest(this.#options.name, this.#signature),
      onMessage: (message) => this.#onSignaling(message),
      onLost: () => this.#lostSignaling(),
    });
  }

  #connectMedia(): void {
    const { name } = this.#options;
    const server = this.#mediaServer;
    this.#retry?.unsubscribe();
    this.#media?.close();
    if (server === null) return;
    this.#media = this.#open(server.url, {
      greeting: mediaRequest(name, this.#signature, server.mediaTypes),
      onMessage: (message) => this.#onMedia(message),
      onLost: () => this.#lostMedia(),
    });
  }

  /** Opens a connection. Ends the stream if the server's address is not allowed. */
  #open(url: string, options: Pick<RtmsSocketOptions, 'greeting' | 'onMessage' | 'onLost'>): RtmsSocket | null {
    const { servers, limits, clock, meter, log, meeting } = this.#options;
    const { session } = meeting;
    const onDropped = (reason: RefusalCode) => session.refused({ reason });
    try {
      return new RtmsSocket({ ...options, url, servers, sessionId: session.id, onDropped, limits, clock, meter, log });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.warn('Zoom named a server that UNDERTONE_ZOOM_SERVERS does not allow');
      this.end('disconnected');
      return null;
    }
  }

  #onSignaling(message: RtmsMessage): void {
    switch (message.kind) {
      case 'signaling-response':
        if (message.status !== 0) this.#refused(message.status, () => this.#lostSignaling());
        else if (message.media === null) this.#refused(message.status, () => this.end('disconnected'));
        else {
          this.#signaling?.introduced();
          this.#mediaServer = message.media;
          this.#connectMedia();
        }
        break;
      case 'event':
        this.#onEvent(message);
        break;
      case 'stream-state':
        if (message.state === STREAM_TERMINATED) this.end(endReasonOf(message.reason));
    }
  }

  #onEvent({ event, attendeeIds }: Extract<RtmsMessage, { kind: 'event' }>): void {
    const { meeting } = this.#options;
    if (event === 'media-interrupted') this.#lostMedia();
    for (const id of attendeeIds) {
      if (event === 'left') meeting.left(id);
      else if (event === 'video-on') meeting.cameraOn(id);
      else if (event === 'video-off') meeting.cameraOff(id);
    }
  }

  #onMedia(message: RtmsMessage): void {
    const { meter, name } = this.#options;
    if (message.kind === 'media-response') {
      if (message.status === 0) {
        this.#media?.introduced();
        this.#signaling?.send(readyMessage(name));
        this.#signaling?.send(eventSubscription());
        this.#interruptedMs = null;
        this.#flowingMs = this.#options.clock.now();
        this.#granted(message.audio ?? ASKED_AUDIO);
      } else {
        this.#refused(message.status, () => this.#lostMedia());
      }
    } else if (message.kind === 'audio' || message.kind === 'picture' || message.kind === 'words') {
      const { attendee } = message;
      if (attendee === null) meter.refused('unknown-track');
      else if (message.kind === 'audio') {
        this.#newestMs = message.atMs;
        this.#takeAudio(attendee, message.atMs, message.bytes);
      } else if (message.kind === 'picture') this.#takePicture(attendee, message.atMs, message.bytes);
      else this.#takeWords(attendee, message);
    }
  }

  #granted(audio: GrantedAudio): void {
    const { codec, codecName, sampleRateHz, channelCount } = audio;
    this.#sound.close();
    this.#sound = new GrantedSound(audio);
    if (codecName === ASKED_AUDIO.codecName && sampleRateHz === ASKED_AUDIO.sampleRateHz && channelCount === 1) return;
    const sound = `${codecName} at ${sampleRateHz / 1000} kHz with ${channelCount} channel${channelCount === 1 ? '' : 's'}`;
    this.#options.meeting.session.notice({
      code: 'media-params',
      message: `Zoom sends ${sound} instead of L16 at 16 kHz. ${codec === null ? 'This sound cannot be decoded and is left out.' : 'The sound is converted.'}`,
    });
  }

  #takeAudio(attendee: Attendee, atMs: number, bytes: Uint8Array): void {
    const { meeting, meter } = this.#options;
    this.#sound.take(attendee.id, {
      bytes,
      onSamples: (samples, sampleRateHz) => meeting.takeAudio(attendee, atMs, sampleRateHz, samples),
      onRefused: (reason) => meter.refused(reason),
    });
  }

  /** Words without a time were spoken just now. */
  #takeWords(attendee: Attendee, { atMs, message }: Extract<RtmsMessage, { kind: 'words' }>): void {
    const { meeting, meter } = this.#options;
    const timeMs = atMs ?? this.#newestMs;
    if (timeMs === null) meter.refused('bad-time');
    else meeting.takeWords(attendee, timeMs, atMs === null ? timedRtmsWords(message, timeMs) : message);
  }

  /** Zoom shows one person at a time: the active speaker. */
  #takePicture(attendee: Attendee, atMs: number, bytes: Uint8Array): void {
    const { meeting } = this.#options;
    if (this.#onCamera !== null && this.#onCamera !== attendee.id) meeting.pauseCamera(this.#onCamera);
    this.#onCamera = attendee.id;
    meeting.takePicture(attendee, atMs, bytes[0] === PNG_FIRST_BYTE ? 'png' : 'jpeg', bytes);
  }

  #refused(status: number, retry: () => void): void {
    const { log, meeting } = this.#options;
    log.warn({ sessionId: meeting.session.id, status }, 'Zoom refused an RTMS handshake');
    if (status === 0 || RETRIED_STATUS.has(status)) retry();
    else this.end('disconnected');
  }

  #lostSignaling(): void {
    this.#interrupted();
    this.#closeSockets();
    this.#again(() => this.#connectSignaling());
  }

  /** While the signaling connection lives, only the media connection is reopened. */
  #lostMedia(): void {
    if (this.#signaling === null) return;
    this.#interrupted();
    this.#media?.close();
    this.#media = null;
    this.#again(() => this.#connectMedia());
  }

  #interrupted(): void {
    const now = this.#options.clock.now();
    if (this.#interruptedMs === null && now - this.#flowingMs > STABLE_MS) this.#retries = 0;
    this.#interruptedMs ??= now;
    this.#onCamera = null;
    this.#options.meeting.forgetCameras();
  }

  #again(connect: () => void): void {
    const { clock, log, meeting } = this.#options;
    this.#retry?.unsubscribe();
    if (this.#isOver) return;
    if (clock.now() - (this.#interruptedMs ?? clock.now()) > GIVE_UP_MS) {
      log.warn({ sessionId: meeting.session.id }, 'an RTMS stream could not be connected to again');
      this.end('disconnected');
      return;
    }
    const delayMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#retries);
    this.#retries += 1;
    this.#retry = clock.scheduler.schedule(connect, delayMs);
  }

  #closeSockets(): void {
    this.#media?.close();
    this.#signaling?.close();
    this.#media = null;
    this.#signaling = null;
  }
}

/** `RTMS_STOP_REASON`: whether the meeting has ended for this app, or only the connection. */
export function endReasonOf(stopReason: number | null): SessionEndReason {
  const isConnection = stopReason !== null && ((stopReason >= 10 && stopReason <= 19) || stopReason === 24);
  return isConnection ? 'disconnected' : 'completed';
}
