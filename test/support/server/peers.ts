import { once } from 'node:events';
import { WebSocket } from 'ws';
import {
  type EmotionEvent,
  type EventsDropped,
  encodeMediaPacket,
  PUBLISH_SUBPROTOCOL,
  type PublisherMessage,
  type PublisherReply,
  type ServerError,
  SUBSCRIBE_SUBPROTOCOL,
} from '../../../client-sdk/protocol/index.ts';

/** How a socket ended. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** A raw WebSocket peer that keeps all received messages, in order. */
export class Peer<Received extends { readonly type: string }> {
  readonly socket: WebSocket;
  readonly received: Received[] = [];
  readonly closed: Promise<Closing>;
  #changed = Promise.withResolvers<void>();

  constructor(url: string, subprotocols: string[], headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url, subprotocols, { headers });
    const closed = Promise.withResolvers<Closing>();
    this.closed = closed.promise;
    this.socket.on('error', () => {});
    this.socket.on('message', (data) => {
      this.received.push(JSON.parse(data.toString()) as Received);
      this.#wake();
    });
    this.socket.on('close', (code, reason) => {
      closed.resolve({ code, reason: reason.toString() });
      this.#wake();
    });
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open');
    return this;
  }

  /** The first message that passes, even if it has not arrived yet. */
  async until(passes: (message: Received) => boolean): Promise<Received> {
    for (;;) {
      const found = this.received.find(passes);
      if (found !== undefined) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('the socket closed first');
      await this.#changed.promise;
    }
  }

  untilType<T extends Received['type']>(type: T): Promise<Extract<Received, { type: T }>> {
    return this.until((message) => message.type === type) as Promise<Extract<Received, { type: T }>>;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

export class Publisher extends Peer<PublisherReply> {
  constructor(socketUrl: string, headers: Record<string, string> = {}) {
    super(`${socketUrl}/v1/publish`, [PUBLISH_SUBPROTOCOL], headers);
  }

  send(message: PublisherMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Opens a session and one 16 kHz audio track, number 1. */
  async start(sessionId?: string, participantId = 'ann'): Promise<this> {
    await this.opened();
    this.send({ type: 'session.start', version: 1, ...(sessionId !== undefined && { sessionId }) });
    this.addAudio(1, participantId);
    await this.untilType('track.ready');
    return this;
  }

  addAudio(track: number, participantId: string, encoding: 'pcm-s16le' | 'pcm-f32le' = 'pcm-s16le'): void {
    const media = { kind: 'audio', encoding, sampleRateHz: 16_000 } as const;
    this.send({ type: 'track.add', track, participant: { id: participantId, displayName: 'Ann Example' }, media });
  }

  /** Sends 20 ms of silence on track 1, or other bytes. */
  sendAudio(mediaTimeMs: number, payload: Uint8Array = new Uint8Array(640), track = 1): void {
    this.socket.send(encodeMediaPacket({ kind: 'audio', track, mediaTimeMs, payload }));
  }
}

type SubscriberMessages = EmotionEvent | EventsDropped | ServerError;

export class Subscriber extends Peer<SubscriberMessages> {
  constructor(socketUrl: string, headers: Record<string, string> = {}) {
    super(`${socketUrl}/v1/subscribe`, [SUBSCRIBE_SUBPROTOCOL], headers);
  }

  async start(sessionId: string, afterSequence?: number, epoch?: string): Promise<this> {
    await this.opened();
    this.socket.send(
      JSON.stringify({
        type: 'subscribe',
        version: 1,
        sessionId,
        ...(afterSequence !== undefined && { afterSequence }),
        ...(epoch !== undefined && { epoch }),
      }),
    );
    return this;
  }

  get sequences(): number[] {
    return this.received.flatMap((message) => ('sequence' in message ? [message.sequence] : []));
  }
}
