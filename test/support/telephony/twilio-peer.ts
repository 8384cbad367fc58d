import { createHmac, randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';

export interface TwilioPeerOptions {
  /** `ws://…` of the server. */
  readonly socketUrl: string;
  /** Auth token of the account. Without it, the upgrade is unsigned. */
  readonly authToken?: string;
  /** The URL in the TwiML, which is what Twilio signs. Default: the address that the peer connects to, as wss. */
  readonly signedUrl?: string;
  /** Default: SHA-1. */
  readonly signedBy?: 'sha1' | 'sha256';
  readonly parameters?: Readonly<Record<string, string>>;
  readonly tracks?: readonly ('inbound' | 'outbound')[];
  /** Default: a generated account. */
  readonly accountSid?: string;
  /** Headers of the upgrade in addition to the signature. */
  readonly headers?: Readonly<Record<string, string>>;
}

const sid = (prefix: string) => prefix + randomBytes(16).toString('hex');

/**
 * Twilio's side of a media stream, built from its documentation. It sends JSON messages in which every number except
 * the sample rate is text.
 */
export class TwilioPeer {
  readonly socket: WebSocket;
  readonly streamSid: string;
  readonly callSid: string;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** The HTTP status of a refused upgrade. Undefined when it was not refused. */
  readonly refusedWith: Promise<number | undefined>;
  readonly #options: TwilioPeerOptions;
  #sequence = 0;
  readonly #chunks = { inbound: 0, outbound: 0 };

  constructor(options: TwilioPeerOptions, callSid = sid('CA'), streamSid = sid('MZ')) {
    const { socketUrl, authToken, signedBy = 'sha1' } = options;
    const url = `${socketUrl}/v1/twilio`;
    const signedUrl = options.signedUrl ?? url.replace(/^ws:/, 'wss:');
    const headers =
      authToken === undefined
        ? {}
        : { 'X-Twilio-Signature': createHmac(signedBy, authToken).update(signedUrl).digest('base64') };
    this.#options = options;
    this.callSid = callSid;
    this.streamSid = streamSid;
    this.socket = new WebSocket(url, { headers: { ...headers, ...options.headers } });
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.refusedWith = new Promise((resolve) => {
      this.socket.once('open', () => resolve(undefined));
      this.socket.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode);
        this.socket.terminate();
      });
    });
  }

  /** The default id of the call's session. */
  get sessionId(): string {
    return `twilio-${this.callSid}`;
  }

  async start(): Promise<this> {
    if ((await this.refusedWith) !== undefined) throw new Error('the upgrade was refused');
    this.send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    const { tracks = ['inbound', 'outbound'], parameters: customParameters = {} } = this.#options;
    this.sendNumbered({
      event: 'start',
      start: {
        accountSid: this.#options.accountSid ?? sid('AC'),
        streamSid: this.streamSid,
        callSid: this.callSid,
        tracks,
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters,
      },
    });
    return this;
  }

  /** Sends media. 20 ms are 160 bytes. */
  sendMedia(track: 'inbound' | 'outbound', timestampMs: number, mulaw: Uint8Array): void {
    this.#chunks[track] += 1;
    this.sendNumbered({
      event: 'media',
      media: {
        track,
        chunk: `${this.#chunks[track]}`,
        timestamp: `${timestampMs}`,
        payload: Buffer.from(mulaw).toString('base64'),
      },
    });
  }

  stop(): void {
    this.sendNumbered({ event: 'stop', stop: { accountSid: sid('AC'), callSid: this.callSid } });
  }

  /** Skips sequence numbers, as if messages were lost. */
  lose(count: number): void {
    this.#sequence += count;
  }

  sendNumbered(message: object): void {
    this.#sequence += 1;
    this.send({ ...message, sequenceNumber: `${this.#sequence}`, streamSid: this.streamSid });
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }
}
