import { createHmac, randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';

export interface RecallPeerOptions {
  /** `ws://…` of the server. */
  readonly socketUrl: string;
  /** Query of the endpoint's `url`. */
  readonly query?: string;
  /** The workspace's verification secret. Without it, the upgrade is unsigned. */
  readonly secret?: string;
  readonly signing?: RecallSigning;
  readonly headers?: Readonly<Record<string, string>>;
  readonly recordingId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface RecallSigning {
  readonly id?: string;
  readonly timestampS?: number;
  /** Further signatures before the valid one, as while a secret is being replaced. */
  readonly others?: readonly string[];
}

export interface RecallPerson {
  readonly id: number;
  readonly name: string | null;
  readonly isHost?: boolean;
}

/** The headers that Recall sends with every request once the workspace has a secret. An upgrade has no payload. */
export function recallHeaders(secret: string, signing: RecallSigning = {}): Record<string, string> {
  const id = signing.id ?? `msg_${randomUUID().replaceAll('-', '')}`;
  const timestamp = `${signing.timestampS ?? Math.floor(Date.now() / 1000)}`;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).digest('base64')}`;
  return {
    'Webhook-Id': id,
    'Webhook-Timestamp': timestamp,
    'Webhook-Signature': [...(signing.others ?? []), signature].join(' '),
  };
}

/**
 * Recall.ai's side of a real-time WebSocket endpoint, built from its documentation: JSON messages with times in
 * seconds.
 */
export class RecallPeer {
  readonly socket: WebSocket;
  readonly recordingId: string;
  /** The id of the recording's session. */
  readonly sessionId: string;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** The HTTP status of a refused upgrade. Undefined when it was not refused. */
  readonly refusedWith: Promise<number | undefined>;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #botId = randomUUID();
  readonly #endpointId = randomUUID();

  constructor(options: RecallPeerOptions) {
    const { socketUrl, query = '', secret, signing, headers = {}, metadata = {} } = options;
    this.recordingId = options.recordingId ?? randomUUID();
    this.sessionId = `recall-${this.recordingId}`;
    this.#metadata = metadata;
    const signed = secret === undefined ? {} : recallHeaders(secret, signing);
    // With a query, the address needs a slash before it. Without one, the address has no slash at its end.
    this.socket = new WebSocket(`${socketUrl}/v1/recall${query === '' ? '' : `/${query}`}`, {
      headers: { ...signed, ...headers },
    });
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

  async opened(): Promise<this> {
    const status = await this.refusedWith;
    if (status !== undefined) throw new Error(`the upgrade was refused with ${status}`);
    return this;
  }

  /** Signed 16-bit little-endian, 16 kHz, mono. */
  sendAudio(person: RecallPerson, startMs: number, bytes: Uint8Array): void {
    const buffer = Buffer.from(bytes).toString('base64');
    this.#send('audio_separate_raw.data', 'audio_separate', {
      buffer,
      timestamp: time(startMs),
      participant: participant(person),
    });
  }

  sendPicture(person: RecallPerson, startMs: number, png: Uint8Array, type: 'webcam' | 'screenshare' = 'webcam'): void {
    const buffer = Buffer.from(png).toString('base64');
    this.#send('video_separate_png.data', 'video_separate', {
      buffer,
      timestamp: time(startMs),
      type,
      participant: participant(person),
    });
  }

  /** Words with their times. A word without an end is sent without one, as captions are. */
  sendWords(
    person: RecallPerson,
    words: readonly (readonly [text: string, startMs: number, endMs: number | null])[],
    event: 'transcript.data' | 'transcript.partial_data' = 'transcript.data',
  ): void {
    this.#send(event, 'transcript', {
      words: words.map(([text, startMs, endMs]) => ({
        text,
        start_timestamp: time(startMs),
        end_timestamp: endMs === null ? null : time(endMs),
      })),
      participant: participant(person),
    });
  }

  sendEvent(action: string, person: RecallPerson, atMs: number): void {
    this.#send(`participant_events.${action}`, 'participant_events', {
      participant: participant(person),
      timestamp: time(atMs),
      data: null,
    });
  }

  /** Ends the call. */
  async end(): Promise<void> {
    this.socket.close(1000);
    await this.closed;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  #send(event: string, resource: string, data: object): void {
    this.send({
      event,
      data: {
        data,
        realtime_endpoint: { id: this.#endpointId, metadata: {} },
        [resource]: { id: randomUUID(), metadata: {} },
        recording: { id: this.recordingId, metadata: {} },
        bot: { id: this.#botId, metadata: this.#metadata },
      },
    });
  }
}

function participant({ id, name, isHost = false }: RecallPerson) {
  return { id, name, is_host: isHost, platform: 'desktop', extra_data: {}, email: null };
}

/** Start of a test's recording. */
const RECORDING_BEGAN_MS = Date.UTC(2026, 0, 1, 10);

function time(ms: number) {
  return { relative: ms / 1000, absolute: new Date(RECORDING_BEGAN_MS + ms).toISOString() };
}
