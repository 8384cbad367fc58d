import type { WebSocket } from 'ws';
import {
  CLOSE_CODES,
  type CloseReason,
  MAX_TITLE_LENGTH,
  ProtocolError,
  parseJson,
  type RefusalCode,
} from '../../../client-sdk/protocol/index.ts';
import type { Grant } from '../../access/grant.ts';
import { platformSessionId } from '../admission/platform-ids.ts';
import type { Meeting } from '../meetings/meeting.ts';
import type { Meetings } from '../meetings/meetings.ts';
import {
  type SourceContext,
  type SourceDescription,
  type SourceHandler,
  type SourceLimits,
  SourceSocket,
} from '../sockets/source-socket.ts';
import { decodePcm } from '../tracks/decode-pcm.ts';
import { parseRecallMessage, type RecallMessage } from './recall-message.ts';
import { placeRecallWords } from './recall-words.ts';

export interface RecallConnectionOptions extends SourceContext {
  readonly socket: WebSocket;
  readonly limits: SourceLimits;
  readonly meetings: Meetings;
  /** What this connection may do. */
  readonly grant: Grant;
}

const SAMPLE_RATE_HZ = 16_000;
const NORMAL_CLOSURE = 1000;

/** Largest message of Recall.ai, in bytes: twice a 640 × 360 picture of noise as PNG in base64. */
export const MAX_RECALL_MESSAGE_BYTES = 2 * 1024 * 1024;

/**
 * One WebSocket of a Recall.ai real-time endpoint. Several may belong to one recording, one per kind of data. The
 * server sends no messages. A meeting may be silent for any length of time, so pings check whether the bot is still
 * connected.
 */
export class RecallConnection implements SourceHandler {
  readonly #options: RecallConnectionOptions;
  readonly #socket: SourceSocket;
  #isIntroduced = false;
  #recordingId: string | null = null;
  #meeting: Meeting | null = null;
  /** Time of the newest sound or picture, in ms of the recording. */
  #newestMs: number | null = null;

  constructor(options: RecallConnectionOptions) {
    const { idleTimeoutMs } = options.limits;
    this.#options = options;
    // A bot connects when the recording begins, and may send nothing until somebody speaks.
    const limits = {
      ...options.limits,
      maxMessageBytes: MAX_RECALL_MESSAGE_BYTES,
      helloTimeoutMs: idleTimeoutMs,
    };
    this.#socket = new SourceSocket({ ...options, limits, handler: this });
  }

  get about(): SourceDescription {
    return { source: 'recall', sessionId: this.#meeting?.session.id };
  }

  onDropped(reason: RefusalCode): void {
    this.#meeting?.session.refused({ reason });
  }

  onMessage(bytes: Buffer, isBinary: boolean): void {
    if (isBinary) throw new ProtocolError('not-json', 'Only text messages are accepted from Recall.ai.');
    const message = parseRecallMessage(parseJson(bytes.toString('utf8')));
    if (!this.#isIntroduced) this.#socket.introduced();
    this.#isIntroduced = true;
    if (message.kind === 'unknown-participant') this.#options.meter.refused('unknown-track');
    else if (message.kind === 'unknown') this.#socket.ignore(message.event);
    else if (message.kind !== 'other') this.#take(message, this.#enter(message));
  }

  onTrouble(reason: CloseReason): void {
    this.#socket.close(CLOSE_CODES[reason].code, reason);
  }

  onGone(code: number | null): void {
    this.#meeting?.leave(code === NORMAL_CLOSURE ? 'completed' : 'disconnected');
    this.#meeting = null;
  }

  isWaiting(): boolean {
    return true;
  }

  /** Enters the meeting that the message's recording belongs to. */
  #enter({ recordingId, title }: Extract<RecallMessage, { recordingId: string }>): Meeting {
    if (this.#meeting !== null && this.#recordingId === recordingId) return this.#meeting;
    if (platformSessionId('recall', recordingId) === null) {
      throw ProtocolError.invalidField('data.recording.id', 'an id of 1 to 57 characters');
    }
    const { meetings, grant } = this.#options;
    const meeting = meetings.enter(recordingId, title?.slice(0, MAX_TITLE_LENGTH) ?? null, grant);
    // A bot that starts another recording uses the same connection.
    this.#meeting?.leave('completed');
    this.#recordingId = recordingId;
    this.#meeting = meeting;
    void meeting.session.finished.then(() => {
      if (this.#meeting === meeting) this.#socket.close(NORMAL_CLOSURE, '');
    });
    return meeting;
  }

  /** Words without times were spoken just now. */
  #takeWords({ attendee, atMs, message }: Extract<RecallMessage, { kind: 'words' }>, meeting: Meeting): void {
    const newestMs = this.#newestMs;
    if (atMs !== null) meeting.takeWords(attendee, atMs, message);
    else if (newestMs !== null) meeting.takeWords(attendee, newestMs, placeRecallWords(message, newestMs));
    else this.#options.meter.refused('bad-time');
  }

  #take(message: Extract<RecallMessage, { recordingId: string }>, meeting: Meeting): void {
    const { attendee } = message;
    if (message.kind === 'audio') {
      this.#newestMs = message.atMs;
      meeting.takeAudio(attendee, message.atMs, SAMPLE_RATE_HZ, decodePcm(message.bytes, 'pcm-s16le', 1));
    } else if (message.kind === 'picture') {
      this.#newestMs = message.atMs;
      meeting.takePicture(attendee, message.atMs, 'png', message.bytes);
    } else if (message.kind === 'words') {
      this.#takeWords(message, meeting);
    } else if (message.change === 'webcam-off') {
      meeting.cameraOff(attendee.id);
    } else if (message.change === 'webcam-on') {
      meeting.cameraOn(attendee.id);
    } else if (message.change === 'left') {
      meeting.left(attendee.id);
    }
  }
}
