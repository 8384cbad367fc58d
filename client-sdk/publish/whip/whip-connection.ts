/// <reference lib="dom" preserve="true" />
import { ClientError } from '../../connection/client-error.ts';
import { endpoint, type ServerAddress } from '../../connection/web-socket.ts';
import {
  type ParticipantInfo,
  ProtocolError,
  parseJson,
  parsePublisherReply,
  type ServerError,
  TRANSCRIPT_CHANNEL,
  type TranscriptMessage,
} from '../../protocol/index.ts';
import { parseIceServers } from './ice-servers.ts';

export interface WhipConnectionOptions {
  readonly address: ServerAddress;
  readonly tracks: readonly MediaStreamTrack[];
  readonly participant: ParticipantInfo;
  readonly sessionId?: string | undefined;
  readonly title?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the session's media time, as soon as words can be sent. */
  readonly onMediaTime: (mediaTimeMs: number) => void;
  readonly onRefused: (error: ServerError) => void;
  /** Called once when the connection is lost, unless it was closed on this side. */
  readonly onLost: () => void;
}

/** Time limit for a connection to open, in ms. */
const CONNECT_TIMEOUT_MS = 15_000;
/** Time that the server has to take note of the end, in ms. */
const LEAVE_TIMEOUT_MS = 3000;
/** Time that an interrupted connection has to recover by itself, in ms. */
const INTERRUPTION_MS = 4000;

/** One WHIP publication: an offer, its answer, and the connection that they describe. */
export class WhipConnection {
  readonly #options: WhipConnectionOptions;
  readonly #pc = new RTCPeerConnection();
  readonly #channel: RTCDataChannel;
  #resource: URL | null = null;
  #sessionId = '';
  #interruption: ReturnType<typeof setTimeout> | undefined;
  #takesWords = true;
  #over = false;

  /** @throws {@link ClientError} when the server refuses or cannot be reached; the signal's reason when it aborts. */
  static async open(options: WhipConnectionOptions): Promise<WhipConnection> {
    const connection = new WhipConnection(options);
    try {
      await connection.#connect();
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private constructor(options: WhipConnectionOptions) {
    this.#options = options;
    for (const track of options.tracks) this.#pc.addTransceiver(track, { direction: 'sendonly' });
    this.#channel = this.#pc.createDataChannel(TRANSCRIPT_CHANNEL);
    this.#channel.onmessage = ({ data }) => this.#receive(data);
    this.#pc.onconnectionstatechange = () => this.#watch();
  }

  get sessionId(): string {
    return this.#sessionId;
  }

  /** Whether the server takes words here; one that runs on an SFU may not. */
  get takesWords(): boolean {
    return this.#takesWords;
  }

  /** Sends words, in the media time that the server told; without a connection they are lost. */
  sendWords(words: Omit<TranscriptMessage, 'type' | 'track'>): void {
    if (this.#channel.readyState !== 'open') return;
    this.#channel.send(JSON.stringify({ type: 'transcript', track: 0, ...words } satisfies TranscriptMessage));
  }

  /** Leaves the session. Never rejects: a server that cannot be told will notice. */
  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#interruption);
    if (this.#resource !== null) {
      // Before the connection is closed, or the server would take it for lost.
      const signal = AbortSignal.timeout(LEAVE_TIMEOUT_MS);
      const options = { method: 'DELETE', headers: this.#headers(), keepalive: true, signal };
      await fetch(this.#resource, options).catch(() => {});
    }
    this.#pc.close();
  }

  async #connect(): Promise<void> {
    const { signal } = this.#options;
    const offer = await this.#pc.createOffer();
    const answer = await this.#post(offer.sdp ?? '');
    this.#takesWords = !/^m=application 0 /m.test(answer);
    // The offer becomes the local description only now, so that candidates are gathered with the servers' relays.
    await this.#pc.setLocalDescription(offer);
    await this.#pc.setRemoteDescription({ type: 'answer', sdp: answer });
    const timeout = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
    const ended = AbortSignal.any(signal === undefined ? [timeout] : [timeout, signal]);
    await new Promise<void>((resolve, reject) => {
      const fail = () => reject(signal?.aborted === true ? signal.reason : ClientError.connectionFailed());
      ended.addEventListener('abort', fail, { once: true });
      this.#pc.addEventListener('connectionstatechange', () => {
        if (this.#pc.connectionState === 'connected') resolve();
        else if (this.#pc.connectionState === 'failed') fail();
      });
    });
    this.#watch();
  }

  async #post(sdp: string): Promise<string> {
    const { address, participant, sessionId, title, traceparent, signal } = this.#options;
    const url = endpoint(address, 'http', 'v1/whip');
    const { id, role, displayName } = participant;
    const query = { session: sessionId, title, participant: id, role, name: displayName };
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const headers = { ...this.#headers(), 'Content-Type': 'application/sdp', ...(traceparent && { traceparent }) };
    let response: Response;
    let body: string;
    try {
      response = await fetch(url, { method: 'POST', headers, body: sdp, signal: signal ?? null });
      body = await response.text();
    } catch (error) {
      signal?.throwIfAborted();
      throw ClientError.connectionFailed(error);
    }
    if (response.status !== 201) throw ClientError.fromHttpStatus(response.status);
    // A proxy may serve the server below a path of its own: only the last segment is the publisher's.
    const resource = response.headers.get('Location')?.split('/').at(-1);
    if (resource === undefined) throw ClientError.protocolViolation(new TypeError('the answer has no Location'));
    this.#resource = endpoint(address, 'http', `v1/whip/${resource}`);
    this.#sessionId = response.headers.get('Undertone-Session') ?? '';
    const iceServers = parseIceServers(response.headers.get('Link'));
    if (iceServers.length > 0) this.#pc.setConfiguration({ iceServers });
    return body;
  }

  #headers(): Record<string, string> {
    const { token } = this.#options.address;
    return token === undefined ? {} : { Authorization: `Bearer ${token}` };
  }

  #receive(data: unknown): void {
    try {
      const reply = parsePublisherReply(parseJson(String(data)));
      if (reply.type === 'session.ready') this.#options.onMediaTime(reply.mediaTimeMs ?? 0);
      else if (reply.type === 'error') this.#options.onRefused(reply);
    } catch (error) {
      // What this client does not understand is no reason to stop the media.
      if (!(error instanceof ProtocolError)) throw error;
    }
  }

  #watch(): void {
    if (this.#over || this.#resource === null) return;
    const { connectionState } = this.#pc;
    clearTimeout(this.#interruption);
    if (connectionState === 'failed' || connectionState === 'closed') this.#lose();
    else if (connectionState === 'disconnected') this.#interruption = setTimeout(() => this.#lose(), INTERRUPTION_MS);
    // The server ends its side of the channel when it lets the publisher go; one that takes no channel never opened it.
    this.#channel.onclose = () => {
      if (this.#takesWords) this.#lose();
    };
  }

  #lose(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#interruption);
    this.#pc.close();
    this.#options.onLost();
  }
}
