import { createHmac } from 'node:crypto';
import { ProtocolError } from '../../../client-sdk/protocol/index.ts';
import { NonceCache } from '../../access/nonce-cache.ts';
import { isSameSecret } from '../../access/same-secret.ts';
import { platformSessionId } from '../admission/platform-ids.ts';
import { type ForeignObject, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';

/** Identifies a stream. */
export interface ZoomStreamName {
  readonly meetingUuid: string;
  readonly streamId: string;
}

/** Zoom's webhooks about RTMS: https://developers.zoom.us/docs/api/rtms/events/ */
export type ZoomWebhook =
  /** `serverUrl`: address of the signaling server. */
  | (ZoomStreamName & { readonly event: 'started'; readonly serverUrl: string })
  | (ZoomStreamName & { readonly event: 'stopped'; readonly stopReason: number | null })
  /** The signaling connection broke. */
  | (ZoomStreamName & { readonly event: 'interrupted' })
  | { readonly event: 'url-validation'; readonly plainToken: string }
  | { readonly event: 'other' };

/** How far a webhook's time may be from the server's, in s. Zoom's own samples use this value. */
const MAX_AGE_S = 300;

/** Checks that a webhook comes from Zoom: signed with the app's secret token, fresh, and not seen before. */
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
  allows(body: Buffer, timestamp: string | undefined, signature: string | undefined, nowS: number): boolean {
    if (timestamp === undefined || signature === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
    if (Math.abs(nowS - Number(timestamp)) > MAX_AGE_S) return false;
    const expected = `v0=${hmac(this.#secret, `v0:${timestamp}:`, body)}`;
    return isSameSecret(signature, expected) && this.#used.take(expected, nowS);
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
  const payload = objectOf(message.payload);
  switch (message.event) {
    case 'endpoint.url_validation': {
      const plainToken = textOf(payload.plainToken, 256);
      // The answer is signed with the secret. The token must not be able to look like the signature base of a webhook.
      if (plainToken === null || !/^[\w-]+$/.test(plainToken)) throw ProtocolError.missingField('payload.plainToken');
      return { event: 'url-validation', plainToken };
    }
    case 'meeting.rtms_started': {
      const serverUrl = textOf(payload.server_urls);
      if (serverUrl === null) throw ProtocolError.missingField('payload.server_urls');
      return { event: 'started', ...nameOf(payload), serverUrl };
    }
    case 'meeting.rtms_stopped':
      return { event: 'stopped', ...nameOf(payload), stopReason: numberOf(payload.stop_reason) };
    case 'meeting.rtms_interrupted':
      return { event: 'interrupted', ...nameOf(payload) };
    default:
      if (typeof message.event !== 'string') throw ProtocolError.missingField('event');
      return { event: 'other' };
  }
}

function nameOf(payload: ForeignObject): ZoomStreamName {
  const meetingUuid = textOf(payload.meeting_uuid, 128);
  const streamId = textOf(payload.rtms_stream_id, 128);
  if (meetingUuid === null || platformSessionId('zoom', meetingIdOf(meetingUuid)) === null) {
    throw ProtocolError.missingField('payload.meeting_uuid');
  }
  if (streamId === null || streamId === '') throw ProtocolError.missingField('payload.rtms_stream_id');
  return { meetingUuid, streamId };
}

/** A meeting's UUID is base64, which an id cannot be. Converts it to base64url without padding, which is a valid id. */
export function meetingIdOf(meetingUuid: string): string {
  return meetingUuid.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
