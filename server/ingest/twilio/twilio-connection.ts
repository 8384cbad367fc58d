import type { WebSocket } from 'ws';
import {
  CLOSE_CODES,
  type CloseReason,
  isId,
  MAX_TITLE_LENGTH,
  ProtocolError,
  parseJson,
  type RefusalCode,
  type SessionEndReason,
} from '../../../client-sdk/protocol/index.ts';
import type { AccessRefusal } from '../../access/access-control.ts';
import type { Grant } from '../../access/grant.ts';
import type { CallPart } from '../admission/call-part.ts';
import type { IngestPort } from '../admission/ingest-port.ts';
import { textOf } from '../sockets/foreign-json.ts';
import {
  type SourceContext,
  type SourceDescription,
  type SourceHandler,
  type SourceLimits,
  SourceSocket,
} from '../sockets/source-socket.ts';
import { decodeMulaw, LINE_RATE_HZ } from '../telephony/mulaw.ts';
import { openVoice, type PartyRoles, partyOf } from '../telephony/party.ts';
import type { IngestTrack } from '../tracks/ingest-track.ts';
import { SequenceWatch } from '../tracks/sequence-watch.ts';
import { parseTwilioMessage, type TwilioMedia, type TwilioStart, type TwilioTrackName } from './twilio-message.ts';

export interface TwilioConnectionOptions extends SourceContext {
  readonly socket: WebSocket;
  readonly ingest: IngestPort;
  readonly limits: SourceLimits;
  readonly roles: PartyRoles;
  /** How late a message may be, in ms. */
  readonly jitterMs: number;
  /** Decides what a new stream may do, or why it is refused. */
  readonly admit: (start: TwilioStart) => Promise<Grant | AccessRefusal>;
}

/** Largest message of Twilio, in bytes. A media message of 20 ms is about 400. */
export const MAX_TWILIO_MESSAGE_BYTES = 64 * 1024;

/** One Twilio media stream: brings a call's one or two tracks into a session. The server sends no messages. */
export class TwilioConnection implements SourceHandler {
  readonly #options: TwilioConnectionOptions;
  readonly #socket: SourceSocket;
  readonly #sequence: SequenceWatch;
  readonly #tracks = new Map<TwilioTrackName, IngestTrack>();
  #start: TwilioStart | null = null;
  #part: CallPart | null = null;
  #leaveReason: SessionEndReason = 'disconnected';

  constructor(options: TwilioConnectionOptions) {
    this.#options = options;
    this.#sequence = new SequenceWatch(options.jitterMs);
    const limits = { ...options.limits, maxMessageBytes: MAX_TWILIO_MESSAGE_BYTES };
    this.#socket = new SourceSocket({ ...options, limits, handler: this });
  }

  get about(): SourceDescription {
    return { source: 'twilio', sessionId: this.#part?.session.id };
  }

  isStranger(): boolean {
    return this.#part === null;
  }

  onDropped(reason: RefusalCode): void {
    this.#part?.session.refused({ reason });
  }

  onMessage(bytes: Buffer, isBinary: boolean): void {
    if (isBinary) throw new ProtocolError('not-json', 'Only text messages are accepted from Twilio.');
    const message = parseTwilioMessage(parseJson(bytes.toString('utf8')));
    const { meter, clock } = this.#options;
    if (message.sequence !== null) meter.lost(this.#sequence.lostAt(message.sequence, clock.now()));
    if (message.event === 'start') this.#onStart(message);
    else if (message.event === 'media') this.#onMedia(message);
    else if (message.event === 'stop') this.#onStop();
    else if (message.event === 'unknown') this.#socket.ignore(message.name);
  }

  onTrouble(reason: CloseReason): void {
    if (reason === 'idle') this.#leaveReason = 'idle';
    this.#socket.close(CLOSE_CODES[reason].code, reason);
  }

  onGone(): void {
    this.#options.meter.lost(this.#sequence.end());
    this.#part?.leave(this.#leaveReason);
  }

  #onStart(start: TwilioStart): void {
    if (this.#start !== null) throw new ProtocolError('unexpected-message', 'start may be sent only once.');
    this.#start = start;
    this.#socket.holdUntil(this.#options.admit(start), (grant) => this.#begin(start, grant));
  }

  #begin({ callSid, streamSid, tracks, parameters }: TwilioStart, grant: Grant | AccessRefusal): void {
    if (typeof grant === 'string') {
      this.onTrouble(grant);
      return;
    }
    const title = textOf(parameters.title, MAX_TITLE_LENGTH);
    // A call may be streamed again after its first stream stopped. That opens another session.
    const wanted = textOf(parameters.sessionId);
    const ids = wanted !== null && isId(wanted) ? [wanted] : [callSid, streamSid];
    const part = this.#options.ingest.joinCall({ platform: 'twilio', ids, ...(title !== null && { title }) }, grant);
    this.#part = part;
    this.#socket.introduced();
    // Open all tracks at once, so that both parties' roles are set before another source names them.
    for (const name of tracks) this.#openTrack(part, name);
    void part.session.finished.then(() => this.#socket.close(1000, ''));
  }

  #onMedia({ track: name, timestampMs, payload }: TwilioMedia): void {
    const part = this.#part;
    if (part === null) throw new ProtocolError('unexpected-message', 'start must be sent before media.');
    const track = this.#tracks.get(name) ?? this.#openTrack(part, name);
    const samples = decodeMulaw(payload);
    const durationMs = (1000 * samples.length) / LINE_RATE_HZ;
    const startMs = part.time.placeMedia(name, part.originMs + timestampMs, durationMs);
    const refusal =
      startMs === null ? 'bad-time' : (track?.takeAudio({ startMs, sampleRateHz: LINE_RATE_HZ, samples }) ?? null);
    if (refusal !== null) this.#options.meter.refused(refusal);
  }

  #openTrack(part: CallPart, name: TwilioTrackName): IngestTrack | null {
    const { roles, meter } = this.#options;
    const role = name === 'inbound' ? roles.far : roles.near;
    const voice = openVoice(part, partyOf(name, role, this.#start?.parameters ?? {}));
    if (typeof voice === 'string') {
      meter.refused(voice);
      return null;
    }
    this.#tracks.set(name, voice.track);
    return voice.track;
  }

  #onStop(): void {
    this.#leaveReason = 'completed';
    this.#socket.close(1000, '');
  }
}
