import type { Logger } from 'pino';
import {
  type Participant,
  ProtocolError,
  type PublisherReply,
  parseJson,
  parsePublisherMessage,
  REFUSAL_CODES,
  type RefusalCode,
} from '../../../client-sdk/protocol/index.ts';
import type { Clock } from '../../../pipeline/index.ts';
import { TokenBucket } from '../../limits/token-bucket.ts';
import type { CallPart } from '../admission/call-part.ts';
import type { IngestMeter } from '../admission/ingest-meter.ts';
import { BadMessages } from '../sockets/bad-messages.ts';
import { IngestTrack } from '../tracks/ingest-track.ts';
import type { MessageChannel } from './transport/media-transport.ts';

export interface TranscriptChannelOptions {
  readonly channel: MessageChannel;
  readonly part: CallPart;
  readonly participant: Participant;
  readonly ready: Extract<PublisherReply, { type: 'session.ready' }>;
  readonly maxMessageBytes: number;
  readonly meter: Pick<IngestMeter, 'refused'>;
  readonly log: Logger;
  readonly clock: Clock;
  /** Called when bad messages come in a run. */
  readonly onRun: (problem: ProtocolError) => void;
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
  readonly #bad: BadMessages;
  #track: IngestTrack | null = null;

  constructor(options: TranscriptChannelOptions) {
    this.#options = options;
    const about = { source: 'webrtc', sessionId: options.part.session.id };
    this.#messages = new TokenBucket(MAX_MESSAGES_PER_SECOND, 2 * MAX_MESSAGES_PER_SECOND, options.clock.now());
    this.#bad = new BadMessages({ ...options, about: () => about });
    options.channel.listen((text) => this.#take(text));
    this.#reply(options.ready);
  }

  #take(text: string | null): void {
    if (!this.#messages.take(1, this.#options.clock.now())) {
      this.#refuse('overloaded');
      return;
    }
    try {
      this.#refuse(this.#words(text));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#drop(error);
    }
  }

  #words(text: string | null): RefusalCode | null {
    if (text === null) throw new ProtocolError('not-json', 'The channel accepts text messages only.');
    if (Buffer.byteLength(text) > this.#options.maxMessageBytes) {
      throw new ProtocolError('too-large', REFUSAL_CODES['oversized-message']);
    }
    const message = parsePublisherMessage(parseJson(text));
    if (message.type !== 'transcript') return 'wrong-media';
    const { type: _, track: __, ...segment } = message;
    const track = this.#openTrack();
    return typeof track === 'string' ? track : track.takeWords(segment);
  }

  #drop(problem: ProtocolError): void {
    const reason = this.#bad.drop(problem);
    if (reason === null) {
      this.#options.onRun(problem);
      return;
    }
    this.#options.part.session.refused({ reason });
    this.#tell(reason, problem.message);
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
    this.#options.meter.refused(code);
    this.#tell(code, REFUSAL_CODES[code]);
  }

  #tell(code: RefusalCode, message: string): void {
    this.#reply({ type: 'error', code, message, fatal: false });
  }

  #reply(reply: PublisherReply): void {
    this.#options.channel.send(JSON.stringify(reply));
  }
}
