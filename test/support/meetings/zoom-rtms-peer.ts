import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface ZoomRtmsPeerOptions {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly webhookSecret?: string;
  /** Kinds of media that the app's scopes allow. */
  readonly scopes?: readonly ('audio' | 'video' | 'transcript')[];
  /** The media address that the peer announces. Default: its own. */
  readonly mediaUrl?: string;
  /** Which of Zoom's products streams. Default: a meeting. */
  readonly product?: 'meeting' | 'webinar' | 'session' | 'contact_center';
  /** What the media server sends, as it says. Default: what it was asked for. */
  readonly mediaParams?: object;
}

const PRODUCTS = {
  meeting: { prefix: 'meeting.rtms', field: 'meeting_uuid' },
  webinar: { prefix: 'webinar.rtms', field: 'meeting_uuid' },
  session: { prefix: 'session.rtms', field: 'session_id' },
  contact_center: { prefix: 'contact_center.voice_rtms', field: 'engagement_id' },
} as const;

export const ZOOM_APP = {
  clientId: 'zoom-client-id',
  clientSecret: 'zoom-client-secret',
  webhookSecret: 'zoom-webhook-secret',
};
/** Configuration of a server with that app. */
export const ZOOM_CONFIG = {
  zoomClientId: ZOOM_APP.clientId,
  zoomClientSecret: ZOOM_APP.clientSecret,
  zoomWebhookSecret: ZOOM_APP.webhookSecret,
};

export interface ZoomPerson {
  readonly id: number;
  readonly name: string;
}

type Json = Record<string, unknown>;

/** Headers of a webhook, with Zoom's signature of the body. */
export function webhookHeaders(
  body: string,
  { secret = ZOOM_APP.webhookSecret, timestampS = Math.floor(Date.now() / 1000) } = {},
): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`v0:${timestampS}:${body}`).digest('hex');
  return {
    'Content-Type': 'application/json; charset=utf-8',
    'x-zm-request-timestamp': `${timestampS}`,
    'x-zm-signature': `v0=${signature}`,
  };
}

/**
 * Zoom's side of RTMS, built from its documentation. It sends the webhooks, and serves the signaling and media
 * connections of one meeting's stream. It checks what it receives.
 */
export class ZoomRtmsPeer {
  /** `ws://127.0.0.1:…`. */
  readonly origin: string;
  readonly meetingUuid = `${randomBytes(15).toString('base64')}+/==`.slice(-24);
  readonly streamId: string = randomBytes(16).toString('hex');
  /** Protocol violations of the client. */
  readonly problems: string[] = [];
  /** Messages from the client, by connection. */
  readonly received: { readonly signaling: Json[]; readonly media: Json[] } = { signaling: [], media: [] };
  /** Status codes with which the next handshakes are refused, one per handshake. */
  readonly refusals: { signaling: number[]; media: number[] } = { signaling: [], media: [] };
  readonly #options: Required<Pick<ZoomRtmsPeerOptions, 'clientId' | 'clientSecret' | 'webhookSecret' | 'scopes'>> &
    ZoomRtmsPeerOptions;
  readonly #server: WebSocketServer;
  #signaling: WebSocket | null = null;
  #media: WebSocket | null = null;
  #changed = Promise.withResolvers<void>();
  #isReady = false;

  static async open(options: ZoomRtmsPeerOptions = {}): Promise<ZoomRtmsPeer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    return new ZoomRtmsPeer(server, options);
  }

  private constructor(server: WebSocketServer, options: ZoomRtmsPeerOptions) {
    this.#options = { ...ZOOM_APP, scopes: ['audio', 'video', 'transcript'], ...options };
    this.#server = server;
    this.origin = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket, request) => {
      socket.on('error', () => {});
      const kind = request.url === '/media' ? 'media' : 'signaling';
      socket.on('message', (data) => this.#onMessage(kind, socket, JSON.parse(data.toString()) as Json));
      socket.on('close', () => {
        if (this.#media === socket) this.#media = null;
        if (this.#signaling === socket) this.#signaling = null;
        this.#wake();
      });
    });
  }

  get #product() {
    return PRODUCTS[this.#options.product ?? 'meeting'];
  }

  /** Sends the webhook of the stream's end. */
  stop(url: string): Promise<Response> {
    return this.webhook(url, `${this.#product.prefix}_stopped`, { stop_reason: 6 });
  }

  get isStreaming(): boolean {
    return this.#isReady && this.#media !== null && this.#signaling !== null;
  }

  /** Sends a webhook to the server under test and returns the response. */
  async webhook(url: string, event: string, payload: Json = {}): Promise<Response> {
    const body = JSON.stringify({
      event,
      event_ts: Date.now(),
      payload: { [this.#product.field]: this.meetingUuid, rtms_stream_id: this.streamId, ...payload },
    });
    const headers = webhookHeaders(body, { secret: this.#options.webhookSecret });
    return fetch(`${url}/v1/zoom`, { method: 'POST', headers, body });
  }

  /** Sends `meeting.rtms_started` and does everything else until media may be sent. */
  async start(url: string): Promise<this> {
    const { status } = await this.webhook(url, `${this.#product.prefix}_started`, {
      server_urls: `${this.origin}/signaling`,
    });
    if (status !== 200) throw new Error(`the webhook was answered with ${status}`);
    return this.streaming();
  }

  async streaming(): Promise<this> {
    await this.until(() => this.isStreaming);
    return this;
  }

  async until(passes: () => boolean): Promise<void> {
    while (!passes()) await this.#changed.promise;
  }

  /** Signed 16-bit little-endian, 16 kHz, mono. */
  sendAudio({ id, name }: ZoomPerson, atMs: number, bytes: Uint8Array): void {
    this.#sendData(14, { user_id: id, user_name: name, timestamp: atMs }, bytes);
  }

  sendPicture({ id, name }: ZoomPerson, atMs: number, jpeg: Uint8Array): void {
    this.#sendData(15, { user_id: id, user_name: name, timestamp: atMs }, jpeg);
  }

  sendWords({ id, name }: ZoomPerson, startMs: number, endMs: number, data: string): void {
    const content = { user_id: id, user_name: name, start_time: startMs, end_time: endMs, timestamp: startMs };
    this.sendMedia({ msg_type: 17, content: { ...content, language: 9, data } });
  }

  sendEvent(event: number, people: readonly ZoomPerson[], atMs = Date.now()): void {
    const participants = people.map(({ id, name }) => ({ user_id: id, user_name: name }));
    this.sendSignaling({ msg_type: 6, event: { event_type: event, timestamp: atMs, participants } });
  }

  sendMedia(message: object): void {
    this.#media?.send(JSON.stringify(message));
  }

  sendSignaling(message: object): void {
    this.#signaling?.send(JSON.stringify(message));
  }

  /** Sends something that is not a message. */
  sendGarbage(kind: 'signaling' | 'media', data: string | Buffer): void {
    (kind === 'media' ? this.#media : this.#signaling)?.send(data);
  }

  /** Cuts the connection. */
  unplug(kind: 'signaling' | 'media'): void {
    (kind === 'media' ? this.#media : this.#signaling)?.terminate();
  }

  async close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #sendData(type: number, content: Json, bytes: Uint8Array): void {
    const data = Buffer.from(bytes).toString('base64');
    this.sendMedia({ msg_type: type, content: { ...content, data, length: bytes.length } });
  }

  #onMessage(kind: 'signaling' | 'media', socket: WebSocket, message: Json): void {
    this.received[kind].push(message);
    const isHandshake = message.msg_type === (kind === 'media' ? 3 : 1);
    if (isHandshake) this.#onHandshake(kind, socket, message);
    else if (kind === 'signaling' && message.msg_type === 7) this.#onReady(message);
    else if (![5, 13].includes(message.msg_type as number)) this.problems.push(`${kind}: ${message.msg_type}`);
    this.#wake();
  }

  #onHandshake(kind: 'signaling' | 'media', socket: WebSocket, message: Json): void {
    const { clientId, clientSecret, scopes, mediaUrl } = this.#options;
    const base = `${clientId},${this.meetingUuid},${this.streamId}`;
    const signature = createHmac('sha256', clientSecret).update(base).digest('hex');
    const isNamed = message[this.#product.field] === this.meetingUuid && message.rtms_stream_id === this.streamId;
    if (message.protocol_version !== 1) this.problems.push(`${kind}: protocol_version`);
    const current = kind === 'media' ? this.#media : this.#signaling;
    const status =
      this.refusals[kind].shift() ??
      (!isNamed ? 2 : message.signature !== signature ? 3 : current !== null ? (kind === 'media' ? 16 : 8) : 0);
    const answer = { protocol_version: 1, sequence: 0, status_code: status, reason: status === 0 ? '' : 'refused' };
    if (kind === 'media') {
      if (status === 0) this.#media = socket;
      socket.send(
        JSON.stringify({ msg_type: 4, ...answer, media_params: this.#options.mediaParams ?? message.media_params }),
      );
      return;
    }
    if (status === 0) this.#signaling = socket;
    this.#isReady = false;
    const url = mediaUrl ?? `${this.origin}/media`;
    const urls = Object.fromEntries([...scopes, 'all'].map((scope) => [scope, url]));
    const server = status === 0 ? { media_server: { server_urls: urls } } : {};
    socket.send(JSON.stringify({ msg_type: 2, ...answer, ...server }));
  }

  #onReady(message: Json): void {
    if (message.rtms_stream_id !== this.streamId) this.problems.push('ready for another stream');
    if (this.#media === null) this.problems.push('ready without media');
    this.#isReady = true;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
