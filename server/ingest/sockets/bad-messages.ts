import type { Logger } from 'pino';
import type { ProtocolError, ProtocolErrorCode, RefusalCode } from '../../../client-sdk/protocol/index.ts';
import type { Clock } from '../../../pipeline/index.ts';
import { TokenBucket } from '../../limits/token-bucket.ts';
import type { IngestMeter } from '../admission/ingest-meter.ts';

export interface BadMessagesOptions {
  readonly clock: Clock;
  readonly meter: Pick<IngestMeter, 'refused'>;
  readonly log: Logger;
  /** Fields of the log lines: the source and its session. */
  readonly about: () => object;
}

/** Bad messages that one connection may send at once. One that sends more in a row sends nothing else. */
export const MAX_BAD_MESSAGES = 50;
/** Bad messages per second that one connection may go on sending: one in ten of a call with two tracks. */
export const MAX_BAD_MESSAGES_PER_SECOND = 10;
/** Kinds of bad messages that are logged per connection. */
const MAX_LOGGED_KINDS = 32;

/** Names of message types that may be logged. Anything else may be content. */
const LOGGABLE_NAME = /^[\w.:-]{1,64}$/;

/** How a dropped message is counted. Every other code concerns a text message. */
const REFUSAL_OF: Readonly<Partial<Record<ProtocolErrorCode, RefusalCode>>> = {
  'unknown-type': 'unknown-message',
  'unexpected-message': 'misplaced-message',
  'too-large': 'oversized-message',
  'unknown-source': 'unknown-source',
  'truncated-packet': 'malformed-packet',
  'trailing-bytes': 'malformed-packet',
  'empty-payload': 'malformed-packet',
  'unknown-kind': 'malformed-packet',
  'invalid-media-time': 'malformed-packet',
};

export function refusalOf({ code }: ProtocolError): RefusalCode {
  return REFUSAL_OF[code] ?? 'malformed-message';
}

/**
 * The bad messages of one connection. Each is dropped, counted by its reason, and logged if it is the first of its
 * kind. A run of them is a reason to close the connection.
 */
export class BadMessages {
  readonly #options: BadMessagesOptions;
  readonly #allowance: TokenBucket;
  readonly #logged = new Set<string>();

  constructor(options: BadMessagesOptions) {
    this.#options = options;
    this.#allowance = new TokenBucket(MAX_BAD_MESSAGES_PER_SECOND, MAX_BAD_MESSAGES, options.clock.now());
  }

  /** Drops a message. Returns how it is counted, or null if it belongs to a run. */
  drop(problem: ProtocolError, reason: RefusalCode = refusalOf(problem)): RefusalCode | null {
    const { clock, meter } = this.#options;
    meter.refused(reason);
    this.#logOnce(`${problem.code} ${problem.field}`, { reason, problem: problem.message }, 'a message was dropped');
    return this.#allowance.take(1, clock.now()) ? reason : null;
  }

  /**
   * Drops a well-formed message of a type that this server does not know. Platforms add types, so any number of such
   * messages is no run.
   */
  ignore(type: string): void {
    this.#options.meter.refused('unknown-message');
    const name = LOGGABLE_NAME.test(type) ? type : '(not a name)';
    this.#logOnce(
      `type ${name}`,
      { reason: 'unknown-message', type: name },
      'a message of an unknown type was dropped',
    );
  }

  #logOnce(kind: string, fields: object, message: string): void {
    if (this.#logged.has(kind) || this.#logged.size >= MAX_LOGGED_KINDS) return;
    this.#logged.add(kind);
    this.#options.log.warn({ ...this.#options.about(), ...fields }, message);
  }
}
