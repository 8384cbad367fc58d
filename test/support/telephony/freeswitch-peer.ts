import { WebSocket } from 'ws';

export interface FreeSwitchPeerOptions {
  readonly socketUrl: string;
  /** Query of the dial plan's `ws-url`. */
  readonly query?: string;
  /** `STREAM_EXTRA_HEADERS`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The side of mod_audio_stream, built from its README. It sends metadata as a first text, then raw 16-bit sound in
 * binary frames of 20 ms.
 */
export class FreeSwitchPeer {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #opened: Promise<void>;

  constructor({ socketUrl, query = '', headers = {} }: FreeSwitchPeerOptions) {
    this.socket = new WebSocket(`${socketUrl}/v1/freeswitch${query}`, { headers, perMessageDeflate: true });
    this.socket.on('error', () => {});
    this.#opened = new Promise((resolve) => this.socket.once('open', resolve));
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** `uuid_audio_stream <uuid> start <url> <mix> <rate> <metadata>`. */
  async start(metadata?: string): Promise<this> {
    await this.#opened;
    if (metadata !== undefined) this.socket.send(metadata);
    return this;
  }

  sendAudio(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  /** `uuid_audio_stream <uuid> stop <metadata>`. */
  async stop(metadata?: string): Promise<void> {
    if (metadata !== undefined) this.socket.send(metadata);
    this.socket.close(1000);
    await this.closed;
  }
}
