import {
  type Participant,
  ProtocolError,
  type PublisherReply,
  parseJson,
  parsePublisherMessage,
  REFUSAL_CODES,
  type RefusalCode,
} from '../../../client-sdk/protocol/index.ts';
import { TokenBucket } from '../../limits/token-bucket.ts';
import type { CallPart } from '../admission/call-part.ts';
import { IngestTrack } from '../tracks/ingest-track.ts';
import type { MessageChannel } from './transport/media-transport.ts';

export interface TranscriptChannelOptions {
  readonly channel: MessageChannel;
  readonly part: CallPart;
  readonly participant: Participant;
  readonly ready: Extract<PublisherReply, { type: 'session.ready' }>;
  readonly maxMessageBytes: number;
  /** Monotonic, in ms. */
  readonly now: () => number;
  readonly onRefused: (code: RefusalCode) => void;
}

/** Messages per second. Nobody speaks faster. */
const MAX_MESSAGES_PER_SECOND = 50;

/**
 * The words of a WebRTC publisher: a data channel that carries the publish protocol's `transcript` messages. The server
 * first sends `session.ready`, which gives the current media time. Words must use media time.
 */
export class TranscriptChannel {
  readonly #options: TranscriptChannelOptions;
  readonly #messages: TokenBucket;
  #track: IngestTrack | null = null;

  constructor(options: TranscriptChannelOptions) {
    this.#options = options;
    this.#messages = new TokenBucket(MAX_MESSAGES_PER_SECOND, 2 * MAX_MESSAGES_PER_SECOND, options.now());
    options.channel.listen((text) => this.#take(text));
    this.#reply(options.ready);
  }

  #take(text: string | null): void {
    const { maxMessageBytes, now } = this.#options;
    if (!this.#messages.take(1, now())) this.#refuse('overloaded');
    else if (text === null || Buffer.byteLength(text) > maxMessageBytes) this.#refuse('malformed-packet');
    else this.#refuse(this.#words(text));
  }

  #words(text: string): RefusalCode | null {
    try {
      const message = parsePublisherMessage(parseJson(text));
      if (message.type !== 'transcript') return 'wrong-media';
      const { type: _, track: __, ...segment } = message;
      const track = this.#openTrack();
      return typeof track === 'string' ? track : track.takeWords(segment);
    } catch (error) {
      if (error instanceof ProtocolError) return 'malformed-packet';
      throw error;
    }
  }

  #openTrack(): IngestTrack | RefusalCode {
    if (this.#track !== null) return this.#track;
    const { part, participant } = this.#options;
    const added = part.addTrack({ media: 'transcript', participant });
    if (added instanceof IngestTrack) this.#track = added;
    return added;
  }

  #refuse(code: RefusalCode | null): void {
    if (code === null) return;
    this.#options.onRefused(code);
    this.#reply({ type: 'error', code, message: REFUSAL_CODES[code], fatal: false });
  }

  #reply(reply: PublisherReply): void {
    this.#options.channel.send(JSON.stringify(reply));
  }
}
