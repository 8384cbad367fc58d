import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';

export const NULL_UUID = '00000000-0000-0000-0000-000000000000';

export interface Media {
  readonly type: 'audio';
  readonly format: 'PCMU' | 'L16';
  readonly channels: readonly ('external' | 'internal')[];
  readonly rate: 8000;
}

export const media = (format: Media['format'], ...channels: Media['channels']): Media => ({
  type: 'audio',
  format,
  channels,
  rate: 8000,
});

/** The media that Genesys offers for a call with both parties. */
export const OFFER = [media('PCMU', 'external', 'internal'), media('PCMU', 'external'), media('PCMU', 'internal')];

export interface AudioHookPeerOptions {
  readonly socketUrl: string;
  readonly apiKey?: string;
  /** Base64. Without it, the upgrade is unsigned. */
  readonly clientSecret?: string;
  readonly sessionId?: string;
  readonly organizationId?: string;
  /** Changes the content or the method of the signature. */
  readonly signing?: SigningOptions;
  /** Headers that replace the peer's own. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SigningOptions {
  readonly createdS?: number;
  readonly expiresS?: number;
  readonly nonce?: string;
  readonly authority?: string;
  readonly components?: readonly string[];
}

export interface ServerMessage {
  readonly version: string;
  readonly id: string;
  readonly type: string;
  readonly seq: number;
  readonly clientseq: number;
  readonly parameters: Record<string, unknown>;
}

const COMPONENTS = [
  '@request-target',
  '@authority',
  'audiohook-organization-id',
  'audiohook-session-id',
  'audiohook-correlation-id',
  'x-api-key',
];

/** An HTTP message signature over the named components, as AudioHook's clients make it. */
export function signatureHeaders(
  values: Readonly<Record<string, string>>,
  keyId: string,
  secret: string,
  options: SigningOptions = {},
): Record<string, string> {
  const createdS = options.createdS ?? Math.floor(Date.now() / 1000);
  const components = options.components ?? COMPONENTS;
  const nonce = options.nonce ?? randomBytes(18).toString('base64');
  const list = components.map((name) => `"${name}"`).join(' ');
  const params = `(${list});keyid="${keyId}";nonce="${nonce}";alg="hmac-sha256";created=${createdS};expires=${options.expiresS ?? createdS + 30}`;
  const base = [...components.map((name) => `"${name}": ${values[name]}`), `"@signature-params": ${params}`].join('\n');
  const signature = createHmac('sha256', Buffer.from(secret, 'base64')).update(base).digest('base64');
  return { 'signature-input': `sig1=${params}`, signature: `sig1=:${signature}:` };
}

/**
 * Genesys Cloud's side of an AudioHook v2 session, built from the protocol's description. It checks what it receives.
 */
export class AudioHookPeer {
  readonly socket: WebSocket;
  readonly id: string;
  readonly organizationId: string;
  readonly received: ServerMessage[] = [];
  /** Protocol violations of the server. */
  readonly problems: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Position of the audio, in ms. */
  positionMs = 0;
  readonly #connected: Promise<void>;
  #seq = 0;
  #changed = Promise.withResolvers<void>();

  constructor(options: AudioHookPeerOptions) {
    const { socketUrl, apiKey = 'an-api-key', clientSecret } = options;
    this.id = options.sessionId ?? randomUUID();
    this.organizationId = options.organizationId ?? randomUUID();
    const url = new URL(`${socketUrl}/v1/audiohook`);
    const headers = {
      'audiohook-organization-id': this.organizationId,
      'audiohook-session-id': this.id,
      'audiohook-correlation-id': randomUUID(),
      'x-api-key': apiKey,
      ...options.headers,
    };
    const values = {
      '@request-target': url.pathname,
      '@authority': options.signing?.authority ?? url.host,
      ...headers,
    };
    const signature = clientSecret === undefined ? {} : signatureHeaders(values, apiKey, clientSecret, options.signing);
    this.socket = new WebSocket(url, { headers: { ...headers, ...signature } });
    this.socket.on('error', () => {});
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) this.problems.push('binary from the server');
      else this.#onMessage(JSON.parse(data.toString()) as ServerMessage);
    });
    this.#connected = new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('unexpected-response', (_request, { statusCode }) => reject(new Error(`HTTP ${statusCode}`)));
    });
    this.#connected.catch(() => {});
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
  }

  connected(): Promise<void> {
    return this.#connected;
  }

  get serverseq(): number {
    return this.received.at(-1)?.seq ?? 0;
  }

  async open(parameters: Record<string, unknown> = {}): Promise<ServerMessage> {
    await this.#connected;
    this.send('open', {
      organizationId: this.organizationId,
      conversationId: randomUUID(),
      participant: { id: randomUUID(), ani: '+15550100', aniName: 'Ann Example', dnis: '+15550199' },
      media: OFFER,
      language: 'en-US',
      ...parameters,
    });
    return this.untilType('opened');
  }

  send(type: string, parameters: Record<string, unknown> = {}, changes: Record<string, unknown> = {}): void {
    this.#seq += 1;
    const message = {
      version: '2',
      id: this.id,
      type,
      seq: this.#seq,
      serverseq: this.serverseq,
      position: `PT${this.positionMs / 1000}S`,
      parameters,
      ...changes,
    };
    this.socket.send(JSON.stringify(message));
  }

  /** Sends one frame of audio with `samples` samples per channel. */
  sendAudio(bytes: Uint8Array, samples: number): void {
    this.socket.send(bytes);
    this.positionMs += samples / 8;
  }

  /** Sends `ping` and returns the time until its `pong`, in ms. */
  async ping(): Promise<number> {
    const sentMs = performance.now();
    this.send('ping', { rtt: 'PT0.01S' });
    const seq = this.#seq;
    await this.until(({ type, clientseq }) => type === 'pong' && clientseq === seq);
    return performance.now() - sentMs;
  }

  /** Closes as a client does. Resolves once the server has sent `closed` and the socket is closed. */
  async close(reason = 'end'): Promise<ServerMessage> {
    this.send('close', { reason });
    const closed = await this.untilType('closed');
    this.socket.close();
    await this.closed;
    return closed;
  }

  async until(passes: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    for (;;) {
      const found = this.received.find(passes);
      if (found !== undefined) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('the socket closed first');
      await this.#changed.promise;
    }
  }

  untilType(type: string): Promise<ServerMessage> {
    return this.until((message) => message.type === type);
  }

  #onMessage(message: ServerMessage): void {
    if (message.version !== '2') this.problems.push('version');
    if (message.id !== this.id) this.problems.push('id');
    if (message.seq !== this.serverseq + 1) this.problems.push(`seq ${message.seq} after ${this.serverseq}`);
    if (message.clientseq > this.#seq) this.problems.push('clientseq is ahead');
    this.received.push(message);
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
