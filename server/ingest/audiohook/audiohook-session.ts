import type { RefusalCode } from '../../../client-sdk/protocol/index.ts';
import {
  type AudioHookCloseReason,
  type AudioHookEnvelope,
  type AudioHookMedia,
  type AudioHookOpen,
  CLOSE_REASONS,
  parseDiscarded,
  parseEnvelope,
  parseOpen,
  selectMedia,
} from './audiohook-message.ts';

/** Actions that the protocol asks the connection to carry out, in this order. */
export type AudioHookAction =
  | { readonly do: 'send'; readonly message: AudioHookReply }
  /** The session is open and `opened` has been sent. A probe brings no audio and needs no call. */
  | {
      readonly do: 'begin';
      readonly open: AudioHookOpen;
      readonly media: AudioHookMedia;
      readonly positionMs: number;
      readonly isProbe: boolean;
    }
  | { readonly do: 'audio'; readonly positionMs: number; readonly bytes: Uint8Array }
  /** Nothing earlier than this position follows. The audio between was not sent. */
  | { readonly do: 'skip'; readonly positionMs: number }
  /** The client closes. Finish open utterances, then call {@link AudioHookSession.closed}. */
  | { readonly do: 'finish'; readonly reason: AudioHookCloseReason }
  /** The message was bad and is dropped. The session goes on. */
  | { readonly do: 'drop'; readonly reason: RefusalCode; readonly info: string }
  /** The socket must close soon, whatever the client does. */
  | { readonly do: 'give-up' };

export interface AudioHookReply {
  readonly version: '2';
  readonly id: string;
  readonly type: string;
  readonly seq: number;
  readonly clientseq: number;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface AudioHookSessionOptions {
  /** Headers of the upgrade. The messages must agree with them. Null if the header was missing. */
  readonly sessionId: string | null;
  readonly organizationId: string | null;
  /**
   * False: the client could not authenticate itself. It gets a {@link AudioHookSession.disconnect}, and nothing else is
   * done.
   */
  readonly authorized: boolean;
  /** Why the call cannot be taken now, as text without content of the call. Null if it can. Default: it can. */
  readonly refusal?: (open: AudioHookOpen) => string | null;
}

/**
 * `preparing`: until `open`. `active` and `paused`: while the session is open. `closing`: between the client's `close`
 * and the server's `closed`. `refused`: after the server's `disconnect`, until the client closes.
 */
export type AudioHookState = 'preparing' | 'active' | 'paused' | 'closing' | 'closed' | 'refused';

/** The largest step from one message's number to the next. A larger one is an error in the number itself. */
const MAX_SEQUENCE_JUMP = 1000;

const NULL_UUID = '00000000-0000-0000-0000-000000000000';

/**
 * The server's side of one AudioHook v2 session. Pure: each input returns the actions to carry out. Nothing waits here,
 * so `opened`, `pong` and `closed` are the first response to `open`, `ping` and `close`.
 */
export class AudioHookSession {
  readonly #options: AudioHookSessionOptions;
  #state: AudioHookState = 'preparing';
  #id: string | null;
  #seq = 0;
  #clientSeq = 0;
  #media: AudioHookMedia | null = null;
  #isProbe = false;
  /** Position of the next sample: the origin plus the samples since then. */
  #originMs = 0;
  #sampleCount = 0;

  constructor(options: AudioHookSessionOptions) {
    this.#options = options;
    this.#id = options.sessionId;
  }

  get state(): AudioHookState {
    return this.#state;
  }

  onMessage(value: unknown): AudioHookAction[] {
    if (this.#state === 'closed') return [];
    const message = parseEnvelope(value);
    if (message === null) return this.#violation('the message is not well-formed');
    const ahead = message.seq - this.#clientSeq;
    // A bad message that was dropped leaves a gap. The numbers go on from what the client says.
    if (ahead === 0 || Math.abs(ahead) > MAX_SEQUENCE_JUMP) {
      return this.#violation('seq does not follow the one before', 'misplaced-message');
    }
    if (message.serverseq > this.#seq) return this.#violation('serverseq is ahead of what was sent');
    if (message.id !== (this.#id ?? message.id)) return this.#violation('id is that of another session');
    this.#id = message.id;
    this.#clientSeq = message.seq;
    return this.#onKnown(message);
  }

  onAudio(bytes: Uint8Array): AudioHookAction[] {
    if (this.#state === 'refused' || this.#state === 'closed' || this.#isProbe) return [];
    if (this.#state !== 'active' || this.#media === null) {
      return this.#violation(`audio came while ${this.#state}`, 'misplaced-message');
    }
    const frameBytes = this.#media.channels.length * (this.#media.format === 'L16' ? 2 : 1);
    if (bytes.length % frameBytes !== 0) {
      return this.#violation('the audio is not whole sample frames', 'bad-samples');
    }
    const positionMs = this.#positionMs();
    this.#sampleCount += bytes.length / frameBytes;
    return [{ do: 'audio', positionMs, bytes }];
  }

  /** Sends results of the analysis as custom entities. They are dropped unless the session is open. */
  event(entities: readonly { readonly type: string; readonly data: unknown }[]): AudioHookAction[] {
    if (this.#isProbe || !(this.#state === 'active' || this.#state === 'paused' || this.#state === 'closing'))
      return [];
    return [this.#reply('event', { entities })];
  }

  /** Asks the client to stop sending audio (`pause`), for example when consent is withdrawn, or to resume. */
  hold(on: boolean): AudioHookAction[] {
    const open = this.#state === 'active' || this.#state === 'paused';
    return open ? [this.#reply(on ? 'pause' : 'resume', {})] : [];
  }

  /** Asks the client to close and reconnect, for example before this server stops. */
  reconnect(): AudioHookAction[] {
    const open = this.#state === 'active' || this.#state === 'paused';
    return open ? [this.#reply('reconnect', { info: 'The server is about to stop.' })] : [];
  }

  /** Ends the session from the server's side. `info` must not contain content of the call. */
  disconnect(reason: 'completed' | 'unauthorized' | 'error', info: string): AudioHookAction[] {
    if (this.#state === 'closing' || this.#state === 'closed' || this.#state === 'refused') return [];
    this.#state = 'refused';
    return [this.#reply('disconnect', { reason, info }), { do: 'give-up' }];
  }

  /** Open utterances are finished. Tells the client that the session is closed. */
  closed(): AudioHookAction[] {
    if (this.#state !== 'closing') return [];
    this.#state = 'closed';
    return [this.#reply('closed', {}), { do: 'give-up' }];
  }

  #onKnown({ type, parameters, positionMs }: AudioHookEnvelope): AudioHookAction[] {
    if (type === 'close') return this.#onClose(parameters.reason);
    if (this.#state === 'refused' || !this.#options.authorized) return [];
    switch (type) {
      case 'open':
        return this.#onOpen(parseOpen(parameters), positionMs);
      case 'ping':
        return [this.#reply('pong', {})];
      case 'update':
        return [this.#reply('updated', {})];
      case 'paused':
        if (this.#state === 'active') this.#state = 'paused';
        return [];
      case 'resumed':
        if (this.#state === 'paused') this.#state = 'active';
        return this.#onSkipped(parseDiscarded(parameters));
      case 'discarded':
        return this.#onSkipped(parseDiscarded(parameters));
      default:
        // `close` follows `error`. `dtmf` and messages of later versions need no action.
        return [];
    }
  }

  #onOpen(open: AudioHookOpen | null, positionMs: number): AudioHookAction[] {
    const { organizationId } = this.#options;
    if (this.#state !== 'preparing') return this.#violation('open came twice', 'misplaced-message');
    if (open === null) return this.#violation('open lacks a parameter');
    if (organizationId !== null && open.organizationId !== organizationId) {
      return this.disconnect('unauthorized', 'organizationId is not that of the header');
    }
    const isProbe = open.conversationId === NULL_UUID && open.participantId === NULL_UUID;
    const media = selectMedia(open.media);
    if (media === undefined && !isProbe) return this.#violation('no offered media can be used');
    const refusal = isProbe ? null : (this.#options.refusal?.(open) ?? null);
    if (refusal !== null) return this.disconnect('error', refusal);
    this.#state = 'active';
    this.#isProbe = isProbe;
    this.#media = media ?? null;
    this.#originMs = positionMs;
    const opened = this.#reply('opened', { media: media === undefined ? [] : [media], startPaused: false });
    return media === undefined ? [opened] : [opened, { do: 'begin', open, media, positionMs, isProbe }];
  }

  #onSkipped(discarded: ReturnType<typeof parseDiscarded>): AudioHookAction[] {
    if (discarded === null) return this.#violation('start or discarded is missing');
    const positionMs = discarded.startMs + discarded.discardedMs;
    // Time does not run backwards: audio that has been analyzed stays.
    if (positionMs <= this.#positionMs()) return [];
    this.#originMs = positionMs;
    this.#sampleCount = 0;
    return this.#isProbe ? [] : [{ do: 'skip', positionMs }];
  }

  #onClose(value: unknown): AudioHookAction[] {
    if (this.#state === 'closing') return [];
    this.#state = 'closing';
    const reason = CLOSE_REASONS.find((candidate) => candidate === value) ?? 'error';
    return [{ do: 'finish', reason }];
  }

  /** A bad message. It ends a session that is not open yet. From then on, it costs only itself. */
  #violation(info: string, reason: RefusalCode = 'malformed-message'): AudioHookAction[] {
    if (this.#state === 'preparing') return this.disconnect('error', info);
    return this.#state === 'refused' ? [] : [{ do: 'drop', reason, info }];
  }

  #positionMs(): number {
    return this.#originMs + this.#sampleCount / 8;
  }

  #reply(type: string, parameters: AudioHookReply['parameters']): Extract<AudioHookAction, { do: 'send' }> {
    this.#seq += 1;
    const message = {
      version: '2',
      id: this.#id ?? NULL_UUID,
      type,
      seq: this.#seq,
      clientseq: this.#clientSeq,
      parameters,
    } as const;
    return { do: 'send', message };
  }
}
