import { ProtocolError, parseJson } from '../../../client-sdk/protocol/index.ts';
import { grantOfPlatform } from '../../access/grant.ts';
import type { AskAdmission } from '../../admission.ts';
import { ServiceError } from '../../service-error.ts';
import type { Meetings } from '../meetings/meetings.ts';
import { BadMessages } from '../sockets/bad-messages.ts';
import type { SourceContext, SourceLimits } from '../sockets/source-socket.ts';
import type { RtmsCredentials } from './rtms-message.ts';
import { endReasonOf, RtmsStream } from './rtms-stream.ts';
import { meetingIdOf, parseZoomWebhook, type ZoomWebhook, ZoomWebhookAccess } from './zoom-webhook.ts';

export interface ZoomEndpointOptions extends SourceContext {
  readonly credentials: RtmsCredentials;
  readonly webhookSecret: string;
  /** Allowed servers. */
  readonly servers: readonly string[];
  readonly limits: SourceLimits;
  readonly meetings: Meetings;
  /** Called before another stream is admitted. */
  readonly refuse: AskAdmission;
}

const ZOOM = grantOfPlatform('zoom');

/** A webhook as received. */
export interface ReceivedWebhook {
  readonly body: Buffer;
  /** Header `x-zm-request-timestamp`. */
  readonly timestamp: string | undefined;
  /** Header `x-zm-signature`. */
  readonly signature: string | undefined;
}

export interface WebhookAnswer {
  /** HTTP status. */
  readonly status: number;
  /** JSON. No body if omitted. */
  readonly body?: object;
}

/** Zoom RTMS: receives webhooks, opens streams. Uses HTTP statuses, but no other part of HTTP. */
export class ZoomEndpoint {
  readonly #options: ZoomEndpointOptions;
  readonly #access: ZoomWebhookAccess;
  /** Webhooks that are not acted on. */
  readonly #unread: BadMessages;
  /** By stream id. */
  readonly #streams = new Map<string, RtmsStream>();

  constructor(options: ZoomEndpointOptions) {
    this.#options = options;
    this.#access = new ZoomWebhookAccess(options.webhookSecret);
    this.#unread = new BadMessages({ ...options, about: () => ({ source: 'zoom', way: 'webhook' }) });
  }

  /** Streams that are connected or connecting. */
  get openCount(): number {
    return this.#streams.size;
  }

  /** Handles a webhook. Zoom expects an answer within three seconds, so the work is started but not awaited. */
  receive({ body, timestamp, signature }: ReceivedWebhook): WebhookAnswer {
    const { clock } = this.#options;
    const proof = this.#access.check(body, timestamp, signature, clock.scheduler.now() / 1000);
    if (proof === 'refused') return { status: 401 };
    const answer = this.#answer(body, proof === 'repeated');
    if (answer.status >= 500 && signature !== undefined) this.#access.forget(signature);
    return answer;
  }

  /** Zoom sends a webhook again if it has heard no answer. Only the question for the address is answered again. */
  #answer(body: Buffer, isRepeated: boolean): WebhookAnswer {
    const { log } = this.#options;
    try {
      const webhook = parseZoomWebhook(parseJson(body.toString('utf8')));
      return isRepeated && webhook.event !== 'url-validation' ? { status: 200 } : this.#act(webhook);
    } catch (error) {
      if (error instanceof ProtocolError) {
        this.#unread.drop(error);
        return { status: 400 };
      }
      if (error instanceof ServiceError) return { status: 503 };
      log.error({ err: error }, 'a webhook of Zoom could not be handled');
      return { status: 500 };
    }
  }

  /** Ends every stream. */
  close(): void {
    for (const stream of [...this.#streams.values()]) stream.end('shutdown');
  }

  #act(webhook: ZoomWebhook): WebhookAnswer {
    switch (webhook.event) {
      case 'url-validation':
        return { status: 200, body: this.#access.answer(webhook.plainToken) };
      case 'started':
        return { status: this.#start(webhook) };
      case 'interrupted':
        this.#streams.get(webhook.streamId)?.restart();
        return { status: 200 };
      case 'stopped':
        this.#streams.get(webhook.streamId)?.end(endReasonOf(webhook.stopReason));
        return { status: 200 };
      case 'other':
        this.#unread.ignore(webhook.name);
        return { status: 200 };
    }
  }

  #start({ event: _, serverUrl, ...name }: Extract<ZoomWebhook, { event: 'started' }>): number {
    const { credentials, servers, limits, meetings, refuse, clock, meter, log } = this.#options;
    const { meetingUuid, streamId } = name;
    const known = this.#streams.get(streamId);
    if (known !== undefined) {
      known.restart(serverUrl);
      return 200;
    }
    if (refuse() !== null) return 503;
    const meeting = meetings.enter(meetingIdOf(meetingUuid), null, ZOOM);
    const stream = new RtmsStream({
      name,
      serverUrl,
      credentials,
      servers,
      limits,
      meeting,
      clock,
      meter,
      log,
      onEnd: () => this.#streams.delete(streamId),
    });
    // A new stream of a meeting replaces the earlier one.
    for (const other of [...this.#streams.values()]) if (other.meeting === meeting) other.end('disconnected');
    if (!stream.isOver) this.#streams.set(streamId, stream);
    return 200;
  }
}
