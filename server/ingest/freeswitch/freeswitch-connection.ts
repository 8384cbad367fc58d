import type { WebSocket } from 'ws';
import {
  CLOSE_CODES,
  type CloseReason,
  MAX_TITLE_LENGTH,
  type SessionEndReason,
} from '../../../client-sdk/protocol/index.ts';
import type { AccessRefusal } from '../../access/access-control.ts';
import type { Grant } from '../../access/grant.ts';
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
import { openVoice, type PartyRoles, partyOf } from '../telephony/party.ts';
import { ArrivalClock } from '../tracks/arrival-clock.ts';
import type { IngestTrack } from '../tracks/ingest-track.ts';
import { CHANNELS_OF_MIX, readStreamSettings, type StreamSettings } from './stream-settings.ts';

export interface FreeSwitchConnectionOptions extends SourceContext {
  readonly socket: WebSocket;
  readonly ingest: IngestPort;
  readonly limits: SourceLimits;
  readonly roles: PartyRoles;
  /** Request target of the upgrade. */
  readonly url: string;
  /** Reads the metadata's `token`. Without one, the token in the upgrade's headers counts. */
  readonly admitToken: AdmitToken;
}

const NORMAL_CLOSURE = 1000;

/**
 * One stream of FreeSWITCH's mod_audio_stream. A first text message may describe the stream. Then comes 16-bit
 * little-endian sound without times. Later text messages are ignored.
 */
export class FreeSwitchConnection implements SourceHandler {
  readonly #options: FreeSwitchConnectionOptions;
  readonly #socket: SourceSocket;
  readonly #arrivals: ArrivalClock;
  #settings: StreamSettings | null = null;
  #part: CallPart | null = null;
  #tracks: readonly (IngestTrack | null)[] = [];
  #leaveReason: SessionEndReason = 'disconnected';

  constructor(options: FreeSwitchConnectionOptions) {
    this.#options = options;
    this.#arrivals = new ArrivalClock(options.clock);
    this.#socket = new SourceSocket({ ...options, handler: this });
  }

  get about(): SourceDescription {
    return { source: 'freeswitch', sessionId: this.#part?.session.id };
  }

  onMessage(bytes: Buffer, isBinary: boolean): void {
    if (this.#settings === null) this.#begin(bytes, isBinary);
    else if (isBinary) this.#takeAudio(this.#settings, bytes);
  }

  onTrouble(reason: CloseReason): void {
    if (reason === 'idle') this.#leaveReason = 'idle';
    this.#socket.close(CLOSE_CODES[reason].code, reason);
  }

  onGone(code: number | null): void {
    // `uuid_audio_stream … stop` and the end of the call close normally.
    this.#part?.leave(code === NORMAL_CLOSURE ? 'completed' : this.#leaveReason);
  }

  /** A stream without metadata begins with sound. */
  #begin(bytes: Buffer, isBinary: boolean): void {
    const { url, admitToken } = this.#options;
    const settings = readStreamSettings(url, isBinary ? null : bytes.toString('utf8'));
    this.#settings = settings;
    const token = textOf(settings.parameters.token) ?? undefined;
    this.#socket.holdUntil(admitToken(token), (grant) => {
      this.#enter(settings, grant);
      if (isBinary) this.#takeAudio(settings, bytes);
    });
  }

  #enter(settings: StreamSettings, grant: Grant | AccessRefusal): void {
    const { ingest, roles, meter } = this.#options;
    if (typeof grant === 'string') {
      this.onTrouble(grant);
      return;
    }
    const wanted = textOf(settings.parameters.sessionId);
    const title = textOf(settings.parameters.title, MAX_TITLE_LENGTH);
    const ids = wanted === null ? [] : [wanted];
    const part = ingest.joinCall({ platform: 'freeswitch', ids, ...(title !== null && { title }) }, grant);
    this.#part = part;
    this.#socket.introduced();
    this.#tracks = CHANNELS_OF_MIX[settings.mix].map(({ name, side }) => {
      const voice = openVoice(part, partyOf(name, side === null ? 'unknown' : roles[side], settings.parameters));
      if (typeof voice !== 'string') return voice.track;
      meter.refused(voice);
      return null;
    });
    void part.session.finished.then(() => this.#socket.close(NORMAL_CLOSURE, ''));
  }

  #takeAudio({ sampleRateHz }: StreamSettings, bytes: Buffer): void {
    const { meter } = this.#options;
    const part = this.#part;
    if (part === null) return;
    const channelCount = this.#tracks.length;
    const frames = bytes.length / (2 * channelCount);
    if (!Number.isInteger(frames)) {
      meter.refused('bad-samples');
      return;
    }
    const { startMs, resumed } = this.#arrivals.place((frames * 1000) / sampleRateHz);
    const mediaTimeMs = part.originMs + startMs;
    for (const [channel, track] of this.#tracks.entries()) {
      if (track === null) continue;
      if (resumed) track.settle(mediaTimeMs);
      const samples = decodeLinear16(bytes, 'little-endian', channel, channelCount);
      const refusal = track.takeAudio({ startMs: mediaTimeMs, sampleRateHz, samples });
      if (refusal !== null) meter.refused(refusal);
    }
  }
}
