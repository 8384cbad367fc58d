import { createHmac } from 'node:crypto';
import { ProtocolError } from '../../../client-sdk/protocol/index.ts';
import { NonceCache } from '../../access/nonce-cache.ts';
import { isSameSecret } from '../../access/same-secret.ts';
import { platformSessionId } from '../admission/platform-ids.ts';
import { type ForeignObject, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';

/** The field that names what is streamed: a meeting, a webinar, a session of the Video SDK, a call of the Contact Center. */
export const ID_FIELDS = ['meeting_uuid', 'webinar_uuid', 'session_id', 'engagement_id'] as const;

/** Identifies a stream. */
export interface ZoomStreamName {
  /** Id of the meeting, webinar, session or call. */
  readonly meetingUuid: string;
  /** The field in which Zoom sent the id and expects it back. Default: `meeting_uuid`. */
  readonly idField?: (typeof ID_FIELDS)[number];
  readonly streamId: string;
}

/** Zoom's webhooks about RTMS: https://developers.zoom.us/docs/api/rtms/events/ */
export type ZoomWebhook =
  /** `serverUrl`: address of the signaling server. */
  | (ZoomStreamName & { readonly event: 'started'; readonly serverUrl: string })
  | { readonly event: 'stopped'; readonly streamId: string; readonly stopReason: number | null }
  /** The signaling connection broke. */
  | { readonly event: 'interrupted'; readonly streamId: string }
  | { readonly event: 'url-validation'; readonly plainToken: string }
  | { readonly event: 'other'; readonly name: string };

/** Zoom's products that stream: the prefix of their events. */
const PRODUCTS = ['meeting.rtms', 'webinar.rtms', 'session.rtms', 'contact_center.voice_rtms'];

/** How far a webhook's time may be from the server's, in s. Zoom's own samples use this value. */
const MAX_AGE_S = 300;

/** `repeated`: Zoom has sent the same webhook before. */
export type WebhookProof = 'new' | 'repeated' | 'refused';

/** Checks that a webhook comes from Zoom: signed with the app's secret token, and fresh. */
export class ZoomWebhookAccess {
  readonly #secret: string;
  readonly #used = new NonceCache(2 * MAX_AGE_S);

  constructor(secret: string) {
    this.#secret = secret;
  }

  /**
   * @param timestamp - header `x-zm-request-timestamp`, in s.
   * @param signature - header `x-zm-signature`.
   */
  check(body: Buffer, timestamp: string | undefined, signature: string | undefined, nowS: number): WebhookProof {
    if (timestamp === undefined || signature === undefined || !/^\d{1,12}$/.test(timestamp)) return 'refused';
    if (Math.abs(nowS - Number(timestamp)) > MAX_AGE_S) return 'refused';
    const expected = `v0=${hmac(this.#secret, `v0:${timestamp}:`, body)}`;
    if (!isSameSecret(signature, expected)) return 'refused';
    if (this.#used.has(expected)) return 'repeated';
    return this.#used.take(expected, nowS) ? 'new' : 'refused';
  }

  /** The webhook with this signature could not be handled. Zoom sends it again. */
  forget(signature: string): void {
    this.#used.forget(signature);
  }

  /** The answer to Zoom's check that the address belongs to the app's owner. */
  answer(plainToken: string): { readonly plainToken: string; readonly encryptedToken: string } {
    return { plainToken, encryptedToken: hmac(this.#secret, plainToken) };
  }
}

function hmac(secret: string, ...parts: (string | Buffer)[]): string {
  const hash = createHmac('sha256', secret);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** @throws ProtocolError if a known event lacks a required field. */
export function parseZoomWebhook(value: unknown): ZoomWebhook {
  const message = objectOf(value);
  const outer = objectOf(message.payload);
  // Some of Zoom's webhooks have their content in an object within the payload.
  const payload = { ...objectOf(outer.object), ...outer };
  switch (message.event) {
    case 'endpoint.url_validation': {
      const plainToken = textOf(payload.plainToken, 256);
      // The answer is signed with the secret. The token must not be able to look like the signature base of a webhook.
      if (plainToken === null || !/^[\w-]+$/.test(plainToken)) throw ProtocolError.missingField('payload.plainToken');
      return { event: 'url-validation', plainToken };
    }
    default:
      if (typeof message.event !== 'string') throw ProtocolError.missingField('event');
      return parseStreamEvent(message.event, payload);
  }
}

function parseStreamEvent(name: string, payload: ForeignObject): ZoomWebhook {
  const product = PRODUCTS.find((prefix) => name.startsWith(`${prefix}_`));
  switch (product === undefined ? '' : name.slice(product.length + 1)) {
    case 'started': {
      const serverUrl = textOf(payload.server_urls);
      if (serverUrl === null) throw ProtocolError.missingField('payload.server_urls');
      return { event: 'started', ...nameOf(payload), serverUrl };
    }
    case 'stopped':
      return { event: 'stopped', streamId: streamIdOf(payload), stopReason: numberOf(payload.stop_reason) };
    case 'interrupted':
      return { event: 'interrupted', streamId: streamIdOf(payload) };
    default:
      return { event: 'other', name };
  }
}

function nameOf(payload: ForeignObject): ZoomStreamName {
  const streamId = streamIdOf(payload);
  const idField = ID_FIELDS.find((field) => textOf(payload[field], 128) !== null);
  const meetingUuid = idField === undefined ? null : textOf(payload[idField], 128);
  if (idField === undefined || meetingUuid === null || platformSessionId('zoom', meetingIdOf(meetingUuid)) === null) {
    throw ProtocolError.missingField('payload.meeting_uuid');
  }
  return { meetingUuid, streamId, idField };
}

function streamIdOf(payload: ForeignObject): string {
  const streamId = textOf(payload.rtms_stream_id, 128);
  if (streamId === null || streamId === '') throw ProtocolError.missingField('payload.rtms_stream_id');
  return streamId;
}

/** A meeting's UUID is base64, which an id cannot be. Converts it to base64url without padding, which is a valid id. */
export function meetingIdOf(meetingUuid: string): string {
  return meetingUuid.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
