import type { Subscription } from 'rxjs';
import type { WebSocket } from 'ws';
import {
  CLOSE_CODES,
  type CloseReason,
  MAX_DISPLAY_NAME_LENGTH,
  ProtocolError,
  parseJson,
  type RefusalCode,
  type SessionEndReason,
  type UtteranceEmotion,
} from '../../../client-sdk/protocol/index.ts';
import type { AccessRefusal } from '../../access/access-control.ts';
import type { Grant } from '../../access/grant.ts';
import { EventFeed } from '../../event-log/event-feed.ts';
import { ServiceError } from '../../service-error.ts';
import type { AdmitToken } from '../admission/admit-token.ts';
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
import { decodeLinear16 } from '../telephony/linear16.ts';
import { decodeMulaw, LINE_RATE_HZ } from '../telephony/mulaw.ts';
import { openVoice, type PartyRoles, partyOf, type Voice } from '../telephony/party.ts';
import type { IngestTrack } from '../tracks/ingest-track.ts';
import type { AudioHookChannel, AudioHookMedia, AudioHookOpen } from './audiohook-message.ts';
import { type AudioHookAction, AudioHookSession } from './audiohook-session.ts';
import { emotionEntity } from './emotion-entity.ts';

export interface AudioHookConnectionOptions extends SourceContext {
  readonly socket: WebSocket;
  readonly ingest: IngestPort;
  readonly limits: SourceLimits;
  readonly roles: PartyRoles;
  /** Headers `audiohook-session-id` and `audiohook-organization-id`. Null if missing. */
  readonly sessionId: string | null;
  readonly organizationId: string | null;
  /** Whether the client has authenticated itself. */
  readonly authorized: boolean;
  /**
   * Reads the token among the call's parameters, if there is one. Returns what the call may do, or why it is refused.
   */
  readonly admitToken: AdmitToken;
  /** Whether results go back as `event` messages. */
  readonly sendsEvents: boolean;
  /** This server's open connections by the id of their AudioHook session. */
  readonly others: Map<string, AudioHookConnection>;
}

/** Largest text message of AudioHook, in bytes. */
export const MAX_AUDIOHOOK_TEXT_BYTES = 64 * 1024;
/** Least time before a failed authentication is answered, in ms, so that the answer's timing reveals nothing. */
const REFUSAL_DELAY_MS = 500;
/** How long the client has to close after the server asked it to, in ms. */
const GIVE_UP_MS = 5000;
/**
 * How long `closed` waits for the last utterances, in ms. They are still sent back as events. The client waits 10 s.
 */
const FINISH_MS = 3000;
const MAX_EVENTS_IN_FLIGHT = 64;

const LEAVE_REASONS = {
  end: 'completed',
  disconnect: 'completed',
  error: 'disconnected',
  reconnect: 'disconnected',
} as const;

type Begin = Extract<AudioHookAction, { do: 'begin' }>;

interface ChannelVoice extends Voice {
  readonly channel: AudioHookChannel;
  readonly channelIndex: number;
}

/** One AudioHook WebSocket. Carries out the actions of its protocol session, and joins the call's session. */
export class AudioHookConnection implements SourceHandler {
  readonly #options: AudioHookConnectionOptions;
  readonly #socket: SourceSocket;
  readonly #session: AudioHookSession;
  readonly #voices: ChannelVoice[] = [];
  #media: AudioHookMedia | null = null;
  #conversationId: string | null = null;
  #part: CallPart | null = null;
  #feed: EventFeed | null = null;
  /** Media time of position 0. */
  #zeroMs = 0;
  #timer: Subscription | null = null;

  constructor(options: AudioHookConnectionOptions) {
    const { sessionId, others, authorized } = options;
    this.#options = options;
    const limits = { ...options.limits, maxMessageBytes: MAX_AUDIOHOOK_TEXT_BYTES };
    this.#socket = new SourceSocket({ ...options, limits, handler: this });
    this.#session = new AudioHookSession({ ...options, refusal: (open) => this.#refusal(open) });
    if (!authorized) {
      const info = 'the connection is not authorized';
      this.#in(REFUSAL_DELAY_MS, () => this.#do(this.#session.disconnect('unauthorized', info)));
    } else if (sessionId !== null) {
      others.set(sessionId, this);
    }
  }

  get about(): SourceDescription {
    return { source: 'audiohook', sessionId: this.#part?.session.id };
  }

  isStranger(): boolean {
    return this.#session.state === 'preparing';
  }

  onDropped(reason: RefusalCode): void {
    this.#part?.session.refused({ reason });
  }

  onMessage(bytes: Buffer, isBinary: boolean): void {
    this.#do(isBinary ? this.#session.onAudio(bytes) : this.#session.onMessage(parseJson(bytes.toString('utf8'))));
  }

  onTrouble(reason: CloseReason, message: string): void {
    this.#do(this.#session.disconnect('error', message));
    this.#leave(reason === 'idle' ? 'idle' : 'disconnected');
    this.#socket.close(CLOSE_CODES[reason].code, reason);
  }

  onGone(): void {
    const { sessionId, others } = this.#options;
    this.#timer?.unsubscribe();
    if (sessionId !== null && others.get(sessionId) === this) others.delete(sessionId);
    this.#leave('disconnected');
  }

  /** Another connection continues the call. This one ends if it belongs to the same conversation. */
  supersede(conversationId: string): void {
    if (this.#conversationId !== conversationId) return;
    this.#leave('disconnected');
    this.#socket.close(1000, '');
  }

  #do(actions: readonly AudioHookAction[]): void {
    for (const action of actions) {
      switch (action.do) {
        case 'send':
          this.#socket.send(JSON.stringify(action.message));
          break;
        case 'begin':
          this.#begin(action);
          break;
        case 'audio':
          this.#takeAudio(action.positionMs, action.bytes);
          break;
        case 'skip':
          for (const { track } of this.#voices) this.#refused(track.settle(this.#zeroMs + action.positionMs));
          break;
        case 'finish':
          this.#finish(LEAVE_REASONS[action.reason]);
          break;
        case 'drop':
          this.#socket.drop(new ProtocolError('invalid-field', action.info), action.reason);
          break;
        case 'give-up':
          this.#giveUp();
      }
    }
  }

  #begin(begin: Begin): void {
    this.#socket.introduced();
    if (begin.isProbe) return;
    const token = textOf(begin.open.customConfig.token) ?? undefined;
    this.#socket.holdUntil(this.#options.admitToken(token), (grant) => this.#enter(begin, grant));
  }

  #enter({ open, media, positionMs }: Begin, grant: Grant | AccessRefusal): void {
    if (typeof grant === 'string') {
      this.#do(this.#session.disconnect('unauthorized', 'the token among the parameters is not valid'));
      return;
    }
    const part = this.#join(open, grant);
    if (part === null) return;
    this.#part = part;
    this.#media = media;
    this.#zeroMs = part.originMs - positionMs;
    this.#openVoices(part, media, {
      externalName: open.aniName.slice(0, MAX_DISPLAY_NAME_LENGTH),
      ...open.customConfig,
    });
    if (this.#options.sendsEvents) this.#follow(part);
    void part.session.finished.then((reason) => this.#onSessionFinished(reason));
  }

  /** Why there is no room for a new call. A call with a token is judged once that is read. */
  #refusal({ conversationId, customConfig }: AudioHookOpen): string | null {
    if (textOf(customConfig.token) !== null) return null;
    return this.#options.ingest.refusalOf({ platform: 'audiohook', ids: this.#callIds(conversationId) });
  }

  #callIds(conversationId: string): readonly string[] {
    const { sessionId } = this.#options;
    return sessionId === null ? [conversationId] : [conversationId, sessionId];
  }

  #join({ conversationId, continuedSessionIds }: AudioHookOpen, grant: Grant): CallPart | null {
    const { ingest, others } = this.#options;
    this.#conversationId = conversationId;
    for (const id of continuedSessionIds) others.get(id)?.supersede(conversationId);
    try {
      return ingest.joinCall({ platform: 'audiohook', ids: this.#callIds(conversationId) }, grant);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.#do(this.#session.disconnect('error', error.message));
      return null;
    }
  }

  #openVoices(part: CallPart, { channels }: AudioHookMedia, parameters: Readonly<Record<string, unknown>>): void {
    const { roles } = this.#options;
    for (const [channelIndex, channel] of channels.entries()) {
      const party = partyOf(channel, channel === 'external' ? roles.far : roles.near, parameters);
      const voice = openVoice(part, party);
      if (typeof voice === 'string') this.#refused(voice);
      else this.#voices.push({ ...voice, channel, channelIndex });
    }
  }

  #takeAudio(positionMs: number, bytes: Uint8Array): void {
    const channelCount = this.#media?.channels.length ?? 1;
    for (const { track, channelIndex } of this.#voices) {
      const samples =
        this.#media?.format === 'L16'
          ? decodeLinear16(bytes, 'little-endian', channelIndex, channelCount)
          : decodeMulaw(bytes, channelIndex, channelCount);
      this.#refused(track.takeAudio({ startMs: this.#zeroMs + positionMs, sampleRateHz: LINE_RATE_HZ, samples }));
    }
  }

  #follow(part: CallPart): void {
    const { events } = part.session;
    this.#feed = new EventFeed({
      log: events,
      after: { epoch: events.epoch, sequence: events.lastSequence },
      maxInFlight: MAX_EVENTS_IN_FLIGHT,
      sink: {
        send: ({ type, json }, flushed) => {
          if (type === 'utterance.emotion') this.#tell(JSON.parse(json.toString('utf8')) as UtteranceEmotion);
          flushed();
        },
        tellDropped: () => {},
        end: () => {},
      },
    });
  }

  #tell(event: UtteranceEmotion): void {
    const voice = this.#voices.find(({ participant }) => participant.id === event.participant.id);
    if (voice !== undefined) this.#do(this.#session.event([emotionEntity(event, voice.channel, this.#zeroMs)]));
  }

  /** Sends `closed` once the last utterances have been sent, or after {@link FINISH_MS}. */
  #finish(reason: SessionEndReason): void {
    const part = this.#part;
    part?.leave(reason);
    const finishing = part?.session.ending === true && part.session.state === 'live';
    if (!finishing) this.#do(this.#session.closed());
    else this.#in(FINISH_MS, () => this.#do(this.#session.closed()));
  }

  #onSessionFinished(reason: SessionEndReason): void {
    if (this.#session.state === 'closing') this.#do(this.#session.closed());
    else if (reason === 'shutdown') this.#do(this.#session.reconnect());
    else if (reason === 'overloaded') this.#do(this.#session.disconnect('error', 'The server is overloaded.'));
    else if (reason === 'failed') this.#do(this.#session.disconnect('error', 'The analysis of the call broke off.'));
    else this.#do(this.#session.disconnect('completed', 'The session has ended.'));
  }

  #giveUp(): void {
    if (this.#session.state === 'closed') this.#socket.close(1000, '');
    else this.#in(GIVE_UP_MS, () => this.#socket.close(1000, ''));
  }

  #leave(reason: SessionEndReason): void {
    this.#part?.leave(reason);
    this.#feed?.stop();
  }

  #refused(code: ReturnType<IngestTrack['refuse']>): void {
    if (code !== null) this.#options.meter.refused(code);
  }

  #in(delayMs: number, work: () => void): void {
    this.#timer?.unsubscribe();
    this.#timer = this.#options.clock.scheduler.schedule(work, delayMs);
  }
}
